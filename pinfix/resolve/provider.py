"""The bridge to ``nab_resolver``: nodes, and the answers its search asks for.

A node is a package on one target, or one of its extras there. With several targets each package
has more nodes, each for the version that some of them, or all, share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from weakref import proxy

from nab_resolver.resolver import BaseProvider, Resolver
from nab_resolver.types import Incompatibility, IncompatibilityCause, RangeProtocol, Term

from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.found import Answer, Found, Way
from pinfix.resolve.node import Node, shared_node
from pinfix.resolve.version_set import VersionSet

if TYPE_CHECKING:
    from nab_resolver.types import RootRequirement
    from packaging.utils import NormalizedName

    from pinfix.resolve.world import World

# For a version of a node, the versions (masks) of others of which one has to stand beside it.
Conditions: TypeAlias = "Mapping[tuple[Node, int], Mapping[Node, int]]"
CONDITION: Final = "condition"
# So many conflicts bring a node forward by a step; more than so many steps tell nodes apart no better.
CONFLICTS_PER_STEP: Final = 3
MAX_STEPS: Final = 3
# What is known at this level of the solver's decisions rests on none but that to answer at all.
ROOT_LEVEL: Final = 1
_NONE: Final[Conditions] = MappingProxyType({})
# Far above what any real file took (the largest measured: some 20,000).
MAX_ROUNDS: Final = 100_000


def solve(
    world: World,
    roots: Sequence[RootRequirement[Node, int]],
    conflicts: dict[Node, int] | None = None,
    conditions: Conditions = _NONE,
) -> Found:
    """One version for every node that the roots pull in.

    ``conflicts`` says how often a node was in conflict in searches before, which settle such nodes
    first, and is brought up to date: of many questions about one file, most meet the same conflicts.
    ``conditions`` are versions that may stand only beside one of those given for each.
    Raises ``nab_resolver.errors.ResolutionError``, with the derivation, where there is none.
    """
    known = conflicts if conflicts is not None else {}
    provider = Provider(world, dict(known), conditions)
    resolver: Resolver[Node, int] = Resolver(
        provider,
        max_iterations=MAX_ROUNDS,
        range_type=VersionSet,
        root_version=0,
    )
    provider.follow(resolver)
    try:
        solution = resolver.solve(roots)
        return Found(solution.pins, solution.edges, provider.way(roots))
    finally:
        for node, count in resolver.stats.package_conflict_counts.items():
            known[node] = max(known.get(node, 0), count)


class Provider(BaseProvider[Node, int]):
    """Answers one search. Versions are indexes (see ``version_set``)."""

    _resolver: Resolver[Node, int]

    def __init__(self, world: World, conflicts: Mapping[Node, int], conditions: Conditions) -> None:
        """``conflicts`` and ``conditions`` are as for ``solve``."""
        self._conflicts = conflicts
        self._conditions = conditions
        self._world = world
        self._targets = range(len(world.facts.targets))
        self._several = len(self._targets) > 1
        self._everything: dict[NormalizedName, int] = {}
        self._clauses: list[Incompatibility[Node, int]] = []
        self._stated: set[tuple[Node, int]] = set()
        self._answers: dict[tuple[Node, int], int | None] = {}
        self._straight = True

    def follow(self, resolver: Resolver[Node, int]) -> None:
        """Take note of who asks, to see there what was derived so far.

        Not for good: each would keep the other, and what a search took would be freed late.
        """
        self._resolver = proxy(resolver)

    def way(self, roots: Sequence[RootRequirement[Node, int]]) -> Way:
        """What led to the solution of the search that these roots were the question of."""
        answers = [Answer(*question, chosen) for question, chosen in self._answers.items()]
        return Way(roots, self._conflicts, answers, self._straight)

    def choose_version(self, package: Node, version_range: RangeProtocol[int]) -> int | None:
        """The first version in the range, in the world's order, that may stand at all.

        What the versions before it require is said in clauses. To settle each of them first, and
        meet the conflict then, would have the solver settle again all that it has settled so far.
        Where the reason is only what was settled before, the solver has to meet it: how often it
        does tells it what to settle first.
        """
        bits = _bits(version_range)
        chosen = self._first(package, bits)
        while chosen is not None and (clash := self._clash(package, chosen)) is not None:
            self._clauses.append(clash)
            bits &= ~(1 << chosen)
            chosen = self._first(package, bits)
        if chosen is not None and (package, chosen) not in self._stated:
            self._stated.add((package, chosen))
            beside = self._ties(package, chosen) + self._exclusions(package, chosen)
            beside += self._condition(package, chosen)
            if beside:
                self._clauses += beside
                self._straight = False
        return chosen

    def has_satisfying_version(self, package: Node, version_range: RangeProtocol[int]) -> bool:
        """Whether there is any."""
        return self._first(package, _bits(version_range)) is not None

    def get_dependencies(self, package: Node, version: int) -> Mapping[Node, VersionSet]:
        """What the version pulls in, each with the versions that will do."""
        key = (package, version)
        known = self._world.pulled_in.get(key)
        if known is None:
            known = self._world.pulled_in[key] = self._find_dependencies(package, version)
        return known

    def prioritize(
        self,
        package: Node,
        version_range: RangeProtocol[int],
        conflict_counts: Mapping[Node, int],
        culprit_counts: Mapping[Node, int] | None = None,
    ) -> Any:
        """What is settled first: shared versions, then what was given up most, then the least choice.

        What it was given up for does not count: it is settled by then, and to have all of that first
        as well leaves what conflicts behind it.
        """
        del culprit_counts
        if package.is_shared:
            return (0, 0, 0)
        everything = self._everything.get(package.name)
        if everything is None:
            everything = self._world.facts.package(package.name).everything
            self._everything[package.name] = everything
        left = _bits(version_range) & everything
        choice = 2 if left & (left - 1) else min(left, 1)
        conflicts = max(conflict_counts.get(package, 0), self._conflicts.get(package, 0))
        return (1, -min(conflicts // CONFLICTS_PER_STEP, MAX_STEPS), choice)

    def widen_decision(self, package: Node, version: int) -> None:
        """Dependency clauses speak of one version each."""
        del package, version

    def consume_pending_clauses(self) -> list[Incompatibility[Node, int]]:
        """The clauses that the last choice called for, or rests on."""
        clauses, self._clauses = self._clauses, []
        return clauses

    def _first(self, package: Node, bits: int) -> int | None:
        if package.is_shared:
            left = bits & self._world.facts.package(package.name).everything
            chosen = (left & -left).bit_length() - 1 if left else None
        else:
            chosen = self._world.choose(package.name, package.target, bits)
        if self._answers.setdefault((package, bits), chosen) != chosen:
            self._straight = False
        return chosen

    def _clash(self, package: Node, version: int) -> Incompatibility[Node, int] | None:
        """Why a version cannot stand, whatever is settled; None where it may.

        That is its first dependency that is ruled out, or that asks for one version alone which
        cannot be had.
        """
        for dependency, wanted in self.get_dependencies(package, version).items():
            if dependency == package:
                continue  # a clause has one term for each node: the solver sees to this one
            left = _left_for_good(self._resolver, dependency)
            if left is not None and not left & wanted.bits:
                return _requires(package, version, dependency, wanted)
            if self._cannot_be_had(dependency, wanted.bits):
                self._straight = False  # another world may have it
                requires = _requires(package, version, dependency, wanted)
                nothing = Incompatibility(
                    [Term(dependency, wanted)], IncompatibilityCause.NO_VERSIONS
                )
                itself = Term(package, VersionSet.singleton(version))
                return Incompatibility([itself], IncompatibilityCause.DERIVED, requires, nothing)
        return None

    def _cannot_be_had(self, node: Node, bits: int) -> bool:
        """Whether this is one version, and known to be out; of more than one the world is asked later."""
        if node.is_shared or not bits or bits & (bits - 1):
            return False
        return self._world.is_out(node.name, node.target, bits.bit_length() - 1)

    def _find_dependencies(self, node: Node, version: int) -> dict[Node, VersionSet]:
        found: dict[Node, VersionSet] = {}
        if node.is_shared:
            return found
        exactly = VersionSet.singleton(version)
        if node.extra != NO_EXTRA:
            found[node._replace(extra=NO_EXTRA)] = exactly
        elif self._several:
            sharing = self._world.sharing(node.name, node.target)
            if len(sharing) > 1:
                found[shared_node(node.name, sharing)] = exactly
        for dependency in self._world.dependencies(node.name, node.target, version, node.extra):
            package = self._world.facts.package(dependency.name)
            wanted = VersionSet(package.matching(dependency.specifier))
            for extra in (NO_EXTRA, *sorted(dependency.extras)):
                needed = Node(dependency.name, extra, node.target)
                found[needed] = found[needed] & wanted if needed in found else wanted
        return found

    def _ties(self, node: Node, version: int) -> list[Incompatibility[Node, int]]:
        """The shared version settled: the package has it on every sharing target that needs it."""
        if not node.is_shared:
            return []
        exactly = VersionSet.singleton(version)
        return [
            _clause(Term(node, exactly), Term(Node(node.name, NO_EXTRA, target), ~exactly))
            for target in self._world.sharing(node.name, -1 - node.target)
        ]

    def _condition(self, node: Node, version: int) -> list[Incompatibility[Node, int]]:
        others = self._conditions.get((node, version))
        if others is None:
            return []
        terms = [Term(other, VersionSet(mask), positive=False) for other, mask in others.items()]
        exactly = Term(node, VersionSet.singleton(version))
        # The origin tells it from what the metadata requires.
        return [_clause(exactly, *terms, origin=CONDITION)]

    def _exclusions(self, node: Node, version: int) -> list[Incompatibility[Node, int]]:
        if node.is_shared or node.extra != NO_EXTRA:
            return []
        return [
            _clause(
                Term(node, VersionSet(exclusion.own_mask)),
                Term(Node(exclusion.name, NO_EXTRA, node.target), VersionSet(exclusion.mask)),
                origin=exclusion.cap.rule,
            )
            for exclusion in self._world.exclusions(node.name, node.target, version)
        ]


def _clause(*terms: Term[Node, int], origin: Any = None) -> Incompatibility[Node, int]:
    # To the resolver, a dependency whose second term is positive is one that forbids it.
    return Incompatibility(list(terms), IncompatibilityCause.DEPENDENCY, origin=origin)


def _requires(
    package: Node, version: int, dependency: Node, wanted: VersionSet
) -> Incompatibility[Node, int]:
    itself = Term(package, VersionSet.singleton(version))
    return _clause(itself, Term(dependency, wanted, positive=False))


def _left_for_good(resolver: Resolver[Node, int], node: Node) -> int | None:
    """The versions (a mask) of a node that are left whatever is settled; None where nothing is known.

    Only what is known lets the solver draw a conclusion from a clause.
    """
    last = None
    for assignment in resolver.solution.assignments_for(node):
        if assignment.decision_level > ROOT_LEVEL:
            break
        last = assignment
    if last is None:
        return None
    left = -1 if last.cum_positive is None else _bits(last.cum_positive)
    return left if last.cum_negative is None else left & ~_bits(last.cum_negative)


def _bits(version_range: RangeProtocol[int]) -> int:
    assert isinstance(version_range, VersionSet)
    return version_range.bits
