"""The METADATA file inside a wheel, of which only pieces need to be fetched."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable

# More than any description ever uploaded; keeps a zip bomb from being unpacked.
MAX_METADATA_BYTES = 32 * 1024 * 1024
# What lies between a member's place in the zip and its data, beyond what the directory says.
_HEADER_SLACK = 512
_LEAD = 32_000

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # encrypted
    EOFError,
    OSError,
)

Fetch = Callable[[int, int], bytes]


class PiecewiseFile(io.RawIOBase):
    """A remote file of ``size`` bytes as a seekable one, fetched in pieces as they are read.

    ``tail`` are its last bytes. ``fetch(start, end)`` gives the bytes from ``start`` up to and
    without ``end``.
    """

    def __init__(self, size: int, tail: bytes, fetch: Fetch) -> None:
        super().__init__()
        self._size = size
        self._fetch = fetch
        self._position = 0
        self._pieces = [(size - len(tail), tail)]

    def seekable(self) -> bool:
        """True: zipfile asks."""
        return True

    def readable(self) -> bool:
        """True: zipfile asks."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Moves as every file does."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("seek before the start of the file")
        self._position = base + offset
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Up to ``size`` bytes; fewer only at the end of the file."""
        start = self._position
        end = self._size if size < 0 else min(start + size, self._size)
        data = self._bytes(start, end) if start < end else b""
        self._position = start + len(data)
        return data

    def have(self, start: int, end: int) -> None:
        """Fetches a stretch in one piece, so that reading it bit by bit asks nobody."""
        self._bytes(max(0, start), min(end, self._size))

    def _bytes(self, start: int, end: int) -> bytes:
        for at, piece in self._pieces:
            if at <= start and end <= at + len(piece):
                return piece[start - at : end - at]
        tail_start, tail = self._pieces[0]
        if end <= tail_start:
            at, piece = start, self._fetch(start, end)
        else:
            # A directory longer than the tail: METADATA mostly lies right before it.
            at = max(0, start - _LEAD)
            piece = self._fetch(at, tail_start) + tail
        self._pieces.append((at, piece))
        return piece[start - at : end - at]


def read_wheel_metadata(file: PiecewiseFile | io.BytesIO | io.BufferedReader) -> bytes:
    """The METADATA of the wheel in ``file`` (binary distribution format, PEP 427).

    Raises ValueError where there is not exactly one, or the zip is broken.
    """
    try:
        with zipfile.ZipFile(file) as wheel:
            member = _metadata_member(wheel)
            if isinstance(file, PiecewiseFile):
                named = len(member.orig_filename.encode()) + len(member.extra)
                length = 30 + named + member.compress_size + _HEADER_SLACK
                file.have(member.header_offset, member.header_offset + length)
            return wheel.read(member)
    except BROKEN as error:
        raise ValueError(f"not a readable wheel: {error}") from error


def _metadata_member(wheel: zipfile.ZipFile) -> zipfile.ZipInfo:
    found = [
        member
        for member in wheel.filelist
        if member.filename.endswith(".dist-info/METADATA") and member.filename.count("/") == 1
    ]
    if len(found) != 1:
        raise ValueError(f"not a wheel: {len(found)} METADATA files")
    if found[0].file_size > MAX_METADATA_BYTES:
        raise ValueError(f"its METADATA is {found[0].file_size:,} bytes long")
    return found[0]
