"""Bytes to text as pip decodes a requirements file, and what is needed to write it back exactly."""

from __future__ import annotations

import codecs
import re

from pinfix.errors import InputError
from pinfix.records import record

# The byte order marks that pip knows. UTF-32 comes first: its little-endian mark begins with
# that of UTF-16.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# After the little-endian mark pip uses the codec "utf-16" (or "utf-32"), which takes a second mark
# as its own, whichever byte order that one names.
_SECOND_BOMS = {
    "utf-16-le": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
    "utf-32-le": ((codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be")),
}
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")


@record
class Decoded:
    """A file's text; ``bom + text.encode(encoding)`` gives its bytes back."""

    text: str
    encoding: str
    bom: bytes


def decode(data: bytes, path: str) -> Decoded:
    """Decode as pip does: a byte order mark, else a PEP 263 comment, else UTF-8.

    Where pip falls back to the encoding of its host's locale, the file means something else on
    every host: that is an error here.
    """
    bom, encoding = _mark(data) or (b"", _declared(data))
    try:
        text = data[len(bom) :].decode(encoding)
    except LookupError:
        raise InputError(
            f"the file declares the encoding {encoding!r}, which is no text encoding",
            path=path,
            line=1,
            hint="Name a known encoding in the comment, or save the file as UTF-8 without it.",
        ) from None
    except (UnicodeError, ValueError) as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        raise InputError(
            f"the file is not {encoding.upper()} text: {error}",
            path=path,
            line=data[: len(bom) + start].count(b"\n") + 1,
            hint="Save it as UTF-8, or name its encoding in the first line, for example"
            " '# -*- coding: latin-1 -*-'.",
        ) from None
    return Decoded(text, _writing_codec(encoding), bom)


def _mark(data: bytes) -> tuple[bytes, str] | None:
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            for second, second_encoding in _SECOND_BOMS.get(encoding, ()):
                if data.startswith(second, len(bom)):
                    return bom + second, second_encoding
            return bom, encoding
    return None


def _declared(data: bytes) -> str:
    for line in data.split(b"\n", 2)[:2]:
        if line.startswith(b"#") and (match := _CODING.search(line)):
            return match[1].decode("ascii")
    return "utf-8"


def _writing_codec(encoding: str) -> str:
    # utf-8-sig reads a file without a mark as well, but would write one.
    return "utf-8" if codecs.lookup(encoding).name == "utf-8-sig" else encoding
