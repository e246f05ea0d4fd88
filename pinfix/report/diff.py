"""Rewritten files as a unified diff to read, and as a patch that ``git apply`` takes. Pure.

Lines are those of git: a line ends at a line feed and nowhere else. A file whose encoding is not
ASCII's superset (UTF-16) reads decoded in the diff, and is a binary patch in the patch.
"""

from __future__ import annotations

import difflib
import zlib
from base64 import b85encode
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from pinfix.requirements.decoding import decode

_CONTEXT: Final = 3
_BINARY_LINE: Final = 52  # bytes in one line of a git binary patch


class Rewritten(Protocol):
    """A file's bytes before and after."""

    @property
    def path(self) -> str: ...
    @property
    def before(self) -> bytes: ...
    @property
    def after(self) -> bytes: ...
    @property
    def changed(self) -> bool: ...


class Rewriting(Protocol):
    """What rewrites files: a plan, or a migration."""

    @property
    def files(self) -> Sequence[Rewritten]: ...


def unified_diff(plan: Rewriting) -> str:
    """The changes of every file, for a person to read."""
    return "".join(_text_diff(file) for file in plan.files if file.changed)


def git_patch(plan: Rewriting) -> bytes:
    """The changes of every file, for ``git apply``."""
    return b"".join(_patch(file) for file in plan.files if file.changed)


def _text_diff(file: Rewritten) -> str:
    before = decode(file.before, file.path).text
    after = decode(file.after, file.path).text
    name = _name(file)
    lines = difflib.unified_diff(
        _lines(before), _lines(after), f"a/{name}", f"b/{name}", n=_CONTEXT
    )
    return "".join(_ended(line) for line in lines)


def _patch(file: Rewritten) -> bytes:
    name = _name(file)
    header = f"diff --git a/{name} b/{name}\n".encode()
    if b"\0" in file.before or b"\0" in file.after:
        return header + _binary(file)
    lines = difflib.diff_bytes(
        difflib.unified_diff,
        _byte_lines(file.before),
        _byte_lines(file.after),
        f"a/{name}".encode(),
        f"b/{name}".encode(),
        n=_CONTEXT,
    )
    return header + b"".join(
        line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
        for line in lines
    )


def _binary(file: Rewritten) -> bytes:
    """Git's binary patch: the whole new file, then the whole old one, deflated, in base 85."""
    ids = f"index {_blob_id(file.before)}..{_blob_id(file.after)} 100644\n".encode()
    return (
        ids + b"GIT binary patch\n" + _literal(file.after) + b"\n" + _literal(file.before) + b"\n"
    )


def _blob_id(data: bytes) -> str:
    import hashlib  # slow to import, for what is seldom shown

    return hashlib.sha1(b"blob %d\0%b" % (len(data), data), usedforsecurity=False).hexdigest()


def _literal(data: bytes) -> bytes:
    deflated = zlib.compress(data)
    chunks = (deflated[i : i + _BINARY_LINE] for i in range(0, len(deflated), _BINARY_LINE))
    lines = (bytes([_length_letter(len(c))]) + b85encode(c, pad=True) + b"\n" for c in chunks)
    return b"literal %d\n" % len(data) + b"".join(lines)


def _length_letter(length: int) -> int:
    return ord("A") + length - 1 if length <= 26 else ord("a") + length - 27


def _name(file: Rewritten) -> str:
    return file.path.replace("\\", "/").removeprefix("./").lstrip("/")


def _lines(text: str) -> list[str]:
    return list(_split(text))


def _split(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _byte_lines(data: bytes) -> list[bytes]:
    return [line.encode("latin-1") for line in _split(data.decode("latin-1"))]


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
