"""Where the values of a YAML or JSON document stand: the tree of ``ruamel.yaml``, never re-emitted.

Only the composer is used: no tag is resolved, so CloudFormation's ``!Sub`` is as good as any other,
``3.10`` stays ``3.10``, and a key that is written twice is no error.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from typing import Any, Final

from pinfix.records import record
from pinfix.requirements.spans import MappedText, Piece, Span

_WORDS = re.compile(r"[^ \t\r\n]+|[ \t\r\n]+")
# Anchors and tags, which stand before a value and count to it.
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")
_ESCAPES: Final = {
    '"': re.compile(
        r"\\(?:x(?P<x>[0-9A-Fa-f]{2})|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})"
        r"|(?P<fold>[ \t]*\r?\n[ \t]*)|(?P<letter>.))"
        r"|(?P<break>[ \t]*\r?\n[ \t\r\n]*)",
        re.DOTALL,
    ),
    "'": re.compile(r"(?P<quote>'')|(?P<break>[ \t]*\r?\n[ \t\r\n]*)"),
}
_LETTERS: Final = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
    "\t": "\t",
}


class YamlError(ValueError):
    """Text that is no YAML document; ``line`` is 1-based, None where it is not known."""

    def __init__(self, problem: str, line: int | None) -> None:
        super().__init__(problem)
        self.line = line


@record
class Node:
    """A value of the document, or one that is missing, which is false and has nothing in it."""

    text: str
    raw: Any = None

    def __bool__(self) -> bool:
        return self.raw is not None

    @property
    def span(self) -> Span:
        """The value as it is written, with its quotes."""
        return Span(self.raw.start_mark.index, self.raw.end_mark.index)

    @property
    def line(self) -> int:
        """The 1-based line that the value begins in."""
        return int(self.raw.start_mark.line) + 1

    @property
    def is_scalar(self) -> bool:
        """Whether it is a string, a number and the like."""
        return self.raw is not None and isinstance(self.raw.value, str)

    @property
    def is_plain(self) -> bool:
        """Whether it is a scalar without quotes on one line or more, in which ``: `` is no content."""
        return self.is_scalar and self.raw.style in (None, "")

    @property
    def value(self) -> str:
        """A scalar's value as a string; empty for all else."""
        return str(self.raw.value) if self.is_scalar else ""

    @property
    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The keys and values of a mapping."""
        if self.raw is not None and self.raw.id == "mapping":
            for key, value in self.raw.value:
                yield Node(self.text, key), Node(self.text, value)

    @property
    def items(self) -> Iterator[Node]:
        """The elements of a sequence; a scalar counts as a sequence of itself."""
        if self.is_scalar:
            yield self
        elif self.raw is not None and self.raw.id == "sequence":
            yield from (Node(self.text, item) for item in self.raw.value)

    def get(self, *keys: str) -> Node:
        """The value at the keys, one below the other, merged ones (``<<``) included."""
        node = self
        for key in keys:
            node = node._child(key)
        return node

    def _child(self, wanted: str) -> Node:
        merged = []
        for key, value in self.pairs:
            if key.value == wanted:
                return value
            if key.value == "<<":
                merged += [value] if value.raw.id == "mapping" else [*value.items]
        return next((found for node in merged if (found := node._child(wanted))), Node(self.text))

    def walk(self) -> Iterator[Node]:
        """The value and all within it, each once however often it is referred to."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            node = waiting.pop()
            if not node or id(node.raw) in seen:
                continue
            seen.add(id(node.raw))
            yield node
            if not node.is_scalar:
                waiting += [value for _, value in node.pairs]
                waiting += node.items

    def mapped(self) -> MappedText | None:
        """A scalar's value with the place of every character; None where that cannot be told."""
        if not self.is_scalar:
            return None
        style, properties = self.raw.style, _PROPERTIES.match(self.text, self.span.start)
        span = Span(properties.end() if properties else self.span.start, self.span.end)
        if style in _ESCAPES:
            found = _quoted(self.text, span, _ESCAPES[style])
            return found if found.text == self.value else None
        start = span.start
        if style in ("|", ">"):
            start = self.text.find("\n", start, span.end) + 1
        return _aligned(self.text, Span(start, span.end), self.value)


def read_yaml(text: str) -> Node:
    """The document in ``text``. Raises YamlError where it is none, or more than one."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        with warnings.catch_warnings():
            # Of an anchor that is given twice; the later one counts from there on.
            warnings.simplefilter("ignore")
            return Node(text, YAML(typ="safe", pure=True).compose(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError(str(error.problem), None if mark is None else mark.line + 1) from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise YamlError(str(error).partition("\n")[0], None) from error


def read_json(text: str) -> Node:
    """The same of JSON, which is YAML but for tabs between the values. Raises YamlError."""
    # No string of JSON has a tab in it, so that none is lost; every place stays what it was.
    return Node(text, read_yaml(text.replace("\t", " ")).raw)


def _quoted(text: str, span: Span, escape: re.Pattern[str]) -> MappedText:
    start, end = span.start + 1, span.end - 1
    pieces = []
    for match in escape.finditer(text, start, end):
        pieces.append(_verbatim(text, start, match.start()))
        pieces.append(Piece(_unescaped(match), Span(*match.span()), verbatim=False))
        start = match.end()
    return MappedText.of(*pieces, _verbatim(text, start, end))


def _verbatim(text: str, start: int, end: int) -> Piece:
    return Piece(text[start:end], Span(start, end))


def _unescaped(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups.get("quote"):
        return "'"
    if groups["break"]:
        # One line break folds into a space, and each more stays.
        return "\n" * (groups["break"].count("\n") - 1) or " "
    if groups["fold"]:
        return ""
    if code := groups["x"] or groups["u"] or groups["U"]:
        return chr(int(code, 16))
    return _LETTERS.get(groups["letter"], groups["letter"])


def _aligned(text: str, span: Span, value: str) -> MappedText | None:
    """A value whose words stand in the text as they are, with other white space between them."""
    written = _WORDS.finditer(text, span.start, span.end)
    word = next(written, None)
    pieces: list[Piece] = []
    for part in _WORDS.finditer(value):
        blank = part[0].isspace()
        if blank and (word is None or not word[0].isspace()):
            at = word.start() if word is not None else span.end
            pieces.append(Piece(part[0], Span(at, at), verbatim=False))
            continue
        if not blank and word is not None and word[0].isspace():
            word = next(written, None)
        if word is None or (not blank and word[0] != part[0]):
            return None
        pieces.append(Piece(part[0], Span(*word.span()), verbatim=word[0] == part[0]))
        word = next(written, None)
    return MappedText.of(*pieces)
