"""One rule: what it does to one package, when it applies, and why it is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from packaging.ranges import VersionRange
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.records import record

Action = Literal["cap", "replace", "drop", "drop-extras", "add", "propose"]
Applies = Literal["always", "without-wheel"]
ACTIONS: tuple[Action, ...] = get_args(Action)
APPLIES: tuple[Applies, ...] = get_args(Applies)


@record
class Watched:
    """A package whose wheels are looked for: those of these versions count (empty: all)."""

    name: NormalizedName
    versions: SpecifierSet

    def __str__(self) -> str:
        return f"{self.name}{self.versions}"


@record
class Rule:
    """One row of a rule pack.

    ``action`` is what happens to ``package``:

    - ``cap`` leaves only ``versions`` of it (``<2``, or ``>=1.10.16``: a floor is a cap's mirror),
      in the requirements and in the closure alike;
    - ``drop`` takes a requirement on it away, ``replace`` puts ``replacement`` in its place,
      ``drop-extras`` takes ``extras`` off it, ``add`` requires ``replacement`` next to it;
    - ``propose`` changes nothing, and says what else would do: ``replacement``, or ``reason`` alone.

    ``matches`` narrows the rule to these versions of the package: a candidate outside is never
    touched, nor is a requirement that admits none of them. ``extras`` narrows every action but
    ``cap`` and ``drop-extras`` to requirements that ask for one of them.

    ``applies`` is ``always``, or ``without-wheel``: only where the target lacks the wheels that
    ``fires`` asks for. ``wheels_of`` names the packages whose wheels are looked for, where they are
    not the package's own (uvicorn is pure Python, its ``standard`` extra is not), with the versions
    that count (pydantic-core 0.0.1 is a placeholder, which every target takes).

    ``beside`` and ``beside_versions`` narrow a cap to closures that hold that package at one of
    those versions: bcrypt stays ``<5`` beside passlib ``<=1.7.4``.

    ``python`` is tested against ``python_full_version``, ``platform`` holds ``sys_platform`` values
    (empty: all). ``evidence`` is sentences: what was measured, or a URL. ``path`` and ``line``
    (1-based) say where the rule is written.
    """

    id: str
    action: Action
    package: NormalizedName
    versions: SpecifierSet | None
    matches: SpecifierSet | None
    extras: frozenset[NormalizedName]
    replacement: str | None
    applies: Applies
    wheels_of: tuple[Watched, ...]
    beside: NormalizedName | None
    beside_versions: SpecifierSet | None
    python: SpecifierSet | None
    platform: tuple[str, ...]
    reason: str
    risk: str | None
    evidence: tuple[str, ...]
    pack: str
    path: str
    line: int

    @property
    def where(self) -> str:
        """``file:line`` of the rule's table."""
        return f"{self.path}:{self.line}"

    @property
    def watched(self) -> tuple[Watched, ...]:
        """The packages whose wheels decide whether a ``without-wheel`` rule fires."""
        return self.wheels_of or (Watched(self.package, self.matches or SpecifierSet()),)


def applies_to(rule: Rule, environment: Mapping[str, str]) -> bool:
    """Whether the rule's Python and platform are those of a target's marker environment (PEP 508)."""
    if rule.platform and environment["sys_platform"] not in rule.platform:
        return False
    if rule.python is None:
        return True
    return rule.python.contains(environment["python_full_version"], prereleases=True)


def left_by(rule: Rule) -> VersionRange:
    """The versions of its package that a cap leaves; every version for the other actions.

    A range, not a specifier set: "from 2 on, only 2.0.31 and newer" leaves all of 1.x as well,
    and no specifier set can say that.
    """
    if rule.versions is None:
        return VersionRange.full()
    left = rule.versions.to_range()
    return left if rule.matches is None else left | ~rule.matches.to_range()


def looks_at(rule: Rule, specifier: SpecifierSet) -> bool:
    """Whether a requirement with this specifier admits a version that the rule is about."""
    if rule.matches is None:
        return True
    return not rule.matches.to_range().is_disjoint(specifier.to_range())


def asks_extras(rule: Rule, extras: Iterable[NormalizedName]) -> bool:
    """Whether a requirement with these extras is one that the rule is about."""
    return not rule.extras or not rule.extras.isdisjoint(extras)


def fires(rule: Rule, wheels: Mapping[NormalizedName, Iterable[Version]]) -> bool:
    """Whether the rule is in force, given the wheels that the target has.

    ``wheels`` holds, for each of ``rule.watched``, the versions with a wheel the target takes (an
    absent name has none). ``always`` is always in force. ``without-wheel`` is where one of the
    watched packages has no wheel of the newer line: for a cap's own package a version that the cap
    excludes, for any other package any of the versions that count.
    """
    if rule.applies == "always":
        return True
    return not all(
        _has_newer_wheel(rule, watched, wheels.get(watched.name, ())) for watched in rule.watched
    )


def _has_newer_wheel(rule: Rule, watched: Watched, versions: Iterable[Version]) -> bool:
    counted = (v for v in versions if watched.versions.contains(v, prereleases=True))
    if rule.action != "cap" or watched.name != rule.package:
        return any(True for _ in counted)
    left = left_by(rule)
    return any(not left.contains(version, prereleases=True) for version in counted)


def replacement_of(rule: Rule) -> Requirement | None:
    """The ``replacement`` as PEP 508 reads it."""
    return None if rule.replacement is None else Requirement(rule.replacement)
