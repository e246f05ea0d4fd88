"""Least change, by trial: no pin moves that could have stayed, none stays below what would serve.

With every other pin held where it is, each moved pin is tried at its old version, and then above
its new one. What decides is always a search; a glance at what the fixed pins require of each other
only spares the searches that cannot succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pinfix.resolve.ancient import ancient_in
from pinfix.resolve.asked import Asked
from pinfix.resolve.search import Freedom

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search

# Each round ends with fewer moves or newer versions; real files needed at most three.
MAX_ROUNDS: Final = 10


def minimise(search: Search, found: Found) -> Found:
    """The solution with every moved pin put back that can be, and the rest as new as can be."""
    for _ in range(MAX_ROUNDS):
        before = found
        found = _put_back(search, found)
        found = _prefer(search, found)
        if found is before:
            break
    return found


def moved(search: Search, found: Found) -> list[int]:
    """The freed demands whose version in the solution is not one they asked for."""
    return [
        number
        for number, freedom in enumerate(search.freedom)
        if freedom is not Freedom.HELD
        and (index := found.version_for(search.demands[number])) is not None
        and not search.asked_mask(number) >> index & 1
    ]


def _put_back(search: Search, found: Found) -> Found:
    for number in moved(search, found):
        demand = search.demands[number]
        if not demand.is_pin or not search.can_stay(number):
            continue
        freedom = search.freedom[number]
        if demand.constraint:
            search.hold(number)  # a constraint counts by the limit that it sets
        better = _try(search, found, number, search.asked_mask(number))
        if better is not None:
            found = better
            search.hold(number)
        elif demand.constraint:
            search.free_as(number, freedom)
    return found


def _prefer(search: Search, found: Found) -> Found:
    """The solution with each moved pin where the policy would rather have it, one by one."""
    for number in moved(search, found):
        demand = search.demands[number]
        index = found.version_for(demand)
        if index is None or not demand.is_pin or demand.constraint:
            continue
        better = search.mask_with(number, Freedom.FREE) & _preferable(search, number, index)
        better &= search.world.judge.usable(demand.name, demand.targets, better)
        improved = _try(search, found, number, better)
        if improved is not None:
            found = improved
    return found


def _preferable(search: Search, number: int, index: int) -> int:
    """The versions that are newer than the one found, or nearer to the one asked for."""
    asked = search.asked_index(number)
    if search.world.policy.prefer == "newest" or asked is None:
        return (1 << index) - 1
    distance = abs(index - asked)
    nearer = range(max(asked - distance + 1, 0), asked + distance)
    return sum(1 << other for other in nearer)


def _try(search: Search, found: Found, number: int, mask: int) -> Found | None:
    """The solution with one demand's versions in ``mask`` and every other pin where it is now."""
    moving = search.demands[number]
    overrides = fixed_pins(search, found)
    mask = _left_by_fixed(search, found, moving.name, mask, overrides)
    if not mask:
        return None
    for other, demand in enumerate(search.demands):
        same = demand.name == moving.name and set(demand.targets) & set(moving.targets)
        if same and (demand.is_pin or other == number):
            overrides[other] = mask  # a range of the same package binds as ever
    better = search.trial(overrides)
    # What was found may want something old that nothing wants where this pin is elsewhere.
    return None if better is None or any(ancient_in(search, better)) else better


def fixed_pins(search: Search, found: Found) -> dict[int, int]:
    """For each pin of the user's, by its demand's number, the one version that a solution gave it."""
    return {
        number: 1 << index
        for number, demand in enumerate(search.demands)
        if demand.is_pin and (index := found.version_for(demand)) is not None
    }


def _left_by_fixed(
    search: Search, found: Found, name: NormalizedName, mask: int, fixed: Mapping[int, int]
) -> int:
    """What the other pins, which will not move, leave of a package."""
    package = search.facts.package(name)
    pinned = {search.demands[number].name for number in fixed} - {name}
    asked = Asked(search, found)
    for node in found.pins:
        if node.name != name or node.extra:
            continue
        for parent, dependency in asked.requirements_on(node):
            if parent.name in pinned:
                mask &= package.matching(dependency.specifier)
    return mask
