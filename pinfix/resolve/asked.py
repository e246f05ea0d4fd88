"""What a solution asks of each package in it: by what it requires, by rules, by the user's lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.requires_dist import Dependency
    from pinfix.resolve.found import Found
    from pinfix.resolve.node import Node
    from pinfix.resolve.search import Search
    from pinfix.resolve.world import Exclusion


class Asked:
    """What one solution asks. Nothing is worked out before somebody wants to know it."""

    def __init__(self, search: Search, found: Found) -> None:
        self._search = search
        self._found = found
        self._dependencies: dict[Node, dict[NormalizedName, list[Dependency]]] = {}

    def leaves(self, node: Node) -> int:
        """The versions (a mask) of a package that all the rest leaves of it."""
        search = self._search
        package = search.facts.package(node.name)
        mask = package.everything
        for number, demand in enumerate(search.demands):
            if (
                demand.name == node.name
                and node.target in demand.targets
                and search.is_held(number)
            ):
                mask &= package.matching(demand.specifier)
        for _parent, dependency in self.requirements_on(node):
            mask &= package.matching(dependency.specifier)
        for exclusion in self.exclusions_of(node):
            mask &= ~exclusion.mask
        return mask & search.world.judge.left_by_rules(node.name, node.target)

    def requirements_on(self, node: Node) -> Iterator[tuple[Node, Dependency]]:
        """What the other packages require of one, each with who does."""
        for parent in self._found.parents.get(node, ()):
            if parent.name != node.name:
                for dependency in self._required_by(parent).get(node.name, ()):
                    yield parent, dependency

    def _required_by(self, parent: Node) -> Mapping[NormalizedName, Sequence[Dependency]]:
        """What one node requires, by name."""
        known = self._dependencies.get(parent)
        if known is None:
            known = self._dependencies[parent] = {}
            for dependency in self._search.facts.dependencies(
                parent.name, parent.target, self._found.pins[parent], parent.extra
            ):
                known.setdefault(dependency.name, []).append(dependency)
        return known

    def exclusions_of(self, node: Node) -> Sequence[Exclusion]:
        """What rules exclude of a package beside the others."""
        return self._exclusions.get((node.name, node.target), ())

    @cached_property
    def _exclusions(self) -> Mapping[tuple[NormalizedName, int], list[Exclusion]]:
        exclusions: dict[tuple[NormalizedName, int], list[Exclusion]] = {}
        for other, index in self._found.pins.items():
            if not other.extra:
                for exclusion in self._search.world.exclusions(other.name, other.target, index):
                    exclusions.setdefault((exclusion.name, other.target), []).append(exclusion)
        return exclusions
