"""Wheels and sdists made in memory for these tests."""

from __future__ import annotations

import hashlib
import io
import zipfile

METADATA = """\
Metadata-Version: 2.1
Name: Demo
Version: 1.0
Requires-Dist: six>=1.9
Requires-Python: >=3.8

The description, which is not read.
Requires-Dist: not-a-dependency
"""


def make_wheel(
    metadata: str = METADATA,
    *,
    folder: str = "demo-1.0.dist-info",
    padding: int = 0,
    members: int = 0,
    metadata_first: bool = False,
) -> bytes:
    """A wheel with ``padding`` bytes of incompressible content and ``members`` more files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as wheel:
        if metadata_first:
            wheel.writestr(f"{folder}/METADATA", metadata)
        wheel.writestr("demo/__init__.py", "")
        if padding:
            noise = hashlib.shake_256(b"noise").digest(padding)
            wheel.writestr("demo/data.bin", noise, zipfile.ZIP_STORED)
        for number in range(members):
            wheel.writestr(f"demo/some_module_with_a_long_name_{number:06}.py", "")
        if not metadata_first:
            wheel.writestr(f"{folder}/METADATA", metadata)
        wheel.writestr(f"{folder}/RECORD", "")
    return buffer.getvalue()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
