"""One version per package, with as few pins moved as can be: core-guided relaxation.

Every pin starts as a hard root requirement. Where that has no solution, the pins in the conflict's
own derivation are its core; one of them is softened, and the search runs again. What is left at
the end is minimal by trial (see ``minimal``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from nab_resolver.errors import ResolutionError, ResolutionTerminatedError
from nab_resolver.types import RootRequirement
from packaging.specifiers import SpecifierSet

from pinfix.resolve import rejection as why
from pinfix.resolve.ancient import is_ancient, newest_current, not_far_below
from pinfix.resolve.facts import NO_EXTRA, Candidate
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.provider import SHARED, Node, solve
from pinfix.resolve.version_set import VersionSet
from pinfix.resolve.world import Exclusion, WheelWorld

if TYPE_CHECKING:
    from nab_resolver.resolver import Solution
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pinfix.resolve.demand import Demand
    from pinfix.resolve.facts import Dependency, PackageFacts

# A core larger than this is not tried pin by pin: the trials would cost more than they save.
MAX_TRIALS: Final = 8


@dataclass(frozen=True, slots=True)
class Found:
    """A solution: the version index of each node, and who pulls in whom."""

    pins: Mapping[Node, int]
    edges: tuple[tuple[Node, Node], ...]

    def version_for(self, demand: Demand) -> int | None:
        """The version a demand got, as an index; None where nothing needs its package."""
        for target in demand.targets:
            index = self.pins.get(Node(demand.name, NO_EXTRA, target))
            if index is not None:
                return index
        return None


class Search:
    """The state of one search: which demands are softened, and which limits are set."""

    def __init__(self, world: WheelWorld, demands: Sequence[Demand]) -> None:
        self.world = world
        self.facts = world.facts
        self.demands = tuple(demands)
        self.soft: set[int] = set()
        self._alone: dict[int, bool] = {}
        world.unshared = _asked_apart(self.demands)
        for number, demand in enumerate(self.demands):
            world.ask(demand.name, demand.specifier)
            if demand.constraint:
                self.hold(number)

    # -- the relaxation --------------------------------------------------------------------

    def run(self) -> Found:
        """Find a solution, softening pins as conflicts name them.

        Raises Unsolvable where no pin is left to soften, or the search does not end.
        """
        for number, demand in enumerate(self.demands):
            if demand.is_pin and not self.can_stay(demand):
                self.soften(number)
        found = self._relax()
        # Every round forbids what is too old in the last solution, so the rounds end.
        while self._forbid_ancient(found):
            found = self._relax()
        return found

    def _relax(self) -> Found:
        while True:
            try:
                return self.attempt()
            except Unsolvable as failure:  # noqa: PERF203 - each round is a search of its own
                self._soften_one_of(failure)

    def _soften_one_of(self, failure: Unsolvable) -> None:
        core = self._core(failure)
        if not core:
            raise failure
        for number in self._choose(core):
            self.soften(number)

    def attempt(
        self, overrides: Mapping[int, int] | None = None, *, soft: int | None = None
    ) -> Found:
        """One solve. ``overrides`` gives demands another mask; ``soft`` softens one for this time."""
        roots = self.roots({} if overrides is None else overrides, soft)
        try:
            solution = solve(self.world, roots)
        except ResolutionTerminatedError as error:
            raise Unsolvable(error.incompatibility, complete=False) from None
        except ResolutionError as error:
            raise Unsolvable(error.incompatibility) from None
        return _found(solution)

    def roots(
        self, overrides: Mapping[int, int], soft: int | None = None
    ) -> list[RootRequirement[Node, int]]:
        """The root requirements, each with the number of its demand as origin."""
        roots: list[RootRequirement[Node, int]] = []
        for number, demand in enumerate(self.demands):
            if demand.constraint:
                continue
            mask = overrides.get(number)
            if mask is None:
                mask = self.soft_mask(demand) if number == soft else self.mask(number)
            roots += _root_requirements(number, demand, mask)
        return roots

    def without_rules(self) -> Search:
        """The same question in a world without rules, for comparison."""
        world = WheelWorld(self.facts, self.world.policy, external=self.world.external)
        return Search(world, self.demands)

    # -- pins ------------------------------------------------------------------------------

    def mask(self, number: int) -> int:
        """The versions a demand leaves now."""
        demand = self.demands[number]
        if number in self.soft:
            return self.soft_mask(demand)
        return self.facts.package(demand.name).matching(demand.specifier)

    def soft_mask(self, demand: Demand) -> int:
        """The versions a softened demand leaves: all, or those not above it (``--no-upgrade``)."""
        package = self.facts.package(demand.name)
        if not self.world.policy.no_upgrade or demand.version is None:
            return package.everything
        return package.matching(SpecifierSet(f"<={demand.version.public}"))

    def soften(self, number: int) -> None:
        """Let a demand move; never far below what it asked for."""
        demand = self.demands[number]
        self.soft.add(number)
        if demand.constraint:
            self.world.lift(demand.name, demand.origin)
        asked = self.asked_index(demand)
        if asked is None:
            return
        if self.world.policy.prefer == "nearest":
            self.world.prefer_near(demand.name, asked)
        if any(file is not None and not file.is_wheel for _, file in self._asked_files(demand)):
            self.world.fall_back_to(demand.name, asked)
        if demand.name not in self.world.policy.allow_ancient:
            self.world.limit(demand.name, f"ancient {demand.origin}", not_far_below(asked))

    def asked_index(self, demand: Demand) -> int | None:
        """The newest version a demand's specifier holds for; None where the index has none."""
        mask = self.facts.package(demand.name).matching(demand.specifier)
        return (mask & -mask).bit_length() - 1 if mask else None

    def can_stay(self, demand: Demand) -> bool:
        """Whether a pin's own version can be installed on all its targets.

        One that has only an sdist can where the package has no wheel at all, or nothing else serves.
        """
        return all(
            file is not None and (file.is_wheel or not self.world.has_wheel(demand.name, target))
            for target, file in self._asked_files(demand)
        )

    def can_come_back(self, demand: Demand, found: Found) -> bool:
        """Whether a moved pin may be tried at its own version again.

        An sdist may where the solution has come to an sdist too: then no wheel served.
        """
        node = next(
            (node for node in found.pins if node.name == demand.name and not node.extra), None
        )
        if node is None or node.target == SHARED:
            return self.can_stay(demand)
        now = self.facts.package(demand.name).verdict(node.target, found.pins[node])
        settled = isinstance(now, Candidate) and now.is_wheel
        return all(
            file is not None and (file.is_wheel or not settled)
            for _target, file in self._asked_files(demand)
        )

    def _asked_files(self, demand: Demand) -> Iterator[tuple[int, Candidate | None]]:
        """The file of a pin's own version on each of its targets; None where there is none."""
        package = self.facts.package(demand.name)
        for target in demand.targets:
            index = self.world.choose(demand.name, target, package.matching(demand.specifier))
            verdict = None if index is None else package.verdict(target, index)
            yield target, verdict if isinstance(verdict, Candidate) else None

    def hold(self, number: int) -> None:
        """Make a constraint hold: it limits its package, wherever that comes from."""
        demand = self.demands[number]
        path, _, line = demand.origin.rpartition(":")
        refusal = why.Constrained(path, int(line), str(demand))

        def limit(package: PackageFacts, target: int, index: int) -> why.Rejection | None:
            held = target not in demand.targets or package.matching(demand.specifier) >> index & 1
            return None if held else refusal

        self.world.limit(demand.name, demand.origin, limit)

    # -- which pin of a core ---------------------------------------------------------------

    def _core(self, failure: Unsolvable) -> list[int]:
        """The demands in a failure's derivation that may still be softened, in file order."""
        roots, packages = failure.parties()
        pins = [
            number
            for number, demand in enumerate(self.demands)
            if number not in self.soft
            and (number in roots or (demand.constraint and demand.name in packages))
        ]
        hard = [number for number in pins if self.demands[number].is_pin]
        return hard or (pins if self.world.policy.relax_ranges else [])

    def _choose(self, core: Sequence[int]) -> Sequence[int]:
        """Which of a core's demands to soften.

        Those that cannot hold even alone have to move whatever else does. Else the one whose move
        lets the rest stay and is smallest; else the one that most of the others pull in.
        """
        hopeless = [number for number in core if not self.holds_alone(number)]
        if hopeless or len(core) == 1:
            return hopeless or core
        moves = [(move, number) for number in core[:MAX_TRIALS] if (move := self._move(number))]
        if moves:
            return [min(moves)[1]]
        return [max(core, key=lambda number: (self._pulled_in_by(number, core), -number))]

    def holds_alone(self, number: int) -> bool:
        """Whether a pin's own closure can be installed, nothing else required."""
        known = self._alone.get(number)
        if known is None:
            known = self._alone[number] = self.failure_alone(number) is None
        return known

    def failure_alone(self, number: int) -> Unsolvable | None:
        """Why a pin's own closure cannot be installed; None where it can."""
        demand = self.demands[number]
        if demand.constraint:
            return None
        mask = self.facts.package(demand.name).matching(demand.specifier)
        try:
            solve(self.world, _root_requirements(number, demand, mask))
        except ResolutionError as error:
            return Unsolvable(error.incompatibility)
        return None

    def _move(self, number: int) -> tuple[int, ...] | None:
        """How far a pin would move if it alone were softened; None where that does not help."""
        demand = self.demands[number]
        try:
            found = self.attempt(soft=number)
        except Unsolvable:
            return None
        asked, got = self.asked_index(demand), found.version_for(demand)
        if asked is None or got is None:
            return (0,)
        versions = self.facts.package(demand.name).versions
        return _distance(versions[asked], versions[got])

    def _pulled_in_by(self, number: int, core: Iterable[int]) -> int:
        name = self.demands[number].name
        return sum(name in self._direct_names(other) for other in core if other != number)

    def _direct_names(self, number: int) -> set[NormalizedName]:
        demand = self.demands[number]
        index = self.asked_index(demand)
        if index is None:
            return set()
        return {
            dependency.name
            for target in demand.targets
            for dependency in self.facts.dependencies(demand.name, target, index)
        }

    # -- too old ---------------------------------------------------------------------------

    def _forbid_ancient(self, found: Found) -> bool:
        """Forbid what lies far below what was asked for or is current; whether anything does.

        A pin has its own bound from when it was softened, so this is about everything else.
        """
        pinned = {demand.name for demand in self.demands if demand.is_pin and not demand.constraint}
        forbidden = False
        for node, index in found.pins.items():
            if node.extra or node.target == SHARED or node.name in pinned:
                continue
            if node.name in self.world.policy.allow_ancient:
                continue
            package = self.facts.package(node.name)
            current = newest_current(
                package, self.facts.targets[node.target], self.asked(node, found)
            )
            if current is not None and is_ancient(package, index, current):
                self.world.limit(node.name, "ancient", not_far_below(current))
                forbidden = True
        return forbidden

    def asked(self, node: Node, found: Found) -> int:
        """The versions of a package that everything in a solution leaves of it, rules included."""
        package = self.facts.package(node.name)
        mask = package.everything
        for number, demand in enumerate(self.demands):
            if (
                demand.name == node.name
                and node.target in demand.targets
                and number not in self.soft
            ):
                mask &= package.matching(demand.specifier)
        for _parent, dependency in self.requirements_on(node, found):
            mask &= package.matching(dependency.specifier)
        for exclusion in self.exclusions_of(node, found):
            mask &= ~exclusion.mask
        return mask & self.world.left_by_rules(node.name, node.target)

    def exclusions_of(self, node: Node, found: Found) -> Iterator[Exclusion]:
        """What rules exclude of a package beside the others of a solution."""
        for other, index in found.pins.items():
            if other.target == node.target and not other.extra:
                for exclusion in self.world.exclusions(other.name, other.target, index):
                    if exclusion.name == node.name:
                        yield exclusion

    def requirements_on(self, node: Node, found: Found) -> Iterable[tuple[Node, Dependency]]:
        """What the packages of a solution require of one of them, each with who does."""
        for parent, child in found.edges:
            if child == node and parent.name != node.name:
                for dependency in self.facts.dependencies(
                    parent.name, parent.target, found.pins[parent], parent.extra
                ):
                    if dependency.name == node.name:
                        yield parent, dependency


def _root_requirements(number: int, demand: Demand, mask: int) -> list[RootRequirement[Node, int]]:
    versions = VersionSet(mask)
    return [
        RootRequirement(Node(demand.name, extra, target), versions, number)
        for target in demand.targets
        for extra in (NO_EXTRA, *sorted(demand.extras))
    ]


def _asked_apart(demands: Iterable[Demand]) -> frozenset[NormalizedName]:
    """The packages that different lines ask for on different targets: each may differ there."""
    targets: dict[NormalizedName, set[tuple[int, ...]]] = {}
    for demand in demands:
        if not demand.constraint:
            targets.setdefault(demand.name, set()).add(demand.targets)
    return frozenset(name for name, sets in targets.items() if len(sets) > 1)


def _found(solution: Solution[Node, int]) -> Found:
    return Found(solution.pins, solution.edges)


def _distance(one: Version, other: Version) -> tuple[int, ...]:
    """How far two versions lie apart: by epoch and major version, then minor, then the rest."""
    width = max(len(one.release), len(other.release), 3)
    pairs = zip(_padded(one, width), _padded(other, width), strict=True)
    return tuple(abs(mine - theirs) for mine, theirs in pairs)


def _padded(version: Version, width: int) -> tuple[int, ...]:
    return (version.epoch, *version.release, *(0,) * (width - len(version.release)))
