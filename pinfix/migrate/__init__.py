"""What must change beside the pins: source code and deploy files (pure: bytes in, bytes out)."""
