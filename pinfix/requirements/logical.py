"""A document's text to logical lines: pip's preprocessing, with every character's place kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pinfix.records import record
from pinfix.requirements.spans import MappedText, Piece, Span

# What str.splitlines() breaks at, which is how pip splits a file.
_LINE_BREAKS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"(?P<var>\$\{(?P<name>[A-Z0-9_]+)\})")


@record
class PhysicalLine:
    """One line as str.splitlines() sees it: ``body`` without, ``span`` with its line end."""

    number: int
    body: str
    span: Span

    @property
    def is_comment(self) -> bool:
        """Whether there is nothing but a comment on it."""
        return _COMMENT.match(self.body) is not None

    @property
    def is_continued(self) -> bool:
        """Whether pip joins the next line to it; a comment never continues."""
        return self.body.endswith("\\") and not self.is_comment


@record
class LogicalLine:
    """What pip reads as one line.

    ``number`` is the 1-based number of its first physical line, ``content`` the joined, stripped,
    expanded text without the comment, ``span`` all its physical lines with their line ends,
    ``comment`` the place of the comment from its ``#`` on.
    """

    number: int
    content: MappedText
    span: Span
    comment: Span | None


def physical_lines(text: str) -> list[PhysicalLine]:
    """Split as str.splitlines() does, keeping places."""
    lines = []
    offset = 0
    for number, line in enumerate(text.splitlines(keepends=True), start=1):
        end = offset + len(line)
        lines.append(PhysicalLine(number, _body(line), Span(offset, end)))
        offset = end
    return lines


def logical_lines(lines: list[PhysicalLine], environ: Mapping[str, str]) -> Iterator[LogicalLine]:
    """The lines that are neither empty nor a comment, as pip's ``preprocess`` gives them."""
    for group in _joined(lines):
        content = MappedText.of(*_pieces(group))
        comment = _COMMENT.search(content.text)
        end = comment.start() if comment else len(content.text)
        start = end - len(content.text[:end].lstrip())
        end = start + len(content.text[start:end].strip())
        if start < end:
            yield LogicalLine(
                number=group[0].number,
                content=_expanded(content.cut(start, end), environ),
                span=Span(group[0].span.start, group[-1].span.end),
                comment=_comment_span(content, comment),
            )


def _body(line: str) -> str:
    if line.endswith("\r\n"):
        return line[:-2]
    return line[:-1] if line[-1] in _LINE_BREAKS else line


def _joined(lines: list[PhysicalLine]) -> Iterator[list[PhysicalLine]]:
    group: list[PhysicalLine] = []
    for line in lines:
        group.append(line)
        if not line.is_continued:
            yield group
            group = []
    if group:
        yield group


def _pieces(group: list[PhysicalLine]) -> Iterator[Piece]:
    for line in group:
        start = line.span.start
        if not line.is_continued:
            if line.is_comment:
                # A comment line that ends a continuation stays a comment when joined to it.
                yield Piece(" ", Span(start, start), verbatim=False)
            yield Piece(line.body, Span(start, start + len(line.body)))
            continue
        # pip strips backslashes on both sides.
        start += len(line.body) - len(line.body.lstrip("\\"))
        text = line.body.strip("\\")
        yield Piece(text, Span(start, start + len(text)))


def _comment_span(content: MappedText, match: re.Match[str] | None) -> Span | None:
    if match is None:
        return None
    return content.span(content.text.index("#", match.start()), match.end())


def variables_in(data: bytes) -> frozenset[str]:
    """The names of the environment variables that a file names, whether they are set or not.

    They are ASCII, so that it makes no difference how the file is encoded.
    """
    text = data.replace(b"\0", b"").decode("latin-1")
    return frozenset(name for _, name in _VARIABLE.findall(text))


def _expanded(content: MappedText, environ: Mapping[str, str]) -> MappedText:
    if "${" not in content.text:
        return content
    for variable, name in _VARIABLE.findall(content.text):
        if value := environ.get(name):
            content = content.replace(variable, value)
    return content
