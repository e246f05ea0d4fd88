"""What was proven by installing, and what was not, in sentences and as JSON values. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinfix.planning.verified import Step, Verification

_MARKS = {"ok": "✓", "failed": "✗", "not proven": "?"}


def verification_text(verification: Verification) -> str:
    """One verification: its verdict, then a line for each step and what was seen."""
    return "".join(f"{line}\n" for line in verification_lines(verification))


def verification_lines(verification: Verification) -> Iterator[str]:
    """The same line by line."""
    yield verification_heading(verification)
    width = max((len(step.name) for step in verification.steps), default=0)
    for step in verification.steps:
        yield from _step_lines(step, width)


def verification_heading(verification: Verification) -> str:
    """``requirements.txt on cp313-…: installed and imported on Python 3.13.0``."""
    return f"{', '.join(verification.files)} on {verification.target}: {verdict(verification)}"


def _step_lines(step: Step, width: int) -> Iterator[str]:
    said = f"not proven: {step.said}" if step.result == "not proven" else step.said
    yield f"  {_MARKS[step.result]} {step.name:<{width}}  {said}"
    yield from (f"      {line}" for line in step.evidence)


def verdict(verification: Verification) -> str:
    """``installed and imported on Python 3.13.0``, or what else it came to."""
    since = f", as of {verification.since}" if verification.since is not None else ""
    if verification.failed:
        step = next(step for step in verification.steps if step.result == "failed")
        return f"FAILED: {step.said}"
    if verification.python is None:
        return f"every wheel checked, nothing installed{since}"
    rest = ", but not everything could be proven" if verification.open else ""
    return f"installed and imported on Python {verification.python}{rest}{since}"


def failure_text(verifications: Sequence[Verification]) -> str:
    """Why nothing was written: the verifications that failed, and what helps."""
    failed = "\n".join(
        line for one in verifications if one.failed for line in verification_lines(one)
    )
    return (
        f"the result was installed to prove it, which failed; nothing was written\n{failed}\n"
        "hint: Without --verify it is written all the same; pinfix why PACKAGE tells what other "
        "versions there are."
    )


def verification_dict(verification: Verification) -> dict[str, Any]:
    """One verification as JSON values."""
    return {**asdict(verification), "verdict": _verdict_word(verification)}


def _verdict_word(verification: Verification) -> str:
    if verification.failed:
        return "failed"
    return "inspected" if verification.python is None else "installed"
