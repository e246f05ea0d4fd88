"""A plan: every change with its reason, the closure behind it, and the files it would write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from pinfix.records import record
from pinfix.requirements.format_control import FormatControl

if TYPE_CHECKING:
    from pinfix.planning.verified import Verification
    from pinfix.rulebook.rule import Rule
    from pinfix.targets.target import Target

# rule: a rule says so. no wheel: the version, or what it pulls in, has none for the target.
# conflict: it cannot hold together with the rest. not on index: nobody can install it.
# unfit: the target's Python, a yank or unreadable metadata rules it out, wheel or not.
# syntax: pip refuses the line as it is written, and it is certain what it means.
# pip prefers: pip, left alone with an unpinned package, would end in a build or break a rule.
# hash-checking: a file with hashes has to list all that is installed.
# split: no one version serves all targets, and the line is for some of them now.
# not needed, required: a compiled file lists what is installed, and nothing else.
ChangeKind: TypeAlias = Literal[
    "rule",
    "no wheel",
    "conflict",
    "not on index",
    "unfit",
    "syntax",
    "pip prefers",
    "hash-checking",
    "not needed",
    "required",
    "split",
]


@record
class Downgrade:
    """What a pin that moved down is now, and what is current; days are ISO 8601, empty if unknown."""

    version: str
    date: str
    newest: str
    newest_date: str


@record
class Vulnerability:
    """A known vulnerability (OSV) of one version: its id, its other names, where it is fixed."""

    package: str
    version: str
    id: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]


@record
class Audit:
    """The known vulnerabilities that changes bring in, and those that they take away."""

    brought_in: tuple[Vulnerability, ...]
    taken_away: tuple[Vulnerability, ...]


@record
class Inferred:
    """A line (1-based) that a target was read off, as it is typed, and why."""

    file: str
    line: int
    said: str
    target: str


@record
class Change:
    """One edit to one requirement.

    ``line`` is 1-based in the file as it was; a requirement that the file did not have gets the
    line it is added at. ``before`` and ``after`` are requirements as written, empty where there was
    none or none is left. ``reason`` is one sentence, ``evidence`` the facts behind it.
    ``had_wheels`` is True where a rule moved something that the target could have installed,
    ``down`` is there for a pin that moved down.
    """

    package: str
    file: str
    line: int
    before: str
    after: str
    cause: ChangeKind
    reason: str
    evidence: tuple[str, ...] = ()
    rule: Rule | None = None
    had_wheels: bool = False
    down: Downgrade | None = None


@record
class Proposal:
    """What a rule has to say of a requirement without changing it.

    ``line`` is 1-based. ``instead`` is a requirement that would do in its place, empty where there
    is none.
    """

    package: str
    file: str
    line: int
    requirement: str
    instead: str
    rule: Rule


@record
class Artifact:
    """One wheel or sdist of a release, as the index lists it.

    ``hashes`` are (algorithm, hex digest), ``size`` is in bytes, ``upload_time`` ISO 8601 as
    served (PEP 700). ``targets`` are the names of the targets that can install it; for an sdist,
    of those that have nothing else of the release.
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...]
    size: int | None
    upload_time: str | None
    targets: tuple[str, ...]


@record
class ClosureEntry:
    """One package of the closure: ``file`` is what each target installs, by target name.

    ``required_by`` are packages, by normalised name, and requirements, as ``file:line``; so are
    those of constraints in ``constrained_by``. ``extras`` are all that anybody asked for,
    ``marker`` is the one the user wrote to the requirement (PEP 508), ``artifacts`` are the files
    of the release for any platform.
    """

    name: str
    version: str
    files: dict[str, str]
    required_by: tuple[str, ...]
    constrained_by: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    marker: str = ""
    artifacts: tuple[Artifact, ...] = field(default=(), repr=False)


@record
class RewrittenFile:
    """A file's bytes before and after; the same object where nothing changes."""

    path: str
    before: bytes
    after: bytes

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


@record
class Plan:
    """All that pinfix found out and would do.

    ``direct`` are the requirements, as ``file:line``, that are installed from a path, a URL or a
    repository: what they are and what they require is no part of the closure. ``trusted_hosts`` and
    ``formats`` are what the files tell pip beside their sources. ``audit`` and
    ``verifications`` are None where nobody asked for them, ``inferred`` is empty where the targets
    were named.
    """

    targets: tuple[Target, ...]
    changes: tuple[Change, ...]
    closure: tuple[ClosureEntry, ...]
    kept_sdists: tuple[str, ...]
    warnings: tuple[str, ...]
    files: tuple[RewrittenFile, ...] = field(repr=False)
    direct: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    formats: FormatControl = field(default_factory=lambda: FormatControl({}, {}))
    proposals: tuple[Proposal, ...] = ()
    audit: Audit | None = None
    inferred: tuple[Inferred, ...] = ()
    verifications: tuple[Verification, ...] | None = None

    @property
    def changed(self) -> bool:
        """Whether any file would be written."""
        return any(file.changed for file in self.files)


def merge_plans(plans: Sequence[Plan]) -> Plan:
    """The plans of several environments for the same targets as one, in their order."""
    if len(plans) == 1:
        return plans[0]
    entries: dict[tuple[str, str], ClosureEntry] = {}
    for plan in plans:
        for entry in plan.closure:
            known = entries.get((entry.name, entry.version))
            entries[entry.name, entry.version] = _merged(known, entry) if known else entry
    return Plan(
        targets=plans[0].targets,
        changes=tuple(change for plan in plans for change in plan.changes),
        closure=tuple(entry for _, entry in sorted(entries.items())),
        kept_sdists=tuple(sorted({name for plan in plans for name in plan.kept_sdists})),
        warnings=tuple(dict.fromkeys(said for plan in plans for said in plan.warnings)),
        files=tuple(file for plan in plans for file in plan.files),
        direct=tuple(where for plan in plans for where in plan.direct),
        trusted_hosts=tuple(dict.fromkeys(host for plan in plans for host in plan.trusted_hosts)),
        formats=FormatControl(
            {name: at for plan in plans for name, at in plan.formats.no_binary.items()},
            {name: at for plan in plans for name, at in plan.formats.only_binary.items()},
        ),
        proposals=tuple(proposal for plan in plans for proposal in plan.proposals),
    )


def _merged(one: ClosureEntry, other: ClosureEntry) -> ClosureEntry:
    """One release as two environments need it."""
    artifacts = {artifact.filename: artifact for artifact in one.artifacts}
    for artifact in other.artifacts:
        known = artifacts.get(artifact.filename, artifact)
        takers = dict.fromkeys((*known.targets, *artifact.targets))
        artifacts[artifact.filename] = replace(known, targets=tuple(takers))
    return replace(
        one,
        files=one.files | other.files,
        required_by=tuple(dict.fromkeys((*one.required_by, *other.required_by))),
        constrained_by=tuple(dict.fromkeys((*one.constrained_by, *other.constrained_by))),
        extras=tuple(sorted({*one.extras, *other.extras})),
        marker=one.marker if one.marker == other.marker else "",
        artifacts=tuple(artifacts.values()),
    )
