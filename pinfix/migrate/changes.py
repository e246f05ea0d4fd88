"""What a migration makes of one file: spans that are replaced, and what is left to a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pinfix.records import record


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """``text`` in the place of ``start`` up to and without ``end``: offsets into a file's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A sentence about a line (1-based, in the file as it was)."""

    line: int
    said: str


@record
class FileMigration:
    """One file before and after; the same bytes where nothing is replaced.

    ``done`` says what was replaced, ``todo`` what has no faithful form, and what to do there.
    """

    path: str
    before: bytes
    after: bytes
    done: tuple[Note, ...] = ()
    todo: tuple[Note, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits made. Edits with the same place and text are one.

    Raises ValueError where two overlap.
    """
    made, end = [], 0
    for edit in sorted(set(edits)):
        if edit.start < end:
            raise ValueError(f"two edits overlap at {edit.start}")
        made += [text[end : edit.start], edit.text]
        end = edit.end
    return "".join([*made, text[end:]])
