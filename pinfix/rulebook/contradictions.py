"""Rules that cannot both be meant: found by what they say, without an index (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations

from packaging.ranges import VersionRange
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from pinfix.rulebook.rule import Rule, left_by, replacement_of

# Only one of these can happen to a requirement.
_FINAL = ("drop", "replace")


def contradictions(rules: Iterable[Rule]) -> Iterator[str]:
    """A sentence for each pair of rules of which one undoes the other."""
    for one, other in combinations(rules, 2):
        if _meet(one, other):
            said = _contradiction(one, other) or _contradiction(other, one)
            if said:
                yield f"{one.where} and {other.where}: {said}"


def _contradiction(one: Rule, other: Rule) -> str:
    same = one.package == other.package
    if same and one.action == other.action == "cap":
        if left_by(one).is_disjoint(left_by(other)):
            return f"{one.id} and {other.id} together leave no version of {one.package}"
    elif same and one.action in _FINAL and other.action in _FINAL:
        if one.replacement != other.replacement and _same_versions(one, other):
            return (
                f"{one.id} and {other.id} each do something else to a requirement on {one.package}"
            )
    elif one.action in ("add", "replace") and other.action == "drop":
        added = replacement_of(one)
        if added is not None and canonicalize_name(added.name) == other.package:
            if _versions(other).is_disjoint(added.specifier.to_range()):
                return ""
            return f"{one.id} puts {added} in, which {other.id} drops"
    return ""


def _meet(one: Rule, other: Rule) -> bool:
    """Whether there is a place where both rules hold."""
    if one.platform and other.platform and not set(one.platform) & set(other.platform):
        return False
    if _disjoint(one.python, other.python):
        return False
    # Beside two packages: whether those can stand together is the index's to say.
    return one.beside == other.beside and not _disjoint(one.beside_versions, other.beside_versions)


def _disjoint(one: SpecifierSet | None, other: SpecifierSet | None) -> bool:
    if one is None or other is None:
        return False
    return one.to_range().is_disjoint(other.to_range())


def _same_versions(one: Rule, other: Rule) -> bool:
    extras = not one.extras or not other.extras or bool(one.extras & other.extras)
    return extras and not _versions(one).is_disjoint(_versions(other))


def _versions(rule: Rule) -> VersionRange:
    return VersionRange.full() if rule.matches is None else rule.matches.to_range()
