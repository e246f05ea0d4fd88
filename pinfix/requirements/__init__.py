"""Requirements files, held losslessly, and edits that touch only their spans (pure: bytes in, bytes out)."""
