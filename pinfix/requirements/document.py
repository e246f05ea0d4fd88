"""A requirements file, held losslessly: its bytes, its text, and the lines that pip obeys."""

from __future__ import annotations

from collections.abc import Mapping

from pinfix.records import record
from pinfix.requirements.decoding import decode
from pinfix.requirements.line_reader import LineReader
from pinfix.requirements.lines import IncludeLine, Line, OptionLine, RequirementLine
from pinfix.requirements.logical import PhysicalLine, logical_lines, physical_lines
from pinfix.requirements.spans import Span

__all__ = [
    "Document",
    "IncludeLine",
    "Line",
    "OptionLine",
    "RequirementLine",
    "Span",
    "parse_document",
]


@record
class Document:
    """A requirements file: ``bom + text.encode(encoding) == data``.

    ``path`` is the file's name as the user gave it, ``newline`` the line end most of its lines
    have. Spans of ``lines`` are places in ``text``.
    """

    path: str
    data: bytes
    text: str
    encoding: str
    bom: bytes
    newline: str
    lines: tuple[Line, ...]

    @property
    def requirements(self) -> tuple[RequirementLine, ...]:
        """The requirements in the file's order."""
        return tuple(line for line in self.lines if isinstance(line, RequirementLine))

    @property
    def options(self) -> tuple[OptionLine, ...]:
        """The options that pip obeys, in the file's order."""
        return tuple(line for line in self.lines if isinstance(line, OptionLine))

    @property
    def includes(self) -> tuple[IncludeLine, ...]:
        """The files that this one includes, in the file's order."""
        return tuple(line for line in self.lines if isinstance(line, IncludeLine))


def parse_document(
    data: bytes, path: str, *, environ: Mapping[str, str] | None = None, repair: bool = False
) -> Document:
    """Read a requirements file as pip 26 does.

    ``path`` is used in messages only, ``environ`` for ``${NAME}``. Whether a local directory is
    there is not looked at. With ``repair``, what pip refuses is read where it is certain what is
    meant (see ``conda``), and marked. Raises InputError, with line and column, for what pip refuses.
    """
    decoded = decode(data, path)
    physical = physical_lines(decoded.text)
    reader = LineReader(path, decoded.text, physical, repair=repair)
    lines = [
        line for logical in logical_lines(physical, environ or {}) for line in reader.read(logical)
    ]
    return Document(
        path=path,
        data=data,
        text=decoded.text,
        encoding=decoded.encoding,
        bom=decoded.bom,
        newline=_dominant_newline(decoded.text, physical),
        lines=tuple(lines),
    )


def _dominant_newline(text: str, lines: list[PhysicalLine]) -> str:
    counts = {"\n": 0, "\r\n": 0, "\r": 0}
    for line in lines:
        end = text[line.span.start + len(line.body) : line.span.end]
        if end in counts:
            counts[end] += 1
    return max(counts, key=counts.__getitem__)
