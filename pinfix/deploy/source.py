"""A deploy file's text, and what is needed to write it back exactly, whatever its bytes are."""

from __future__ import annotations

import codecs

from pinfix.records import record

# What editors on Windows write; PowerShell's ``echo 3.12 > .python-version`` is UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@record
class Source:
    """``encode(text)`` gives ``data`` back. Bytes that are no text are kept, as lone surrogates."""

    path: str
    data: bytes
    text: str
    encoding: str
    bom: bytes

    def line(self, offset: int) -> int:
        """The 1-based line of an offset into ``text``."""
        return self.text.count("\n", 0, offset) + 1

    def encode(self, text: str) -> bytes:
        """Another text, as this file is written."""
        return self.bom + text.encode(self.encoding, "surrogateescape")


def read_source(path: str, data: bytes) -> Source:
    """Decode by the byte order mark, else as UTF-8. Never fails."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            try:
                text = data[len(bom) :].decode(encoding)
            except UnicodeDecodeError:
                break
            return Source(path, data, text, encoding, bom)
    return Source(path, data, data.decode("utf-8", "surrogateescape"), "utf-8", b"")
