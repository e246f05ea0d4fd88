"""Where the expressions of an f-string stand in its literal."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STRING = re.compile(r"([A-Za-z]*)('''|\"\"\"|'|\")")
_BETWEEN = re.compile(r"(?:\s|\\|#[^\r\n]*)*")
_OPENING, _CLOSING = "([{", ")]}"


def fields_of_literal(literal: str) -> list[tuple[int, int]]:
    """Start and end of every expression, those in format specifications behind their value's.

    ``literal`` may be several strings one after the other, as Python joins them.
    """
    found: list[tuple[int, int]] = []
    for prefix, _, start, end in _strings(literal):
        if "f" in prefix:
            found += _fields(literal, start, end, raw="r" in prefix)
    return found


def quote_around(literal: str, offset: int) -> str:
    """The quote of that string of a literal in which a character stands."""
    return next(
        (quote for _, quote, start, end in _strings(literal) if start <= offset <= end), '"'
    )


def _strings(literal: str) -> Iterator[tuple[str, str, int, int]]:
    """Prefix, quote, start and end of each string that is joined to one literal."""
    position = 0
    while match := _STRING.match(literal, position):
        prefix, quote = match[1].lower(), match[2]
        end = _end_of_string(literal, match.end(), quote, prefix)
        yield prefix, quote, match.end(), end
        between = _BETWEEN.match(literal, end + len(quote))
        position = between.end() if between else len(literal)


def _end_of_string(text: str, position: int, quote: str, prefix: str) -> int:
    """Where the closing quote stands."""
    formatted = "f" in prefix
    while position < len(text) and not text.startswith(quote, position):
        if text[position] == "\\":
            position = _behind_backslash(text, position, prefix)
        elif formatted and text.startswith("{{", position):
            position += 2
        elif formatted and text[position] == "{":
            position = _end_of_field(text, position + 1)
        else:
            position += 1
    return position


def _behind_backslash(text: str, position: int, prefix: str) -> int:
    """What a backslash takes with it: a field's brace only as the name of a character."""
    if "f" in prefix and "r" not in prefix and text.startswith("\\N{", position):
        return text.index("}", position) + 1
    taken = "f" in prefix and text[position + 1 : position + 2] in ("{", "}")
    return position + (1 if taken else 2)


def _end_of_field(text: str, position: int) -> int:
    """The place behind the field whose expression begins at ``position``."""
    position = _end_of_expression(text, position)
    while position < len(text) and text[position] != "}":
        if text[position] == "{":
            position = _end_of_field(text, position + 1)
        else:
            position += 1
    return position + 1


def _fields(text: str, position: int, end: int, *, raw: bool) -> Iterator[tuple[int, int]]:
    while position < end:
        if text.startswith(("{{", "}}"), position):
            position += 2
        elif text[position] == "\\":
            position = _behind_backslash(text, position, "rf" if raw else "f")
        elif text[position] == "{":
            yield from _field(text, position + 1)
            position = _end_of_field(text, position + 1)
        else:
            position += 1


def _field(text: str, start: int) -> Iterator[tuple[int, int]]:
    position = _end_of_expression(text, start)
    yield start, position
    while text[position] != "}":
        if text[position] == "{":
            yield from _field(text, position + 1)
            position = _end_of_field(text, position + 1)
        else:
            position += 1


def _end_of_expression(text: str, position: int) -> int:
    """Where an expression ends: at ``}``, ``:``, ``!r`` or the ``=`` that shows the expression."""
    depth = 0
    while position < len(text):
        char = text[position]
        if match := _STRING.match(text, position):
            quote = match[2]
            position = _end_of_string(text, match.end(), quote, match[1].lower()) + len(quote)
            continue
        if char.isalnum() or char == "_":
            position += 1
            while position < len(text) and (text[position].isalnum() or text[position] == "_"):
                position += 1
            continue
        if depth == 0 and _ends_expression(text, position):
            return position
        depth += (char in _OPENING) - (char in _CLOSING)
        position += 1
    return position


def _ends_expression(text: str, position: int) -> bool:
    char = text[position]
    if char == "!":
        return text[position + 1 : position + 2] != "="
    if char == "=":
        shown = text[position + 1 :].lstrip()[:1] in (":", "!", "}")
        return shown and text[position - 1] not in "=!<>"
    return char in "}:"
