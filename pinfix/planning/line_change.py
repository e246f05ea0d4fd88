"""What becomes of one line of a file: its edits, and the change to report for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.planning.intents import Intent
    from pinfix.planning.plan import Change
    from pinfix.requirements.edits import Edit


@record
class LineCopy:
    """One more line, made of the first by other edits, and the change to report for it."""

    edits: tuple[Edit, ...]
    change: Change


@record
class LineChange:
    """The edits of one line, and the change to report for them; ``copies`` are lines below it."""

    intent: Intent
    edits: tuple[Edit, ...]
    change: Change
    copies: tuple[LineCopy, ...] = ()

    @property
    def is_removal(self) -> bool:
        """Whether nothing is left of the line."""
        return not self.change.after
