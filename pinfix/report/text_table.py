"""Text in columns, no wider than a terminal where that can be. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pinfix.records import record
from pinfix.report.colour import painted

GAP: Final = "  "


@record
class Piece:
    """What stands in one place, and in which style of ``painted``; empty: in none."""

    text: str
    style: str = ""

    def shown(self, *, color: bool) -> str:
        """The text, in its style where there are colours."""
        return painted(self.text, self.style) if color and self.style and self.text else self.text


def columns_of_text(
    names: Sequence[Piece], columns: Sequence[Sequence[Piece]], width: int, *, color: bool
) -> Iterator[str]:
    """The columns beside their rows' names, as many as fit; the others below, with the names again.

    All columns are as long as the names. A line is wider than ``width`` only where a single column
    does not fit.
    """
    lead = _width(names)
    left = list(columns)
    while left:
        room, taken = width - lead, 0
        while taken < len(left) and (not taken or room >= len(GAP) + _width(left[taken])):
            room -= len(GAP) + _width(left[taken])
            taken += 1
        if len(left) < len(columns):
            yield ""
        widths = [lead, *map(_width, left[:taken])]
        for row in zip(names, *left[:taken], strict=True):
            padded = (
                piece.shown(color=color) + " " * (wide - len(piece.text))
                for piece, wide in zip(row, widths, strict=True)
            )
            yield GAP.join(padded).rstrip()
        left = left[taken:]


def _width(pieces: Iterable[Piece]) -> int:
    return max(len(piece.text) for piece in pieces)
