"""Known vulnerabilities of the pins before and after, as pip-audit knows them (a subprocess)."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pinfix.errors import AuditError, UsageError
from pinfix.planning.plan import Audit, Vulnerability

if TYPE_CHECKING:
    from pinfix.planning.plan import Plan

# Name and version of what is installed.
Pin = tuple[str, str]


def audit(plan: Plan) -> Audit:
    """What the changes of a plan bring in and take away.

    pip-audit asks the service it is configured to (``PIP_AUDIT_VULNERABILITY_SERVICE``,
    ``PIP_AUDIT_OSV_URL``). Raises UsageError where it is not installed, AuditError where it fails.
    """
    command = _command()
    before, after = pins_before(plan), pins_after(plan)
    if before == after:
        return Audit((), ())
    was = _vulnerabilities(command, before)
    now = _vulnerabilities(command, after)
    return Audit(
        brought_in=tuple(one for key, one in now.items() if key not in was),
        taken_away=tuple(one for key, one in was.items() if key not in now),
    )


def pins_before(plan: Plan) -> frozenset[Pin]:
    """The pins of the lines that change."""
    return frozenset(pin for change in plan.changes for pin in _pins(change.before))


def pins_after(plan: Plan) -> frozenset[Pin]:
    """What is installed of the packages that a change is about."""
    versions = {entry.name: entry.version for entry in plan.closure}
    names = [
        canonicalize_name(name)
        for change in plan.changes
        for name in (change.package, _name(change.after))
        if name
    ]
    return frozenset((name, versions[name]) for name in names if name in versions)


def _pins(text: str) -> Iterable[Pin]:
    try:
        requirement = Requirement(text.partition(" #")[0])
    except InvalidRequirement:
        return
    for specifier in requirement.specifier:
        if specifier.operator in ("==", "===") and not specifier.version.endswith(".*"):
            yield canonicalize_name(requirement.name), specifier.version


def _name(text: str) -> str:
    try:
        return Requirement(text.partition(" #")[0]).name
    except InvalidRequirement:
        return ""


def _command() -> list[str]:
    if importlib.util.find_spec("pip_audit") is not None:
        return [sys.executable, "-m", "pip_audit"]
    found = shutil.which("pip-audit")
    if found is None:
        raise UsageError("--audit needs pip-audit: pip install pip-audit, beside pinfix or on PATH")
    return [found]


def _vulnerabilities(
    command: Sequence[str], pins: Iterable[Pin]
) -> Mapping[tuple[str, str], Vulnerability]:
    """What is known of these pins, by package and id."""
    lines = [f"{name}=={version}\n" for name, version in sorted(pins)]
    if not lines:
        return {}
    # Pins alone: pip-audit asks for these, resolves nothing and installs nothing.
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(lines), encoding="utf-8")
        done = subprocess.run(
            [*command, *options, "--requirement", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
    return _read(done.stdout, done.stderr, done.returncode)


def _read(stdout: str, stderr: str, code: int) -> Mapping[tuple[str, str], Vulnerability]:
    # 1 is its exit code for "some were found" and for most errors alike; only the former has JSON.
    try:
        page = json.loads(stdout)
        return dict(_found(page["dependencies"]))
    except (ValueError, KeyError, TypeError) as error:
        last = stderr.strip().splitlines()[-1:] or [f"it ended with exit code {code}"]
        raise AuditError(f"pip-audit gave no answer: {last[0].strip()}") from error


def _found(
    dependencies: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[tuple[str, str], Vulnerability]]:
    for dependency in dependencies:
        if "skip_reason" in dependency:
            raise AuditError(
                f"pip-audit could not look {dependency['name']} up: {dependency['skip_reason']}"
            )
        for one in dependency["vulns"]:
            found = Vulnerability(
                package=canonicalize_name(dependency["name"]),
                version=dependency["version"],
                id=one["id"],
                aliases=tuple(one.get("aliases", ())),
                fixed_in=tuple(one.get("fix_versions", ())),
            )
            yield (found.package, found.id), found
