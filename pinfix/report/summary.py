"""A plan as sentences for a person: what each target was taken for, and why each change. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinfix.report.age import downgrade_phrase
from pinfix.report.audit import audit_lines
from pinfix.report.verification import verification_lines
from pinfix.report.words import count

if TYPE_CHECKING:
    from pinfix.planning.plan import Change, Plan, Proposal


def summary(plan: Plan, *, verbose: bool = False) -> str:
    """The summary: targets, changes with their reasons (``verbose``: and evidence), warnings."""
    return "".join(f"{line}\n" for line in _lines(plan, verbose))


def _lines(plan: Plan, verbose: bool) -> Iterator[str]:
    for target in plan.targets:
        yield f"{target.name}: {target.describe()}"
    for change in plan.changes:
        yield ""
        yield f"{change.file}:{change.line}: {change_phrase(change)}"
        yield f"    {change.cause}: {change.reason}"
        if change.rule is not None and change.rule.risk is not None:
            yield f"    risk: {change.rule.risk}"
        if change.down is not None:
            yield f"    down: {downgrade_phrase(change.package, change.down)}"
        if change.had_wheels and change.rule is not None:
            yield (
                "    the target has wheels for what was asked for; "
                f"the rule {change.rule.id} ({change.rule.pack}) moved it, and --rules none keeps it"
            )
        if verbose:
            yield from (f"    {fact}" for fact in change.evidence)
    yield from _proposal_lines(plan, verbose)
    if plan.audit is not None:
        yield ""
        yield "known vulnerabilities (pip-audit):"
        yield from (f"    {line}" for line in audit_lines(plan.audit))
    if plan.verifications:
        yield ""
        yield "verified by installation:"
        yield from (f"    {line}" for one in plan.verifications for line in verification_lines(one))
    if plan.warnings:
        yield ""
        yield from (f"warning: {warning}" for warning in plan.warnings)
    yield ""
    yield outcome(plan)


def _proposal_lines(plan: Plan, verbose: bool) -> Iterator[str]:
    for proposal in plan.proposals:
        yield ""
        yield f"{proposal.file}:{proposal.line}: {proposal_phrase(proposal)}"
        yield f"    {'proposed' if proposal.instead else 'note'}: {proposal.rule.reason}"
        if proposal.rule.risk is not None:
            yield f"    risk: {proposal.rule.risk}"
        if verbose:
            yield from (f"    {fact}" for fact in proposal.rule.evidence)


def change_phrase(change: Change) -> str:
    """``pydantic==2.5.0 -> pydantic==1.10.27``, or what was added or dropped."""
    if not change.after:
        return f"{change.before} dropped"
    if not change.before:
        return f"{change.after} added"
    return f"{change.before} -> {change.after}"


def proposal_phrase(proposal: Proposal) -> str:
    """``mysqlclient==2.2.0 could give way to PyMySQL``, or the requirement alone."""
    if not proposal.instead:
        return proposal.requirement
    return f"{proposal.requirement} could give way to {proposal.instead}"


def outcome(plan: Plan) -> str:
    """One line: how many changes in how many files, and what the closure comes to."""
    kept = len(plan.kept_sdists)
    wheels = len(plan.closure) - kept
    verb = "installs from a wheel" if wheels == 1 else "install from wheels"
    installs = f"{count(wheels, 'package')} {verb}"
    if kept:
        installs += f", and {kept} from plain Python source"
    if not plan.changes:
        return f"Nothing has to change: {installs}."
    files = sum(file.changed for file in plan.files)
    changes = count(len(plan.changes), "change")
    return f"{changes} in {count(files, 'file')}: {installs}."
