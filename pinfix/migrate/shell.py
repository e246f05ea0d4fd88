"""Shell text as commands and words, each character with the place that it is written at.

Enough of POSIX sh for build commands: quotes, escapes, comments, ``&&`` and the like, and what is
nested in ``$( )``, which stays one word. Nothing is expanded.
"""

from __future__ import annotations

from collections.abc import Iterator

from pinfix.deploy.found import place_of
from pinfix.records import record
from pinfix.requirements.spans import MappedText, Span

_BLANK = " \t\r"
_ENDS_COMMAND = ";&|\n()"
_ENDS_WORD = _BLANK + _ENDS_COMMAND + "<>"
# What a backslash means something before, within double quotes.
_ESCAPED_IN_QUOTES = '"\\$`'


@record
class Word:
    """One word: its value without quotes, and where the word as written ends.

    ``quotes`` are those around it and around the text that it is in: what a part of it is within.
    """

    mapped: MappedText
    end: int | None
    quotes: str = ""

    @property
    def value(self) -> str:
        """What the command gets."""
        return self.mapped.text

    def place(self, start: int = 0, end: int | None = None) -> Span | None:
        """Where ``value[start:end]`` is written, None where it is not written in one piece."""
        return place_of(self.mapped, start, len(self.value) if end is None else end)

    def inner(self) -> list[list[Word]]:
        """The commands in the value, which is a script itself: ``sh -c '…'``."""
        return commands(self.mapped, self.quotes)


def commands(text: MappedText, quotes: str = "") -> list[list[Word]]:
    """The commands of a script, each with its words; ``quotes`` are those that the text is in."""
    reader = _Reader(text, quotes)
    found: list[list[Word]] = [[]]
    for word in reader.words():
        if word is None:
            found.append([])
        else:
            found[-1].append(word)
    return [words for words in found if words]


class _Reader:
    """A position in the text, moved on by everything that is read."""

    def __init__(self, text: MappedText, quotes: str) -> None:
        self._mapped = text
        self._text = text.text
        self._quotes = quotes
        self._at = 0

    def words(self) -> Iterator[Word | None]:
        """The words; None where a command ends."""
        while self._at < len(self._text):
            character = self._text[self._at]
            if character in _ENDS_COMMAND:
                self._at += 1
                yield None
            elif character in _ENDS_WORD:
                self._at += 1
            elif character == "#":
                self._skip_comment()
            elif self._text.startswith(("\\\n", "\\\r\n"), self._at):
                self._at = self._text.index("\n", self._at) + 1
            else:
                yield self._word()

    def _skip_comment(self) -> None:
        end = self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end

    def _word(self) -> Word:
        parts: list[tuple[int, int]] = []
        quotes = ""
        while self._at < len(self._text) and self._text[self._at] not in _ENDS_WORD:
            character = self._text[self._at]
            if character in "\"'":
                quotes = character
                parts += self._quoted(character)
            elif character == "\\":
                parts += self._escaped()
            elif character in "$`":
                start, self._at = self._at, self._expansion_end()
                parts.append((start, self._at))
            else:
                parts.append((self._at, self._at + 1))
                self._at += 1
        pieces = (
            piece for start, end in _joined(parts) for piece in self._mapped.cut(start, end).pieces
        )
        last = place_of(self._mapped, self._at - 1, self._at)
        return Word(MappedText.of(*pieces), last.end if last else None, self._quotes + quotes)

    def _quoted(self, quote: str) -> Iterator[tuple[int, int]]:
        self._at += 1
        while self._at < len(self._text) and self._text[self._at] != quote:
            start = self._at
            if quote == '"' and self._text[start] == "\\":
                following = self._text[start + 1 : start + 2]
                self._at += 2
                if following in _ESCAPED_IN_QUOTES:
                    yield start + 1, start + 2
                elif following != "\n":
                    yield start, start + 2
            else:
                self._at += 1
                yield start, start + 1
        self._at += 1

    def _escaped(self) -> Iterator[tuple[int, int]]:
        start, self._at = self._at, min(self._at + 2, len(self._text))
        if not self._text.startswith("\n", start + 1):
            yield start + 1, self._at

    def _expansion_end(self) -> int:
        """The end of ``$NAME``, ``${…}``, ``${{ … }}``, ``$(…)`` or of what is in backquotes."""
        for opening, closing in (("${{", "}}"), ("${", "}"), ("`", "`")):
            if self._text.startswith(opening, self._at):
                end = self._text.find(closing, self._at + len(opening))
                return len(self._text) if end < 0 else end + len(closing)
        if not self._text.startswith("$(", self._at):
            return self._at + 1
        depth = 0
        for end in range(self._at + 1, len(self._text)):
            depth += {"(": 1, ")": -1}.get(self._text[end], 0)
            if depth == 0:
                return end + 1
        return len(self._text)


def _joined(parts: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Neighbouring parts as one."""
    start = end = -1
    for first, last in parts:
        if first != end:
            if end > start >= 0:
                yield start, end
            start = first
        end = last
    if end > start >= 0:
        yield start, end
