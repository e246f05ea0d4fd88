"""Where the values of a TOML 1.0 document stand: ``tomllib`` tells what they are, not where."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from pinfix.records import record
from pinfix.requirements.spans import MappedText, Piece, Span

Path = tuple[str | int, ...]

_SPACE = re.compile(r"[ \t]*")
_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[^\s.=\]\"',{}\[#]+")
# Numbers, booleans, and dates, which may hold a space.
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
# The longest delimiters first. Up to two quotes in front of the closing three are content.
_STRING = re.compile(
    r'"""(?P<multi>(?:\\.|[^\\])*?"{0,2})"""(?!")'
    r"|'''(?P<multi_literal>.*?'{0,2})'''(?!')"
    r'|"(?P<basic>(?:\\.|[^"\\])*)"'
    r"|'(?P<literal>[^']*)'",
    re.DOTALL,
)
_NEWLINE = re.compile(r"\r?\n")
_ESCAPE = re.compile(
    r"\\(?:u(?P<u4>[0-9A-Fa-f]{4})|U(?P<u8>[0-9A-Fa-f]{8})|x(?P<u2>[0-9A-Fa-f]{2})"
    r"|(?P<fold>[ \t]*\r?\n[ \t\r\n]*)|(?P<letter>.))"
    r"|(?P<newline>\r\n)",
    re.DOTALL,
)
_CRLF = re.compile(r"(?P<newline>\r\n)")
_LETTERS: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


@record
class Place:
    """One value: ``span`` as written, with its quotes or brackets.

    ``path`` are the keys and indices that lead to it from the top. ``key`` is where the statement
    or the pair that gives it begins; the start of ``span`` for an element. ``content`` is a
    string's value with its places, None for what is no string. ``comma`` is the end of the comma
    behind it, where there is one.
    """

    path: Path
    span: Span
    key: int
    content: MappedText | None = None
    comma: int | None = None


def toml_places(text: str) -> dict[Path, Place]:
    """Every value of ``text``, which has to be valid TOML, by its path, in the text's order.

    Tables that have a header of their own have the header's place. Raises ValueError where the
    text turns out not to be TOML, RecursionError where arrays are nested too deeply.
    """
    scanner = _Scanner(text)
    places: dict[Path, Place] = {}
    for place in scanner.statements():
        places.setdefault(place.path, place)
    return places


class _Scanner:
    """A position in the text, moved on by everything that is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._tables: dict[Path, int] = {}

    def statements(self) -> Iterator[Place]:
        prefix: Path = ()
        self._skip(_TRIVIA)
        while self._at < len(self._text):
            if self._sees("["):
                header = self._header()
                prefix = header.path
                yield header
            else:
                yield from self._pair(prefix)
            self._skip(_TRIVIA)

    def _header(self) -> Place:
        """``[table]`` or ``[[array of tables]]``."""
        start = self._at
        brackets = "]]" if self._text.startswith("[[", start) else "]"
        self._at += len(brackets)
        keys = self._key()
        self._take(brackets)
        span = Span(start, self._at)
        if brackets == "]":
            return Place(self._table_path(keys), span, start)
        path = (*self._table_path(keys[:-1]), keys[-1])
        self._tables[path] = self._tables.get(path, -1) + 1
        return Place((*path, self._tables[path]), span, start)

    def _table_path(self, keys: tuple[str, ...]) -> Path:
        """The path that a header's keys mean: of an array of tables, the last one."""
        path: Path = ()
        for key in keys:
            path = (*path, key)
            if path in self._tables:
                path = (*path, self._tables[path])
        return path

    def _pair(self, prefix: Path) -> Iterator[Place]:
        """``key = value``; the value's own place comes before those within it."""
        start = self._at
        path = (*prefix, *self._key())
        self._take("=")
        self._skip(_SPACE)
        yield from self._value(path, start)

    def _value(self, path: Path, key: int) -> list[Place]:
        if self._sees("["):
            return self._items(path, key, "]")
        if self._sees("{"):
            return self._items(path, key, "}")
        if match := _STRING.match(self._text, self._at):
            self._at = match.end()
            return [Place(path, Span(*match.span()), key, _content(match))]
        match = _SCALAR.match(self._text, self._at)
        if match is None:
            raise self._unexpected()
        self._at += len(match[0].rstrip())
        return [Place(path, Span(match.start(), self._at), key)]

    def _items(self, path: Path, key: int, closing: str) -> list[Place]:
        """An array or an inline table."""
        start, number = self._at, 0
        self._at += 1
        inner: list[Place] = []
        self._skip(_TRIVIA)
        while not self._sees(closing):
            if closing == "]":
                item = self._value((*path, number), self._at)
            else:
                item = list(self._pair(path))
            number += 1
            self._skip(_TRIVIA)
            if self._sees(","):
                self._at += 1
                item[0] = replace(item[0], comma=self._at)
                self._skip(_TRIVIA)
            elif not self._sees(closing):
                raise self._unexpected()
            inner += item
        self._at += 1
        return [Place(path, Span(start, self._at), key), *inner]

    def _key(self) -> tuple[str, ...]:
        """A key, dotted or not, with the white space around it."""
        keys: list[str] = []
        while not keys or self._sees("."):
            if keys:
                self._at += 1
            self._skip(_SPACE)
            if match := _STRING.match(self._text, self._at):
                keys.append(_content(match).text)
            elif match := _BARE_KEY.match(self._text, self._at):
                keys.append(match[0])
            else:
                raise self._unexpected()
            self._at = match.end()
            self._skip(_SPACE)
        return tuple(keys)

    def _sees(self, character: str) -> bool:
        return self._text.startswith(character, self._at)

    def _take(self, expected: str) -> None:
        if not self._sees(expected):
            raise self._unexpected()
        self._at += len(expected)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        assert match is not None  # both patterns match the empty string
        self._at = match.end()

    def _unexpected(self) -> ValueError:
        return ValueError(f"unexpected character at {self._at}")


def _content(match: re.Match[str]) -> MappedText:
    """The value of a string, each character with its place."""
    kind = match.lastgroup or ""
    start, end = match.span(kind)
    if kind.startswith("multi") and (newline := _NEWLINE.match(match.string, start, end)):
        start = newline.end()
    escaped = _CRLF if "literal" in kind else _ESCAPE
    pieces = []
    for escape in escaped.finditer(match.string, start, end):
        pieces.append(_verbatim(match.string, start, escape.start()))
        pieces.append(Piece(_unescaped(escape), Span(*escape.span()), verbatim=False))
        start = escape.end()
    pieces.append(_verbatim(match.string, start, end))
    return MappedText.of(*pieces)


def _verbatim(text: str, start: int, end: int) -> Piece:
    return Piece(text[start:end], Span(start, end))


def _unescaped(escape: re.Match[str]) -> str:
    groups = escape.groupdict()
    if groups["newline"]:
        return "\n"
    if groups.get("fold"):
        return ""
    if code := groups["u2"] or groups["u4"] or groups["u8"]:
        return chr(int(code, 16))
    return _LETTERS.get(groups["letter"], groups["letter"])
