"""A plan: every change with its reason, the closure behind it, and the files it would write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pinfix.rulebook.rule import Rule
    from pinfix.targets.target import Target

# rule: a rule says so. no wheel: the version, or what it pulls in, has none for the target.
# conflict: it cannot hold together with the rest. not on index: nobody can install it.
# pip prefers: pip, left alone with an unpinned package, would end in a build or break a rule.
Cause: TypeAlias = Literal["rule", "no wheel", "conflict", "not on index", "pip prefers"]


@dataclass(frozen=True, slots=True)
class Change:
    """One edit to one requirement.

    ``line`` is 1-based in the file as it was; a requirement that the file did not have gets the
    line it is added at. ``before`` and ``after`` are requirements as written, empty where there was
    none or none is left. ``reason`` is one sentence, ``evidence`` the facts behind it.
    ``had_wheels`` is True where a rule moved something that the target could have installed.
    """

    package: str
    file: str
    line: int
    before: str
    after: str
    cause: Cause
    reason: str
    evidence: tuple[str, ...] = ()
    rule: Rule | None = None
    had_wheels: bool = False


@dataclass(frozen=True, slots=True)
class ClosureEntry:
    """One package of the closure: ``file`` is what each target installs, by target name."""

    name: str
    version: str
    files: dict[str, str]
    required_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RewrittenFile:
    """A file's bytes before and after; the same object where nothing changes."""

    path: str
    before: bytes
    after: bytes

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.before != self.after


@dataclass(frozen=True, slots=True)
class Plan:
    """All that pinfix found out and would do."""

    targets: tuple[Target, ...]
    changes: tuple[Change, ...]
    closure: tuple[ClosureEntry, ...]
    kept_sdists: tuple[str, ...]
    warnings: tuple[str, ...]
    files: tuple[RewrittenFile, ...] = field(repr=False)

    @property
    def changed(self) -> bool:
        """Whether any file would be written."""
        return any(file.changed for file in self.files)


def merge_plans(plans: Sequence[Plan]) -> Plan:
    """The plans of several environments for the same targets as one, in their order."""
    entries: dict[tuple[str, str], ClosureEntry] = {}
    for plan in plans:
        for entry in plan.closure:
            known = entries.get((entry.name, entry.version), entry)
            who = dict.fromkeys((*known.required_by, *entry.required_by))
            merged = replace(known, files=known.files | entry.files, required_by=tuple(who))
            entries[entry.name, entry.version] = merged
    return Plan(
        targets=plans[0].targets,
        changes=tuple(change for plan in plans for change in plan.changes),
        closure=tuple(entry for _, entry in sorted(entries.items())),
        kept_sdists=tuple(sorted({name for plan in plans for name in plan.kept_sdists})),
        warnings=tuple(dict.fromkeys(said for plan in plans for said in plan.warnings)),
        files=tuple(file for plan in plans for file in plan.files),
    )
