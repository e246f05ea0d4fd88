"""The members of a source distribution, read from its bytes without unpacking anything to disk.

Bounded in every direction, for the archive is a stranger's: what is too large is left unread and
the listing says that it is cut.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import IO, cast

from pinfix.records import record

MAX_UNPACKED = 64 * 2**20
MAX_MEMBERS = 50_000
MAX_TEXT = 2**20

# What any of the decoders raises on bytes that are not what they claim to be.
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    NotImplementedError,
)
_TEXTS = (".py", ".toml", ".cfg", ".txt", "PKG-INFO")


@record
class Archive:
    """A source distribution's files, by their path below its top folder.

    ``names`` are all files, ``texts`` the contents of those that can tell how it is built, ``cut``
    why the listing is not whole ("" where it is).
    """

    names: tuple[str, ...]
    texts: Mapping[str, bytes]
    cut: str = ""

    def text(self, name: str) -> str | None:
        """The file's text, undecodable bytes replaced; None where it is absent or too large."""
        data = self.texts.get(name)
        return None if data is None else data.decode("utf-8-sig", "replace")


class _TooLargeError(Exception):
    """The archive unpacks to more than pinfix reads."""


class _Bounded(io.RawIOBase):
    """A reader that refuses to yield more than MAX_UNPACKED bytes in all."""

    def __init__(self, inner: IO[bytes]) -> None:
        self._inner = inner
        self._left = MAX_UNPACKED

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._inner.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(data)
        if self._left < 0:
            raise _TooLargeError
        return data


def read_archive(filename: str, data: bytes) -> Archive:
    """The archive's listing and texts. Never raises: a broken archive is an empty, cut listing."""
    names: list[str] = []
    texts: dict[str, bytes] = {}
    cut = ""
    try:
        for name, text in _members(filename, data):
            names.append(name)
            if text is not None:
                texts[name] = text
            if len(names) > MAX_MEMBERS:
                cut = f"it has more than {MAX_MEMBERS} files"
                break
    except _TooLargeError:
        cut = f"it unpacks to more than {MAX_UNPACKED // 2**20} MB"
    except _BROKEN as error:
        cut = f"it is no readable archive ({type(error).__name__}: {error})"
    return Archive(tuple(names), texts, cut)


def _members(filename: str, data: bytes) -> Iterator[tuple[str, bytes | None]]:
    """Each file's path below the top folder, and its content where it is a text worth reading."""
    if data.startswith(b"PK") or filename.endswith(".zip"):
        yield from _zip_members(data)
        return
    with _decompressed(data) as stream, tarfile.open(fileobj=_Bounded(stream), mode="r|") as tar:
        for member in tar:
            name = _below_top(member.name)
            if member.isfile() and name:
                content = tar.extractfile(member) if _is_text(name, member.size) else None
                yield name, content.read() if content else None


def _decompressed(data: bytes) -> IO[bytes]:
    """The tar inside; by its first bytes, for the file name is not always right."""
    raw = io.BytesIO(data)
    if data.startswith(b"BZh"):
        return bz2.BZ2File(raw)
    if data.startswith(b"\xfd7zXZ"):
        return lzma.LZMAFile(raw)
    if data.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))
    return raw


def _zip_members(data: bytes) -> Iterator[tuple[str, bytes | None]]:
    unpacked = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            name = _below_top(info.filename)
            if info.is_dir() or not name:
                continue
            unpacked += info.file_size
            if unpacked > MAX_UNPACKED:
                raise _TooLargeError
            text = None
            if _is_text(name, info.file_size):
                with archive.open(info) as content:
                    text = content.read(MAX_TEXT)
            yield name, text


def _is_text(name: str, size: int) -> bool:
    return name.endswith(_TEXTS) and size <= MAX_TEXT


def _below_top(path: str) -> str:
    """The path below the top folder, which every sdist has (PEP 625); "" for what lies beside."""
    return path.replace("\\", "/").removeprefix("./").partition("/")[2]
