"""A plan as a table for a pull request: GitHub Flavored Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pinfix.report.age import downgrade_phrase
from pinfix.report.audit import audit_lines
from pinfix.report.summary import outcome
from pinfix.report.verification import verification_heading

if TYPE_CHECKING:
    from pinfix.planning.plan import Change, Plan

# What Markdown, or the HTML in it, would take for more than text.
_SPECIAL = re.compile(r"([\\`*_\[\]|<>~#&@])")
_URL = re.compile(r"https?://[^\s|<>]+")


def markdown(plan: Plan) -> str:
    """The changes, each with what it was, what it is now, why, and on what evidence."""
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    targets = ", ".join(f"`{target.name}`" for target in plan.targets)
    yield f"### pinfix for {targets}"
    yield ""
    yield escaped(outcome(plan))
    if plan.changes:
        yield ""
        yield "| package | was | now | why | evidence |"
        yield "|---|---|---|---|---|"
        yield from map(_row, plan.changes)
    for heading, sentences in (
        ("Proposed", [_proposal(plan, number) for number in range(len(plan.proposals))]),
        ("Known vulnerabilities", audit_lines(plan.audit) if plan.audit is not None else []),
        (
            "Verified by installation",
            [verification_heading(one) for one in plan.verifications or ()],
        ),
        ("Warnings", plan.warnings),
    ):
        if sentences:
            yield ""
            yield f"**{heading}**"
            yield ""
            yield from (f"- {escaped(sentence)}" for sentence in sentences)


def _row(change: Change) -> str:
    why = [f"{change.cause}: {change.reason}"]
    if change.rule is not None and change.rule.risk is not None:
        why.append(f"risk: {change.rule.risk}")
    if change.down is not None:
        why.append(downgrade_phrase(change.package, change.down))
    cells = (
        escaped(change.package),
        _code(change.before) or f"(none, {escaped(change.file)})",
        _code(change.after) or "(dropped)",
        "<br>".join(map(escaped, why)),
        _evidence(change.evidence),
    )
    return f"| {' | '.join(cells)} |"


def _evidence(facts: Sequence[str]) -> str:
    """The facts; folded away where there are several."""
    text = "<br>".join(map(escaped, facts))
    if len(facts) < 2:
        return text
    return f"<details><summary>{len(facts)} facts</summary>{text}</details>"


def _proposal(plan: Plan, number: int) -> str:
    proposal = plan.proposals[number]
    instead = f" could give way to {proposal.instead}" if proposal.instead else ""
    return f"{proposal.requirement}{instead}: {proposal.rule.reason}"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line; addresses stay links."""
    line = " ".join(text.split())
    parts, end = [], 0
    for url in _URL.finditer(line):
        parts += [_SPECIAL.sub(r"\\\1", line[end : url.start()]), url[0]]
        end = url.end()
    return "".join([*parts, _SPECIAL.sub(r"\\\1", line[end:])])


def _code(text: str) -> str:
    """A requirement as code; a pipe would end the cell even there."""
    line = " ".join(text.split())
    if not line:
        return ""
    fence = "`" * (max(map(len, re.findall(r"`+", line)), default=0) + 1)
    return f"{fence}{line}{fence}".replace("|", "\\|")
