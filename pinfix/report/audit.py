"""What changes bring in and take away of known vulnerabilities, in sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinfix.planning.plan import Audit, Vulnerability


def audit_lines(audit: Audit) -> list[str]:
    """A line for each vulnerability that comes or goes; one that says so where there is none."""
    lines = [f"brought in by {vulnerability_phrase(one)}" for one in audit.brought_in]
    lines += [f"taken away with {vulnerability_phrase(one)}" for one in audit.taken_away]
    return lines or ["pip-audit knows of none that the changes bring in or take away"]


def vulnerability_phrase(one: Vulnerability) -> str:
    """``requests 2.19.0: PYSEC-2018-28 (CVE-2018-18074), fixed in 2.20.0``."""
    aliases = f" ({', '.join(one.aliases)})" if one.aliases else ""
    fixed = f", fixed in {', '.join(one.fixed_in)}" if one.fixed_in else ", not fixed yet"
    return f"{one.package} {one.version}: {one.id}{aliases}{fixed}"


def audit_json(audit: Audit | None) -> dict[str, Any] | None:
    """The same as JSON values; None where nobody asked."""
    if audit is None:
        return None
    return {
        "brought_in": [_vulnerability(one) for one in audit.brought_in],
        "taken_away": [_vulnerability(one) for one in audit.taken_away],
    }


def _vulnerability(one: Vulnerability) -> dict[str, Any]:
    return {
        "package": one.package,
        "version": one.version,
        "id": one.id,
        "aliases": list(one.aliases),
        "fixed_in": list(one.fixed_in),
    }
