"""The project's own source code: what pydantic 1 needs written otherwise (pure: bytes to bytes)."""
