"""Why a pin could not stay, from evidence: the facts that stand against its old version.

The facts are looked for in the order in which they explain most: a rule, the version itself, what
the version pulls in, the other pins. ``explain`` makes sentences of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from pinfix.records import record
from pinfix.resolve import rejection as why
from pinfix.resolve.asked import Asked
from pinfix.resolve.facts import Candidate
from pinfix.resolve.failure import Absent, Excluded, Pulled, Required, Unsolvable
from pinfix.resolve.minimal import fixed_pins
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.requires_dist import Dependency
    from pinfix.resolve.facts import PackageFacts
    from pinfix.resolve.found import Found
    from pinfix.resolve.node import Node
    from pinfix.resolve.rejection import Rejection
    from pinfix.resolve.search import Search
    from pinfix.rulebook.rule import Rule


@record
class NotOnIndex:
    """No index has this version (or, ``project`` True, this project at all)."""

    name: NormalizedName
    project: bool


@record
class Unfit:
    """The version itself is no candidate."""

    rejection: Rejection


@record
class Link:
    """``parent`` ("uvicorn", "uvicorn[standard]") at ``version`` requires ``requirement``."""

    parent: str
    version: str
    requirement: str


@record
class ClosureUnfit:
    """What the version pulls in has no candidate.

    ``chain`` leads from the pin to ``name``; ``rejections`` are the versions that would have been
    wanted, newest first, each with why it is none. Empty: no version is what was wanted.
    """

    chain: tuple[Link, ...]
    name: NormalizedName
    rejections: tuple[tuple[str, Rejection], ...]


@record
class RequiredOtherwise:
    """Another package of the plan requires another version: ``by`` leaves only ``by.requirement``."""

    by: Link


@record
class RequiresOtherwise:
    """The version requires another one of ``name`` than the plan's ``version``."""

    link: Link
    name: NormalizedName
    version: str


@record
class Beside:
    """A rule forbids the version beside another package of the plan."""

    rule: Rule


@record
class Together:
    """The version and these other pins cannot hold together, for a reason of several steps."""

    pins: tuple[str, ...]
    links: tuple[Link, ...]


Cause: TypeAlias = (
    NotOnIndex | Unfit | ClosureUnfit | RequiredOtherwise | RequiresOtherwise | Beside | Together
)


def cause_of(search: Search, found: Found, number: int) -> Cause:
    """Why the pin of demand ``number``, which the solution moved, could not stay."""
    return _cause_alone(search, number, found) or _conflict(search, found, number)


def cause_without_rules(search: Search, number: int) -> Cause | None:
    """Why a pin could not have stayed even if no rule had moved it; None where it could have."""
    return _cause_alone(search.ruleless, number)


def _cause_alone(search: Search, number: int, found: Found | None = None) -> Cause | None:
    """What stands against a pin by itself: its version, or what that pulls in."""
    demand = search.demands[number]
    package = search.facts.package(demand.name)
    index = search.asked_index(number)
    if index is None or not package.matching(demand.specifier):
        return NotOnIndex(demand.name, project=not package.versions)
    for target in demand.targets:
        rejected = unfit(search, target, package, index)
        if rejected is not None:
            return Unfit(rejected)
    alone = search.failure_alone(number)
    if alone is None:
        return None
    return _closure_unfit(search, alone) or _together(search, alone, number, found)


def unfit(search: Search, target: int, package: PackageFacts, index: int) -> Rejection | None:
    """Why a version itself is no candidate; None where it is one."""
    verdict = search.world.judge.verdict(package.name, target, index)
    return None if isinstance(verdict, Candidate) else verdict


def links_between(search: Search, pulled: Pulled) -> Iterable[Link]:
    """The requirement behind one fact of a derivation, in the words of the metadata."""
    package = search.facts.package(pulled.parent.name)
    for index in indexes(pulled.parents & package.everything):
        for dependency in _dependencies(search, pulled.parent, index):
            if dependency.name == pulled.child.name:
                yield Link(_label(pulled.parent), str(package.versions[index]), str(dependency))
                return


def _label(node: Node) -> str:
    return f"{node.name}[{node.extra}]" if node.extra else node.name


def rejections_in(search: Search, node: Node, mask: int) -> tuple[tuple[str, Rejection], ...]:
    """Each version in ``mask``, newest first, with why it is no candidate."""
    package = search.facts.package(node.name)
    found = []
    for index in indexes(mask & package.everything):
        verdict = search.world.judge.known(node.name, node.target, index)
        if not isinstance(verdict, Candidate):
            found.append((str(package.versions[index]), verdict))
            continue
        unnamed = search.world.unless_named(node.name, node.target, index)
        if unnamed is None and not verdict.is_wheel:
            unnamed = why.OnlySource(search.facts.targets[node.target].name)
        if unnamed is not None:
            found.append((str(package.versions[index]), unnamed))
    return tuple(found)


def _dependencies(search: Search, node: Node, index: int) -> tuple[Dependency, ...]:
    return search.facts.dependencies(node.name, node.target, index, node.extra)


def _closure_unfit(search: Search, failure: Unsolvable) -> ClosureUnfit | None:
    """The shortest way in a derivation from what is required to something without a candidate."""
    leaves = list(failure.leaves())
    absent: dict[Node, int] = {}
    for leaf in leaves:
        if isinstance(leaf, Absent):
            absent[leaf.node] = absent.get(leaf.node, 0) | leaf.mask
    pulled: dict[Node, list[Pulled]] = {}
    for leaf in leaves:
        if isinstance(leaf, Pulled):
            pulled.setdefault(leaf.parent, []).append(leaf)
    queue: list[tuple[Node, tuple[Pulled, ...]]] = [
        (leaf.node, ()) for leaf in leaves if isinstance(leaf, Required)
    ]
    seen = {node for node, _ in queue}
    for node, way in queue:
        for step in pulled.get(node, ()):
            everything = search.facts.package(step.child.name).everything
            ends = not step.wanted & everything & ~absent.get(step.child, 0)
            if ends and step.child.name != node.name:
                mask = step.wanted & absent.get(step.child, step.wanted)
                chain = tuple(
                    link
                    for part in (*way, step)
                    if part.parent.name != part.child.name
                    for link in links_between(search, part)
                )
                return ClosureUnfit(chain, step.child.name, rejections_in(search, step.child, mask))
            if step.child not in seen:
                seen.add(step.child)
                queue.append((step.child, (*way, step)))
    return None


def _conflict(search: Search, found: Found, number: int) -> Cause:
    demand = search.demands[number]
    package = search.facts.package(demand.name)
    index = search.asked_index(number) or 0
    asked = Asked(search, found)
    for node in found.pins:
        if node.name != demand.name or node.extra or node.target not in demand.targets:
            continue
        for parent, dependency in asked.requirements_on(node):
            if not package.matching(dependency.specifier) >> index & 1:
                return RequiredOtherwise(_link(search, found, parent, dependency))
        otherwise = requires_otherwise(search, found, node, index)
        if otherwise is not None:
            return otherwise
    return _put_back_failure(search, found, number, package.matching(demand.specifier))


def requires_otherwise(
    search: Search, found: Found, node: Node, index: int
) -> RequiresOtherwise | None:
    """What one version of a package requires that the plan has at another version."""
    package = search.facts.package(node.name)
    for dependency in _dependencies(search, node, index):
        other = found.pins.get(node._replace(name=dependency.name))
        theirs = search.facts.package(dependency.name)
        if other is not None and not theirs.matching(dependency.specifier) >> other & 1:
            link = Link(node.name, str(package.versions[index]), str(dependency))
            return RequiresOtherwise(link, dependency.name, str(theirs.versions[other]))
    return None


def _put_back_failure(search: Search, found: Found, number: int, mask: int) -> Cause:
    overrides = fixed_pins(search, found) | {number: mask}
    try:
        search.attempt(overrides)
    except Unsolvable as failure:
        return _together(search, failure, number, found)
    return Together((), ())


def _stands(found: Found | None, name: NormalizedName, leaf: Excluded) -> bool:
    """Whether an exclusion is between this package and what the plan has of the other."""
    if found is None:
        return name in (leaf.one.name, leaf.other.name)
    if leaf.one.name == name:
        index = found.pins.get(leaf.other)
        return index is not None and bool(leaf.others >> index & 1)
    index = found.pins.get(leaf.one)
    return leaf.other.name == name and index is not None and bool(leaf.ones >> index & 1)


def _together(
    search: Search, failure: Unsolvable, number: int, found: Found | None = None
) -> Cause:
    leaves = list(failure.leaves())
    name = search.demands[number].name
    for leaf in leaves:
        if isinstance(leaf, Excluded) and leaf.rule is not None and _stands(found, name, leaf):
            return Beside(leaf.rule)
    others = {leaf.demand for leaf in leaves if isinstance(leaf, Required)} - {number}
    links = dict.fromkeys(
        link
        for leaf in leaves
        if isinstance(leaf, Pulled) and leaf.parent.name != leaf.child.name
        for link in links_between(search, leaf)
    )
    return Together(tuple(str(search.demands[other]) for other in sorted(others)), tuple(links))


def _link(search: Search, found: Found, parent: Node, dependency: Dependency) -> Link:
    version = search.facts.package(parent.name).versions[found.pins[parent]]
    return Link(_label(parent), str(version), str(dependency))
