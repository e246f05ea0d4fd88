"""When a version is too old to be chosen silently.

Without this guard a search for wheels on a new Python "finds" releases from before a project
had any, or from before it declared what it needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinfix.index.metadata import repair_requires_python
from pinfix.resolve.asked import Asked
from pinfix.resolve.rejection import Ancient
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from pinfix.resolve.facts import PackageFacts
    from pinfix.resolve.found import Found
    from pinfix.resolve.node import Node
    from pinfix.resolve.search import Search
    from pinfix.targets.target import Target

MAX_MAJORS_BELOW: Final = 1
MAX_YEARS_BELOW: Final = 3
# Before 1.0 nothing was promised (semver 4), so the step below it counts as more than one major
# version, unless both sides of it are of the same time.
MAX_YEARS_BELOW_ONE: Final = 1
_DAYS_A_YEAR: Final = 365.25


def is_far_below(version: Version, day: str, reference: Version, reference_day: str) -> bool:
    """Whether ``version`` lies more than one major version, or three years, below ``reference``.

    Days are ISO 8601, or empty where the index does not say; then only the numbers count.
    """
    if version >= reference:
        return False
    if version.epoch != reference.epoch or reference.major - version.major > MAX_MAJORS_BELOW:
        # Calendar versions count years, which the other bound is for.
        return (
            not (_is_calendar(version) and _is_calendar(reference))
            or _years(day, reference_day) > MAX_YEARS_BELOW
        )
    years = _years(day, reference_day)
    below_one = version.major == 0 < reference.major
    return years > (MAX_YEARS_BELOW_ONE if below_one else MAX_YEARS_BELOW)


def _is_calendar(version: Version) -> bool:
    return 2000 <= version.major <= 2100 or 10 <= version.major <= 40


def _years(day: str, later: str) -> float:
    if not day or not later:
        return 0.0
    return (date.fromisoformat(later) - date.fromisoformat(day)).days / _DAYS_A_YEAR


def is_ancient(package: PackageFacts, index: int, reference: int) -> bool:
    """Whether one version of a package lies far below another; both are indexes."""
    return index > reference and is_far_below(
        package.versions[index],
        package.date(index),
        package.versions[reference],
        package.date(reference),
    )


def not_far_below(reference: int) -> Callable[[PackageFacts, int, int], Ancient | None]:
    """A limit for the search: nothing far below this version."""

    def limit(package: PackageFacts, target: int, index: int) -> Ancient | None:
        del target
        if not is_ancient(package, index, reference):
            return None
        return Ancient(str(package.versions[reference]), package.date(reference))

    return limit


def newest_current(package: PackageFacts, target: Target, mask: int, until: str = "") -> int | None:
    """The newest version in ``mask`` that the target could be served with some day.

    ``until`` is the last day (ISO 8601) that counts, empty for today.

    Wheels do not count: what is current is not what happens to have one. Neither does an upper
    bound of Requires-Python, which says "not yet"; a lower one says "no longer", and does count.
    """
    for index in indexes(mask & package.everything & ~package.prereleases):
        if until and package.date(index) > until:
            continue
        release = package.release(index)
        files = (*release.wheels, *release.sdists)
        if any(
            file.yanked is None and not _dropped(file.requires_python, target.python_version)
            for file in files
        ):
            return index
    return None


def _dropped(requires_python: str | None, python: Version) -> bool:
    specifier = repair_requires_python(requires_python) if requires_python else None
    if specifier is None:
        return False
    floors = [str(clause) for clause in specifier if clause.operator in (">=", ">", "~=")]
    lower = SpecifierSet(",".join(f.replace("~=", ">=") for f in floors))
    return not lower.contains(python, prereleases=True)


def ancient_in(search: Search, found: Found) -> Iterator[tuple[Node, int]]:
    """What lies far below what is current in a solution, each with the current version's index.

    A pin has its own bound from when it was freed, so this is about everything else. What only an
    old package pulls in may be as old as that.
    """
    exempt = search.world.policy.allow_ancient.union(
        demand.name for demand in search.demands if demand.is_pin and not demand.constraint
    )
    asked = Asked(search, found)
    for node, index in found.pins.items():
        if node.extra or node.is_shared or node.name in exempt:
            continue
        newer = asked.leaves(node) & ((1 << index) - 1)
        if not newer:
            continue
        package = search.facts.package(node.name)
        target = search.facts.targets[node.target]
        until = _day_of_oldest_parent(search, found, node)
        current = newest_current(package, target, newer, until)
        if current is not None and is_ancient(package, index, current):
            yield node, current


def _day_of_oldest_parent(search: Search, found: Found, node: Node) -> str:
    """When the oldest package that pulls ``node`` in came out; empty where the user asks for it."""
    if any(demand.name == node.name for demand in search.demands if not demand.constraint):
        return ""
    parents = set(found.parents.get(node, ()))
    days = (search.facts.package(parent.name).date(found.pins[parent]) for parent in parents)
    return min(days, default="")
