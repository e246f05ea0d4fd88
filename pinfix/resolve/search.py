"""The state of one search: what is asked, which pins may move how far, and one attempt to solve it.

``relaxation`` decides which pins move, ``minimal`` takes back what need not have moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from nab_resolver.errors import ResolutionError, ResolutionTerminatedError
from nab_resolver.types import RootRequirement

from pinfix.errors import to_keep
from pinfix.index.requires_dist import specifier_set
from pinfix.resolve import rejection as why
from pinfix.resolve.admission import unnamed, waits_to_be_named
from pinfix.resolve.ancient import not_far_below
from pinfix.resolve.facts import NO_EXTRA, Candidate
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.found import Found
from pinfix.resolve.node import Node
from pinfix.resolve.provider import solve
from pinfix.resolve.refuted import Refuted
from pinfix.resolve.version_set import VersionSet, indexes
from pinfix.resolve.world import WheelWorld

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.resolve.demand import Demand
    from pinfix.resolve.facts import PackageFacts


ALL_VERSIONS: Final = -1
# Names the limit on what nothing in a solution names.
_UNNAMED: Final = "unnamed"


class Freedom(IntEnum):
    """How far a demand may move: not at all, to newer versions, to any that is not ancient."""

    HELD = 0
    UP = 1
    FREE = 2


class Search:
    """What is asked, and what was decided about it so far. Demands are known by their number."""

    def __init__(self, world: WheelWorld, demands: Sequence[Demand]) -> None:
        self.world = world
        self.facts = world.facts
        self.demands = tuple(demands)
        self.freedom = [Freedom.HELD] * len(self.demands)
        self._alone: dict[int, Unsolvable | None] = {}
        self._refuted = Refuted()
        self._learnt: set[frozenset[int]] = set()
        self._conflicts: dict[Node, int] = {}
        # The last solution, and the question that it answers.
        self._last: tuple[Mapping[int, int], int, Found] | None = None
        world.groups = _asked_apart(self.demands, range(len(self.facts.targets)))
        self._demands_for: dict[NormalizedName, list[Demand]] = {}
        for number, demand in enumerate(self.demands):
            self._demands_for.setdefault(demand.name, []).append(demand)
            world.ask(demand.name, demand.specifier)
            if demand.constraint:
                self.hold(number)

    # -- solving ---------------------------------------------------------------------------

    def attempt(self, overrides: Mapping[int, int] | None = None) -> Found:
        """One solve; ``overrides`` gives demands another mask than they have now.

        Raises Unsolvable.
        """
        return self._attempt(self._masks(overrides or {}))

    def trial(self, overrides: Mapping[int, int]) -> Found | None:
        """As ``attempt``; None without a solution, which a failure before may show at once."""
        masks = self._masks(overrides)
        if self._refuted.covers(masks, self.world.admitted):
            return None
        try:
            return self._attempt(masks)
        except Unsolvable:
            return None

    def roots(self, overrides: Mapping[int, int]) -> list[RootRequirement[Node, int]]:
        """The root requirements, each with the number of its demand as origin."""
        return self._roots(self._masks(overrides))

    def _roots(self, masks: Mapping[int, int]) -> list[RootRequirement[Node, int]]:
        return [
            root
            for number, mask in masks.items()
            for root in _root_requirements(number, self.demands[number], mask)
        ]

    def _masks(self, overrides: Mapping[int, int]) -> dict[int, int]:
        """The versions that each demand leaves, by its number; a constraint limits its package."""
        return {
            number: self.mask(number) if (mask := overrides.get(number)) is None else mask
            for number, demand in enumerate(self.demands)
            if not demand.constraint
        }

    def _attempt(self, masks: Mapping[int, int]) -> Found:
        # The trial that decided which pin moves asked just what is asked once it may.
        if self._last is not None and self._last[:2] == (masks, self.world.admitted):
            found = self._last[2]
            if self._still_holds(found):
                return found
        admitted = self.world.admitted
        try:
            found = self._solve(self._roots(masks))
        except Unsolvable as failure:
            if self._learns_from_others(masks):
                return self._attempt(masks)
            self._refuted.note(masks, failure, self.world.admitted)
            raise
        self._last = masks, admitted, found
        return found

    def _still_holds(self, found: Found) -> bool:
        """Whether nothing in a solution was forbidden since it was found."""
        return all(
            node.is_shared
            or isinstance(self.world.judge.verdict(node.name, node.target, index), Candidate)
            for node, index in found.pins.items()
        )

    def _learns_from_others(self, masks: Mapping[int, int]) -> bool:
        """Whether a search without what has only versions that nobody names yet finds who names them."""
        shut_out = frozenset(
            number for number, mask in masks.items() if waits_to_be_named(self, number, mask)
        )
        if not shut_out or shut_out in self._learnt:
            return False
        self._learnt.add(shut_out)
        admitted = self.world.admitted
        others = {number: mask for number, mask in masks.items() if number not in shut_out}
        with suppress(Unsolvable):
            self._solve(self._roots(others))
        return self.world.admitted != admitted

    def demands_for(self, name: NormalizedName) -> Sequence[Demand]:
        """What the user asks of a package, constraints included."""
        return self._demands_for.get(name, ())

    def attempt_alone(self, number: int) -> Found:
        """One solve of a demand's own closure, nothing else required. Raises Unsolvable."""
        return self._attempt({number: self.mask(number)})

    def failure_alone(self, number: int) -> Unsolvable | None:
        """Why a pin's own closure cannot be installed, nothing else required; None where it can."""
        if number not in self._alone:
            demand = self.demands[number]
            self._alone[number] = None
            if not demand.constraint:
                try:
                    self._solve(_root_requirements(number, demand, self.asked_mask(number)))
                except Unsolvable as failure:
                    self._alone[number] = to_keep(failure)
        return self._alone[number]

    @cached_property
    def ruleless(self) -> Search:
        """The same question in a world without rules; made once, since each pin may be asked about."""
        return self.without_rules(self.demands)

    def without_rules(self, demands: Sequence[Demand]) -> Search:
        """A question in a world without rules, for comparison."""
        return Search(
            WheelWorld(self.facts, self.world.policy, external=self.world.external), demands
        )

    def _solve(self, roots: Sequence[RootRequirement[Node, int]]) -> Found:
        forbidden: dict[tuple[Node, int], why.Rejection] = {}
        try:
            return self._solve_without(forbidden, roots)
        finally:
            # In another question somebody may name what was forbidden in this one.
            for node, _ in forbidden:
                self.world.judge.lift(node.name, _UNNAMED)

    def _solve_without(
        self,
        forbidden: dict[tuple[Node, int], why.Rejection],
        roots: Sequence[RootRequirement[Node, int]],
    ) -> Found:
        """A solution that names all it holds.

        What it would hold unnamed has to stand beside what names it; where that is not there for
        another reason than to name it, it is added to ``forbidden``.
        """
        conditions: dict[tuple[Node, int], Mapping[Node, int]] = {}

        def limit(package: PackageFacts, target: int, index: int) -> why.Rejection | None:
            return forbidden.get((Node(package.name, NO_EXTRA, target), index))

        while True:
            admitted = self.world.admitted
            try:
                found = solve(self.world, roots, self._conflicts, conditions)
            except ResolutionTerminatedError as error:
                raise Unsolvable(error.incompatibility, complete=False) from None
            except ResolutionError as error:
                # A dependency met on the way may name a version outright that was out before it.
                if self.world.admitted == admitted and not self._brought_up_to_date(conditions):
                    lasting = not forbidden and not conditions
                    raise Unsolvable(error.incompatibility, lasting=lasting) from None
                continue
            refused = list(unnamed(self, found))
            if not refused:
                return found
            for node, index, rejection in refused:
                namers = self.world.namers(node, index)
                if namers != conditions.get((node, index)):
                    conditions[node, index] = namers
                else:
                    forbidden[node, index] = rejection
                    self.world.judge.limit(node.name, _UNNAMED, limit)

    def _brought_up_to_date(self, conditions: dict[tuple[Node, int], Mapping[Node, int]]) -> bool:
        """Whether more was met that names what has to be named; ``conditions`` then say so."""
        now = {key: self.world.namers(*key) for key in conditions}
        changed = now != conditions
        conditions.update(now)
        return changed

    # -- demands ---------------------------------------------------------------------------

    def mask(self, number: int) -> int:
        """The versions a demand leaves now."""
        return self.mask_with(number, self.freedom[number])

    def is_held(self, number: int) -> bool:
        """Whether a demand may not move."""
        return self.freedom[number] is Freedom.HELD

    def mask_with(self, number: int, freedom: Freedom) -> int:
        """The versions a demand leaves with so much freedom (``--no-upgrade``: none above it)."""
        demand = self.demands[number]
        package = self.facts.package(demand.name)
        if freedom is Freedom.HELD:
            return package.matching(demand.specifier) or self._public_mask(demand)
        if demand.version is None:
            return package.everything
        if self.world.policy.no_upgrade:
            return package.matching(specifier_set(f"<={demand.version.public}"))
        if freedom is Freedom.UP:
            return package.matching(specifier_set(f">={demand.version.public}"))
        return package.everything

    def _public_mask(self, demand: Demand) -> int:
        """For a local version that no index has (``2.1.0+cu118``): the version without its label."""
        if demand.version is None or demand.version.local is None:
            return 0
        package = self.facts.package(demand.name)
        return package.matching(specifier_set(f"=={demand.version.public}"))

    def asked_mask(self, number: int) -> int:
        """The versions a demand's own specifier holds for."""
        return self.mask_with(number, Freedom.HELD)

    def asked_index(self, number: int) -> int | None:
        """The newest version a demand's own specifier holds for; None where the index has none."""
        mask = self.asked_mask(number)
        return (mask & -mask).bit_length() - 1 if mask else None

    def can_stay(self, number: int) -> bool:
        """Whether a pin's own version can be installed on all its targets."""
        return self.can_be_served(number, self.asked_mask(number))

    def can_be_served(self, number: int, mask: int) -> bool:
        """Whether some version in ``mask`` can be installed on each of a demand's targets."""
        demand = self.demands[number]
        return all(
            self.world.choose(demand.name, target, mask) is not None for target in demand.targets
        )

    def open_to(self, number: int) -> int:
        """The versions that would do for a demand: for a pin any, for a range its own."""
        return ALL_VERSIONS if self.demands[number].is_pin else self.mask(number)

    def nothing_serves(self, number: int) -> bool:
        """Whether no version of what a demand asks for can be installed on its targets."""
        return not self.demands[number].constraint and not self.can_be_served(
            number, self.open_to(number)
        )

    def never_served(self, number: int) -> bool:
        """Whether it shows at a glance that nothing serves a demand, whatever a search finds."""
        demand = self.demands[number]
        held = demand.is_pin and self.freedom[number] is not Freedom.FREE
        if held or demand.constraint or self.world.policy.relax_ranges:
            return False
        mask = self.open_to(number) & self.facts.package(demand.name).everything
        return any(
            all(self.world.judge.is_out(demand.name, target, index) for index in indexes(mask))
            for target in demand.targets
        )

    def free(self, number: int) -> None:
        """Give a demand the next freedom it can use; it never moves far below what it asked for."""
        demand = self.demands[number]
        up = self.freedom[number] is Freedom.HELD and self.world.policy.prefer == "newest"
        usable = up and self.can_be_served(number, self.mask_with(number, Freedom.UP))
        self.freedom[number] = Freedom.UP if usable else Freedom.FREE
        if demand.constraint:
            self.world.judge.lift(demand.name, demand.origin)
        asked = self.asked_index(number)
        if asked is None:
            return
        if self.world.policy.prefer == "nearest":
            self.world.prefer_near(demand.name, asked)
            self._last = None
        if demand.name not in self.world.policy.allow_ancient:
            self.world.judge.limit(demand.name, f"ancient {demand.origin}", not_far_below(asked))

    def free_as(self, number: int, freedom: Freedom) -> None:
        """Give a demand that was held for a trial its freedom again."""
        self.freedom[number] = freedom
        self.world.judge.lift(self.demands[number].name, self.demands[number].origin)

    def hold(self, number: int) -> None:
        """Hold a demand to its specifier; a constraint limits its package, whoever requires it."""
        self.freedom[number] = Freedom.HELD
        demand = self.demands[number]
        if not demand.constraint:
            return
        path, _, line = demand.origin.rpartition(":")
        refusal = why.Constrained(path, int(line), str(demand))

        def limit(package: PackageFacts, target: int, index: int) -> why.Rejection | None:
            held = target not in demand.targets or package.matching(demand.specifier) >> index & 1
            return None if held else refusal

        self.world.judge.limit(demand.name, demand.origin, limit)


def _root_requirements(number: int, demand: Demand, mask: int) -> list[RootRequirement[Node, int]]:
    versions = VersionSet(mask)
    # An extra first: what it requires beside bears on which version its package can have.
    return [
        RootRequirement(Node(demand.name, extra, target), versions, number)
        for target in demand.targets
        for extra in (*sorted(demand.extras), NO_EXTRA)
    ]


def _asked_apart(
    demands: Iterable[Demand], targets: Sequence[int]
) -> dict[NormalizedName, dict[int, tuple[int, ...]]]:
    """The packages that lines ask for on some targets only, by target who shares with it.

    Targets that the same lines ask on get the same version.
    """
    asked: dict[NormalizedName, set[tuple[int, ...]]] = {}
    for demand in demands:
        if not demand.constraint:
            asked.setdefault(demand.name, set()).add(demand.targets)
    return {
        name: {target: _alike(target, sets, targets) for target in targets}
        for name, sets in asked.items()
        if sets != {tuple(targets)}
    }


def _alike(target: int, sets: Iterable[tuple[int, ...]], targets: Sequence[int]) -> tuple[int, ...]:
    """The targets that are in the same of these sets as one of them."""
    return tuple(
        other for other in targets if all((other in one) is (target in one) for one in sets)
    )
