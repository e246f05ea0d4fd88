"""What a project deploys with, read from its own files (pure: bytes in, values out)."""
