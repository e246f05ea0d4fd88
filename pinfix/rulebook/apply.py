"""Rules applied: what they do to one requirement, and which versions they leave in the closure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from packaging.ranges import VersionRange
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from pinfix.records import record
from pinfix.rulebook.rule import Rule, applies_to, asks_extras, left_by, looks_at, replacement_of


@record
class Drop:
    """The requirement goes."""

    rule: Rule


@record
class Replace:
    """The requirement gives way to another one."""

    rule: Rule
    requirement: Requirement


@record
class DropExtras:
    """These extras of the requirement go; the rest of it stays."""

    rule: Rule
    extras: frozenset[NormalizedName]


@record
class Add:
    """Another requirement is needed next to this one."""

    rule: Rule
    requirement: Requirement


@record
class Cap:
    """Only the versions in ``left`` are left of ``package``.

    With ``beside`` it holds only where the closure has that package within ``beside_versions``.
    ``overrides`` says that the requirement's own specifier admits none of ``left``, so that it
    cannot stay as written; in the closure it is False.
    """

    rule: Rule
    package: NormalizedName
    left: VersionRange
    beside: NormalizedName | None = None
    beside_versions: VersionRange | None = None
    overrides: bool = False


@record
class Propose:
    """Nothing changes; a person is told of what would do in its place, if anything."""

    rule: Rule
    requirement: Requirement | None


Effect = Drop | Replace | DropExtras | Add | Cap | Propose


def requirement_effects(
    rules: Iterable[Rule],
    name: NormalizedName,
    extras: frozenset[NormalizedName],
    specifier: SpecifierSet,
    environment: Mapping[str, str],
    fired: Collection[str] = (),
) -> tuple[Effect, ...]:
    """What rules do to one requirement, on the target with this marker environment (PEP 508).

    ``fired`` holds the ids of the ``without-wheel`` rules found to fire (``rule.fires``); the
    others of that kind are left out. A cap beside another package waits for the closure, and is
    not among the effects; nor is a cap that leaves all that the requirement admits. Where a rule
    drops or replaces the requirement, that is the one effect: nothing is left for the others.
    """
    effects = [
        _effect(rule, extras, specifier)
        for rule in rules
        if rule.package == name
        and rule.beside is None
        and _in_force(rule, environment, fired)
        and asks_extras(rule, extras)
        and looks_at(rule, specifier)
        and not _leaves_all(rule, specifier)
    ]
    final = [effect for effect in effects if isinstance(effect, Drop | Replace)]
    return tuple(final[:1] or effects)


def closure_cap(
    rules: Iterable[Rule],
    name: NormalizedName,
    environment: Mapping[str, str],
    fired: Collection[str] = (),
) -> tuple[Cap, ...]:
    """The caps on one package of the closure, on the target with this marker environment.

    ``fired`` is as in ``requirement_effects``. A dropped package is not banned here: a drop takes
    the user's own requirement away, and who else needs the package is kept out, or not, by that
    package's own versions.
    """
    return tuple(
        _cap(rule)
        for rule in rules
        if rule.action == "cap" and rule.package == name and _in_force(rule, environment, fired)
    )


def _in_force(rule: Rule, environment: Mapping[str, str], fired: Collection[str]) -> bool:
    return (rule.applies == "always" or rule.id in fired) and applies_to(rule, environment)


def _leaves_all(rule: Rule, specifier: SpecifierSet) -> bool:
    return rule.action == "cap" and specifier.to_range().is_subset(left_by(rule))


def _effect(rule: Rule, extras: frozenset[NormalizedName], specifier: SpecifierSet) -> Effect:
    replacement = replacement_of(rule)
    if rule.action == "cap":
        left = left_by(rule)
        return Cap(rule, rule.package, left, overrides=left.is_disjoint(specifier.to_range()))
    if rule.action == "drop-extras":
        return DropExtras(rule, rule.extras & extras)
    if rule.action == "propose":
        return Propose(rule, replacement)
    if replacement is None:
        return Drop(rule)
    return Replace(rule, replacement) if rule.action == "replace" else Add(rule, replacement)


def _cap(rule: Rule) -> Cap:
    beside_versions = None if rule.beside_versions is None else rule.beside_versions.to_range()
    return Cap(rule, rule.package, left_by(rule), rule.beside, beside_versions)
