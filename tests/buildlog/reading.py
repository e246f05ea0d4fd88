"""Logs for the tests, as bytes and as lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pinfix.buildlog.cleaning import Line, read_lines

LOGS = Path(__file__).parent / "logs"


def line(text: str, number: int = 1) -> Line:
    return Line(number, text, text.lower())


def lines(text: str) -> list[Line]:
    return list(read_lines([text.encode()]))


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]
