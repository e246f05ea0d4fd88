"""A solution, and the way to it: what the solver was asked, and what it was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from pinfix.records import record
from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.node import Node

if TYPE_CHECKING:
    from nab_resolver.types import RootRequirement

    from pinfix.resolve.demand import Demand


class Answer(NamedTuple):
    """The version that a world chose of a node among those in ``mask``; None for none."""

    node: Node
    mask: int
    chosen: int | None


@record
class Way:
    """All that a solver's way depends on: it is the same wherever all of this is.

    ``answers`` are in the order in which they were first given; what a chosen version requires
    belongs to them. ``conflicts`` are those of searches before. Where not ``straight``, more than
    that led the solver: a question was answered twice in two ways, or clauses stood beside.
    """

    roots: Sequence[RootRequirement[Node, int]]
    conflicts: Mapping[Node, int]
    answers: Sequence[Answer]
    straight: bool


class Found:
    """A solution: the version index of each node, who pulls in whom, and how it was found."""

    def __init__(
        self, pins: Mapping[Node, int], edges: Sequence[tuple[Node, Node]], way: Way
    ) -> None:
        self.pins = pins
        self.edges = edges
        self.way = way

    @cached_property
    def parents(self) -> Mapping[Node, Sequence[Node]]:
        """Who pulls in each node; itself among them where it is an extra's."""
        parents: dict[Node, list[Node]] = {}
        for parent, child in self.edges:
            parents.setdefault(child, []).append(parent)
        return parents

    def version_for(self, demand: Demand) -> int | None:
        """The version a demand got, as an index; None where nothing needs its package."""
        for target in demand.targets:
            index = self.pins.get(Node(demand.name, NO_EXTRA, target))
            if index is not None:
                return index
        return None
