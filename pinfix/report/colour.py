"""Colours for a terminal, those of a diff as people know them from git: ANSI escapes (ECMA-48). Pure."""

from __future__ import annotations

from typing import Final

_RESET: Final = "\x1b[0m"
_STYLES: Final = {
    "---": "\x1b[1m",
    "+++": "\x1b[1m",
    "@@": "\x1b[36m",
    "-": "\x1b[31m",
    "+": "\x1b[32m",
}
_NAMED: Final = {
    "bold": "\x1b[1m",
    "red": "\x1b[31m",
    "green": "\x1b[32m",
    "yellow": "\x1b[33m",
}


def painted(text: str, style: str) -> str:
    """The text in a style: ``bold``, ``red``, ``green`` or ``yellow``."""
    return f"{_NAMED[style]}{text}{_RESET}"


def coloured(diff: str) -> str:
    """The diff with each line in its colour; the line ends stay outside of it."""
    return "".join(_coloured_line(line) for line in diff.splitlines(keepends=True))


def _coloured_line(line: str) -> str:
    style = next((style for lead, style in _STYLES.items() if line.startswith(lead)), None)
    if style is None:
        return line
    body = line.rstrip("\r\n")
    return f"{style}{body}{_RESET}{line[len(body) :]}"
