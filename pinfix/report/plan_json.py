"""A plan, or the error in its place, as JSON: the schema that the README documents. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from pinfix.report.audit import audit_json
from pinfix.report.verification import verification_dict
from pinfix.report.words import json_text

if TYPE_CHECKING:
    from pinfix.errors import PinfixError
    from pinfix.planning.plan import Change, Plan
    from pinfix.targets.target import Target

SCHEMA: Final = 1


def plan_json(plan: Plan, failures: Sequence[tuple[Sequence[str], PinfixError]] = ()) -> str:
    """The plan as a JSON document, ending in a line feed; ``failures`` are files it leaves out."""
    return json_text(plan_dict(plan, failures))


def plan_dict(
    plan: Plan, failures: Sequence[tuple[Sequence[str], PinfixError]] = ()
) -> dict[str, Any]:
    """The same as JSON values."""
    return _document(
        plan.targets,
        inferred=[asdict(one) for one in plan.inferred],
        changes=[change_dict(change) for change in plan.changes],
        closure=[
            {
                "name": entry.name,
                "version": entry.version,
                "file": next(iter(entry.files.values()), None),
                "files": entry.files,
                "required_by": list(entry.required_by),
            }
            for entry in plan.closure
        ],
        kept_sdists=list(plan.kept_sdists),
        proposals=[
            {
                "package": proposal.package,
                "file": proposal.file,
                "line": proposal.line,
                "requirement": proposal.requirement,
                "instead": proposal.instead or None,
                "reason": proposal.rule.reason,
                "evidence": list(proposal.rule.evidence),
                "rule": proposal.rule.id,
                "risk": proposal.rule.risk,
            }
            for proposal in plan.proposals
        ],
        audit=audit_json(plan.audit),
        verifications=None
        if plan.verifications is None
        else [verification_dict(one) for one in plan.verifications],
        warnings=list(plan.warnings),
        failures=_failures(failures),
    )


def error_json(
    error: PinfixError,
    targets: Sequence[Target] = (),
    failures: Sequence[tuple[Sequence[str], PinfixError]] = (),
) -> str:
    """The same document for a run that ended in an error: nothing but the error is known."""
    return json_text(_document(targets, error=error_dict(error), failures=_failures(failures)))


def _failures(failures: Sequence[tuple[Sequence[str], PinfixError]]) -> list[dict[str, Any]]:
    return [{"files": list(files), **error_dict(error)} for files, error in failures]


def error_dict(error: PinfixError) -> dict[str, Any]:
    """One error."""
    return {
        "kind": type(error).__name__,
        "exit_code": error.exit_code,
        "message": str(error),
    }


def _document(targets: Sequence[Target], **known: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "targets": [target_dict(target) for target in targets],
        "inferred": [],
        "changes": [],
        "closure": [],
        "kept_sdists": [],
        "proposals": [],
        "audit": None,
        "verifications": None,
        "warnings": [],
        "failures": [],
        "error": None,
    }
    return document | known


def target_dict(target: Target) -> dict[str, str]:
    """One target: as asked for, and what it was taken for."""
    return {
        "asked": target.text,
        "name": target.name,
        "python": str(target.python_version),
        "description": target.describe(),
    }


def change_dict(change: Change) -> dict[str, Any]:
    """One change."""
    return {
        "package": change.package,
        "file": change.file,
        "line": change.line,
        "before": change.before,
        "after": change.after,
        "cause": change.cause,
        "reason": change.reason,
        "evidence": list(change.evidence),
        "rule": change.rule.id if change.rule is not None else None,
        "risk": change.rule.risk if change.rule is not None else None,
        "had_wheels": change.had_wheels,
        "down": asdict(change.down) if change.down is not None else None,
    }
