"""A Dockerfile's instructions and stages, each character with its place.

https://docs.docker.com/reference/dockerfile/: parser directives, continuation lines with comments
between them, here-documents, and the ARGs of FROM.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from pinfix.deploy.source import Source
from pinfix.records import record
from pinfix.requirements.spans import MappedText, Piece, Span

_DIRECTIVE = re.compile(r"[ \t]*#[ \t]*(\w+)[ \t]*=[ \t]*(\S+)[ \t]*\r?\n?")
_KEYWORD = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)")
_HEREDOC = re.compile(r"<<-?[ \t]*([\"']?)(?P<name>[A-Za-z_]\w*)\1")
_FLAG = re.compile(r"--(?P<name>[a-z]+)(?:=(?P<value>\S*))?\s+")
_VARIABLE = re.compile(
    r"\$(?:(?P<bare>[A-Za-z_]\w*)|\{(?P<name>[A-Za-z_]\w*)(?::?(?P<operator>[-+])(?P<word>[^}]*))?\})"
)
_ASSIGNED = re.compile(
    r"(?P<name>[A-Za-z_]\w*)=(?P<value>\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?:[^\s\\\"']|\\.)*)", re.DOTALL
)


@record
class Instruction:
    """One instruction: its name in capitals, its line, and what follows the name.

    ``rest`` has no continuation characters and no comments; ``heredocs`` are the bodies of its
    here-documents.
    """

    name: str
    line: int
    rest: MappedText
    heredocs: tuple[MappedText, ...] = ()


@record
class Stage:
    """``FROM image AS name`` and what follows it.

    ``image`` has its variables replaced, None where one of them has no value in the file;
    ``written`` is the image as it stands there. ``platform`` is that of ``--platform``.
    """

    name: str | None
    line: int
    written: str
    image: MappedText | None
    platform: str | None
    instructions: tuple[Instruction, ...] = field(default=())


def assignments(rest: MappedText) -> Iterator[tuple[str, MappedText]]:
    """The variables of an ENV or ARG and their values without quotes, in the old form too."""
    found = False
    for match in _ASSIGNED.finditer(rest.text):
        found = True
        start, end = match.span("value")
        quoted = match["value"][:1] in ('"', "'")
        yield match["name"], rest.cut(start + quoted, end - quoted)
    old = re.match(r"([A-Za-z_]\w*)[ \t]+(\S.*?)\s*$", rest.text, re.DOTALL)
    if not found and old is not None:
        yield old[1], rest.cut(*old.span(2))


def instructions(source: Source) -> list[Instruction]:
    """The instructions of a Dockerfile; what is none is left out."""
    escape, start = _directives(source.text)
    lines = _Lines(source.text, start)
    found = []
    while (piece := lines.take()) is not None:
        if not piece.text.strip() or piece.text.lstrip().startswith("#"):
            continue
        rest = _joined(piece, lines, escape)
        keyword = _KEYWORD.match(rest.text)
        if keyword is None:
            continue
        name = keyword[1].upper()
        heredocs: tuple[MappedText, ...] = ()
        if name in ("RUN", "COPY", "ADD"):
            names = [match["name"] for match in _HEREDOC.finditer(rest.text)]
            heredocs = tuple(lines.until(name) for name in names)
        text = rest.cut(keyword.end(), len(rest.text))
        found.append(Instruction(name, source.line(piece.span.start), text, heredocs))
    return found


def stages(source: Source, args: Mapping[str, str] | None = None) -> list[Stage]:
    """The stages of a Dockerfile, in its order; ``args`` are build arguments that are given."""
    values = {name: MappedText.of(_apart(value)) for name, value in (args or {}).items()}
    given = set(values)
    found: list[Stage] = []
    own: list[Instruction] = []
    for instruction in instructions(source):
        if instruction.name == "FROM":
            _finish(found, own)
            found.append(_stage(instruction, values))
        elif found:
            own.append(instruction)
        elif instruction.name == "ARG":
            for name, value in assignments(instruction.rest):
                if name not in given and (expanded := expand(value, values)) is not None:
                    values[name] = expanded
    _finish(found, own)
    return found


def expand(text: MappedText, values: Mapping[str, MappedText]) -> MappedText | None:
    """``$NAME``, ``${NAME}`` and ``${NAME:-default}`` replaced; None where one has no value."""
    pieces: list[Piece] = []
    end = 0
    for match in _VARIABLE.finditer(text.text):
        pieces += text.cut(end, match.start()).pieces
        end = match.end()
        value = values.get(match["bare"] or match["name"])
        if value is not None and not value.text:
            value = None
        word = text.cut(*match.span("word")) if match["operator"] else None
        if match["operator"] == "+":
            value = word if value is not None else MappedText.of()
        elif value is None:
            value = word
        if value is None:
            return None
        pieces += value.pieces
    return MappedText.of(*pieces, *text.cut(end, len(text.text)).pieces)


class _Lines:
    """The lines of a text that are still to be read."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._at = start

    def take(self) -> Piece | None:
        """The next line without its end."""
        if self._at >= len(self._text):
            return None
        start = self._at
        end = self._text.find("\n", start)
        end = len(self._text) if end < 0 else end
        self._at = end + 1
        if self._text[start:end].endswith("\r"):
            end -= 1
        return Piece(self._text[start:end], Span(start, end))

    def until(self, delimiter: str) -> MappedText:
        """The lines up to the one that is the delimiter alone, which is skipped."""
        pieces: list[Piece] = []
        while (piece := self.take()) is not None and piece.text.strip() != delimiter:
            pieces += [piece, Piece("\n", Span(piece.span.end, self._at), verbatim=False)]
        return MappedText.of(*pieces)


def _directives(text: str) -> tuple[str, int]:
    """The escape character, and where the directives end."""
    escape, at = "\\", 0
    while (match := _DIRECTIVE.match(text, at)) is not None and match.end() > at:
        if match[1].lower() == "escape":
            escape = match[2]
        elif match[1].lower() not in ("syntax", "check"):
            break
        at = match.end()
    return escape, at


def _joined(first: Piece, lines: _Lines, escape: str) -> MappedText:
    """A line and those that continue it; comments and blank lines between them are dropped."""
    pieces: list[Piece] = []
    piece: Piece | None = first
    while piece is not None:
        text = piece.text.rstrip(" \t")
        if not text.endswith(escape):
            pieces.append(piece)
            break
        length = len(text) - 1
        start, end = piece.span.start, piece.span.start + length
        pieces.append(Piece(text[:length], Span(start, end)))
        piece = lines.take()
        while piece is not None and (not piece.text.strip() or piece.text.lstrip().startswith("#")):
            piece = lines.take()
        if piece is not None:
            pieces.append(Piece("", Span(end, piece.span.start), verbatim=False))
    return MappedText.of(*pieces)


def _stage(instruction: Instruction, values: Mapping[str, MappedText]) -> Stage:
    rest, platform, at = instruction.rest, None, 0
    while (flag := _FLAG.match(rest.text, at)) is not None:
        if flag["name"] == "platform":
            wanted = expand(rest.cut(*flag.span("value")), values) if flag["value"] else None
            platform = wanted.text if wanted is not None else None
        at = flag.end()
    match = re.match(r"(\S+)(?:\s+[Aa][Ss]\s+(\S+))?", rest.text[at:])
    if match is None:
        return Stage(None, instruction.line, "", None, platform)
    image = rest.cut(at, at + match.end(1))
    return Stage(match[2], instruction.line, image.text, expand(image, values), platform)


def _finish(found: list[Stage], own: list[Instruction]) -> None:
    """Give what was read since the last FROM to its stage."""
    if found:
        last = found[-1]
        found[-1] = Stage(last.name, last.line, last.written, last.image, last.platform, tuple(own))
    own.clear()


def _apart(value: str) -> Piece:
    """A value that does not stand in the file."""
    return Piece(value, Span(0, 0), verbatim=False)
