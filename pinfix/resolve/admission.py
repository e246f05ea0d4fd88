"""What counts only where a specifier names it: pre-releases (PEP 440), yanked releases (PEP 592).

The same holds for an old source distribution behind newer ones that need a compiler. A search lets
such a version in once anything that it looks at names it; a solution that holds one has to hold
who names it too, or pip, and the next run, would not take it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from pinfix.index.requires_dist import names_one_version
from pinfix.resolve import rejection as why
from pinfix.resolve.asked import Asked
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from pinfix.resolve.found import Found
    from pinfix.resolve.node import Node
    from pinfix.resolve.rejection import Rejection
    from pinfix.resolve.search import Search


class Unnamed(NamedTuple):
    """A node whose version nothing in its solution names, and why it is then no candidate."""

    node: Node
    version: int
    rejection: Rejection


def unnamed(search: Search, found: Found) -> Iterator[Unnamed]:
    """What stands in a solution because something named it that is not in the solution."""
    for node, index in found.pins.items():
        if node.extra or node.is_shared:
            continue
        rejection = _against_unnamed(search, found, node, index)
        if rejection is not None:
            yield Unnamed(node, index, rejection)


def _against_unnamed(search: Search, found: Found, node: Node, index: int) -> Rejection | None:
    """What speaks against a version that has to be named, and is not; None for any other."""
    judge = search.world.judge
    if search.world.shuts_out(node.name, index) and not _is_named(
        search, found, node, _names_prereleases
    ):
        return why.PreRelease()
    if not judge.is_named(node.name, index) or _is_named(search, found, node, names_one_version):
        return None
    yanked = judge.yanked(node.name, node.target, index)
    # Only now, as it may read source distributions.
    return yanked or judge.behind_compiled(node.name, node.target, index)


def _names_prereleases(specifier: SpecifierSet) -> bool:
    return bool(specifier.prereleases)


def _is_named(
    search: Search, found: Found, node: Node, names: Callable[[SpecifierSet], bool]
) -> bool:
    """Whether the user, or what requires a package in a solution, names its version."""
    package, index = search.facts.package(node.name), found.pins[node]
    specifiers = chain(
        (
            demand.specifier
            for demand in search.demands_for(node.name)
            if node.target in demand.targets
        ),
        (dependency.specifier for _, dependency in Asked(search, found).requirements_on(node)),
    )
    return any(
        names(specifier) and package.matching(specifier) >> index & 1 for specifier in specifiers
    )


def waits_to_be_named(search: Search, number: int, mask: int) -> bool:
    """Whether a demand has only versions left that nothing has named yet."""
    demand = search.demands[number]
    package = search.facts.package(demand.name)
    return any(
        search.world.choose(demand.name, target, mask) is None
        and any(
            package.prereleases >> index & 1
            or isinstance(search.world.judge.known(demand.name, target, index), why.Yanked)
            for index in indexes(mask & package.everything)
        )
        for target in demand.targets
    )
