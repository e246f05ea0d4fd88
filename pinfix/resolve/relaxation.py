"""One version per package, with as few pins moved as can be: core-guided relaxation.

Every pin starts as a hard root requirement. Where that has no solution, the pins in the conflict's
own derivation are its core; one of them gets more freedom, and the search runs again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from pinfix.resolve.ancient import ancient_in, not_far_below
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.search import Freedom

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search

# A core larger than this is not tried pin by pin: the trials would cost more than they save.
MAX_TRIALS: Final = 8


def relax(search: Search) -> Found:
    """Find a solution, letting pins move as conflicts name them.

    Raises Unsolvable where no pin is left that could move, or the search does not end.
    """
    for number, demand in enumerate(search.demands):
        if demand.is_pin and not search.can_stay(number):
            search.free(number)
    _refuse_hopeless(search)
    found = _solve(search)
    # Every round forbids what is too old in the last solution, so the rounds end.
    while _forbid_ancient(search, found):
        found = _solve(search)
    return found


def _refuse_hopeless(search: Search) -> None:
    """Raise Unsolvable for a demand that nothing serves: no move of another pin will help it."""
    for number in range(len(search.demands)):
        if search.never_served(number):
            search.attempt_alone(number)


def _solve(search: Search) -> Found:
    while True:
        try:
            return search.attempt()
        except Unsolvable as failure:  # noqa: PERF203 - each round is a search of its own
            if not _free_one_of(search, failure):
                raise


def _free_one_of(search: Search, failure: Unsolvable) -> bool:
    """Give something that a failure names more freedom; whether anything was left to."""
    # What no line names need not be at one version on all targets, as each has its own pip; a pin
    # that only this would move can stay.
    apart = failure.tied() - {demand.name for demand in search.demands} - search.world.unshared
    if apart:
        search.world.unshare(apart)
        return True
    core = _core(search, failure)
    if not core:
        return False
    for number in _choose(search, core):
        search.free(number)
    return True


def _core(search: Search, failure: Unsolvable) -> list[int]:
    """The demands in a failure's derivation that may still be given freedom, in file order."""
    roots, packages = failure.parties()
    movable = [
        number
        for number, demand in enumerate(search.demands)
        if search.freedom[number] is not Freedom.FREE
        and not demand.bound
        and (number in roots or (demand.constraint and demand.name in packages))
    ]
    pins = [number for number in movable if search.demands[number].is_pin]
    return pins or (movable if search.world.policy.relax_ranges else [])


def _choose(search: Search, core: Sequence[int]) -> Sequence[int]:
    """Which of a core's demands to free.

    Those that cannot hold even alone have to move whatever else does. Else the one whose move lets
    the rest stay and is smallest; else one that is held, and that most of the others pull in.
    """
    held = [number for number in core if search.freedom[number] is Freedom.HELD]
    hopeless = [number for number in held if search.failure_alone(number) is not None]
    if hopeless or len(core) == 1:
        return hopeless or core
    moves = [(move, n) for n in core[:MAX_TRIALS] if (move := _move(search, n)) is not None]
    if moves:
        return [min(moves)[1]]
    among = held or core
    return [max(among, key=lambda number: (_pulled_in_by(search, number, core), -number))]


def _move(search: Search, number: int) -> tuple[int, ...] | None:
    """How far a pin would move if it alone were freed further; None where that does not help."""
    demand = search.demands[number]
    further = Freedom(search.freedom[number] + 1)
    found = search.trial({number: search.mask_with(number, further)})
    if found is None:
        return None
    asked, got = search.asked_index(number), found.version_for(demand)
    if asked is None or got is None:
        return (0,)
    versions = search.facts.package(demand.name).versions
    return _distance(versions[asked], versions[got])


def _distance(one: Version, other: Version) -> tuple[int, ...]:
    """How far two versions lie apart: by epoch and major version, then minor, then the rest."""
    width = max(len(one.release), len(other.release), 3)
    pairs = zip(_padded(one, width), _padded(other, width), strict=True)
    return tuple(abs(mine - theirs) for mine, theirs in pairs)


def _padded(version: Version, width: int) -> tuple[int, ...]:
    return (version.epoch, *version.release, *(0,) * (width - len(version.release)))


def _pulled_in_by(search: Search, number: int, core: Iterable[int]) -> int:
    name = search.demands[number].name
    return sum(name in _direct_names(search, other) for other in core if other != number)


def _direct_names(search: Search, number: int) -> set[NormalizedName]:
    demand = search.demands[number]
    index = search.asked_index(number)
    if index is None:
        return set()
    return {
        dependency.name
        for target in demand.targets
        for dependency in search.facts.dependencies(demand.name, target, index)
    }


def _forbid_ancient(search: Search, found: Found) -> bool:
    """Forbid what lies far below what was asked for or is current; whether anything does."""
    forbidden = False
    for node, current in ancient_in(search, found):
        # Beside what was forbidden before: each round forbids more, so the rounds end.
        search.world.judge.limit(node.name, f"ancient {current}", not_far_below(current))
        forbidden = True
    return forbidden
