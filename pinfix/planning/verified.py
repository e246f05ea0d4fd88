"""What came of a proof by installation: steps, each with what was seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pinfix.records import record

Result: TypeAlias = Literal["ok", "failed", "not proven"]


@record
class Step:
    """One thing that was tried: ``said`` is a sentence, ``evidence`` the lines behind it."""

    name: str
    result: Result
    said: str
    evidence: tuple[str, ...] = ()


@record
class Verification:
    """What was tried of some files on one target.

    ``python`` is the version of the interpreter that everything was installed for, None where the
    files were only looked into. ``since`` is when that was, in ISO 8601, where it is told again.
    """

    files: tuple[str, ...]
    target: str
    python: str | None
    steps: tuple[Step, ...]
    since: str | None = None

    @property
    def failed(self) -> bool:
        """Whether anything failed; what could not be proven is no failure."""
        return any(step.result == "failed" for step in self.steps)

    @property
    def open(self) -> bool:
        """Whether something is left that could not be proven here."""
        return any(step.result == "not proven" for step in self.steps)


def is_proven(verifications: Iterable[Verification]) -> bool:
    """Whether none of them failed."""
    return not any(verification.failed for verification in verifications)
