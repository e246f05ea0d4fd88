"""Questions that are known to have no answer, so that none that asks for as much is searched again.

A failure's derivation names the demands that it rests on. Whatever else is asked, another question
that leaves none of these demands more versions fails for the same reason. Where many pins cannot
hold together, most of the trials that decide which one moves are such questions: two conflicts that
have nothing to do with each other are not both undone by moving one pin.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinfix.resolve.failure import Unsolvable


class Refuted:
    """The failures so far, each as the masks of the demands that it rests on, by their numbers."""

    def __init__(self) -> None:
        self._failures: list[dict[int, int]] = []
        self._admitted = 0

    def note(self, masks: Mapping[int, int], failure: Unsolvable, admitted: int) -> None:
        """Take note of why the question with these masks failed; one cut short shows nothing.

        ``admitted`` counts what the world has let in: failures from before it grew do not count.
        """
        self._keep_those_of(admitted)
        if failure.complete and failure.lasting and failure.incompatibility is not None:
            demands, _ = failure.parties()
            self._failures.append({number: masks[number] for number in demands})

    def covers(self, masks: Mapping[int, int], admitted: int) -> bool:
        """Whether the question with these masks has no answer, for a reason that is known."""
        self._keep_those_of(admitted)
        return any(
            all(not masks[number] & ~mask for number, mask in failure.items())
            for failure in self._failures
        )

    def _keep_those_of(self, admitted: int) -> None:
        if admitted != self._admitted:
            self._failures.clear()
            self._admitted = admitted
