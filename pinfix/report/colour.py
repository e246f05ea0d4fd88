"""A unified diff in the colours that people know from git: ANSI escapes (ECMA-48). Pure."""

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


def coloured(diff: str) -> str:
    """The diff with each line in its colour; the line ends stay outside of it."""
    return "".join(_coloured_line(line) for line in diff.splitlines(keepends=True))


def _coloured_line(line: str) -> str:
    style = next((style for lead, style in _STYLES.items() if line.startswith(lead)), None)
    if style is None:
        return line
    body = line.rstrip("\r\n")
    return f"{style}{body}{_RESET}{line[len(body) :]}"
