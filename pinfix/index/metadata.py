"""Core metadata of one wheel: the header of its METADATA file in, a Metadata out. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from pinfix.index.repair import repair_requires_python
from pinfix.index.requires_dist import valid_requires
from pinfix.records import record

__all__ = [
    "Metadata",
    "parse_metadata",
    "readable_requirements",
    "repair_requires_python",
]

# The largest header seen on the public index is under 1 MB (licences pasted into a field).
MAX_HEADER_BYTES = 8 * 1024 * 1024


@record
class Metadata:
    """The fields of a METADATA file (core metadata 1.0 to 2.x) that resolving needs.

    ``name`` and ``version`` are as written. ``requires_dist`` are strings that
    ``read_requires`` reads: valid, or repaired; others were dropped. ``provides_extra``
    are normalised. ``warnings`` says in sentences what was dropped or repaired.
    """

    name: str
    version: str
    requires_dist: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    requires_python: str | None = None
    warnings: tuple[str, ...] = ()


def parse_metadata(data: bytes) -> Metadata:
    """Reads the header of a METADATA file; its body, the description, is not looked at.

    Raises ValueError where ``data`` has no Name or no Version, or a header without end.
    """
    fields = _header_fields(data)
    name, version = fields.get("name", [""])[0], fields.get("version", [""])[0]
    if not name or not version:
        raise ValueError("no core metadata: the Name or Version field is missing")
    requires_dist, warnings = readable_requirements(fields.get("requires-dist", []))
    python = fields.get("requires-python", [""])[0] or None
    if python and repair_requires_python(python) is None:
        warnings.append(f"Requires-Python {python!r} is no version specifier; taken as any")
    return Metadata(
        name=name,
        version=version,
        requires_dist=requires_dist,
        provides_extra=tuple(
            dict.fromkeys(map(canonicalize_name, fields.get("provides-extra", [])))
        ),
        requires_python=python,
        warnings=tuple(warnings),
    )


def _header_fields(data: bytes) -> dict[str, list[str]]:
    """The values of each field, by its name in lower case, continuation lines joined.

    As ``email.parser`` (and so pip) reads it: the header ends at the first line that is neither
    a field nor a continuation. Importing that parser takes longer than reading a hundred files.
    """
    end = _END_OF_HEADER.search(data)
    header = data[: end.start()] if end else data
    if len(header) > MAX_HEADER_BYTES:
        raise ValueError(f"no core metadata: a header of {len(header):,} bytes")
    fields: dict[str, list[list[str]]] = {}
    lines: list[str] = []  # of the last value; joined at the end, or a million take minutes
    for line in _LINE_END.split(header.decode("utf-8", "replace").removeprefix("\ufeff")):
        if line[:1] in (" ", "\t"):
            if lines:
                lines.append(line)
            continue
        field = _FIELD.match(line)
        if field is None:
            break
        lines = [line[field.end() :].strip()]
        fields.setdefault(field[1].lower(), []).append(lines)
    return {name: ["\n".join(lines) for lines in values] for name, values in fields.items()}


_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")
_LINE_END = re.compile(r"\r\n|\r|\n")
_FIELD = re.compile(r"([!-9;-~]*):")


def readable_requirements(texts: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    """The requirements that can be read, in their order, repaired where needed; and the warnings."""
    readable, warnings = [], []
    for text in texts:
        # A folded field is one requirement; the fold means no more than a space.
        line = " ".join(text.split()) if "\n" in text else text
        try:
            repaired = valid_requires(line)
        except InvalidRequirement:
            warnings.append(f"Requires-Dist {line!r} is no requirement; ignored")
            continue
        if repaired != line:
            warnings.append(f"Requires-Dist {line!r} was read as {repaired!r}")
        readable.append(repaired)
    return tuple(readable), warnings
