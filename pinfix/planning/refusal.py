"""A search without a solution, told as an error: what cannot hold together, and what would help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pinfix.errors import NoSolutionError
from pinfix.resolve import causes, rejection
from pinfix.resolve.explain import grouped_rejections, link_phrase
from pinfix.resolve.failure import Absent, Excluded, Pulled, Required, Unsolvable
from pinfix.targets.coverage import pythons_covered

if TYPE_CHECKING:
    from pinfix.resolve.failure import Leaf
    from pinfix.resolve.provider import Node
    from pinfix.resolve.rejection import Rejection
    from pinfix.resolve.search import Search

# What a person reads before they stop reading.
SHOWN_LINKS: Final = 12


def refusal(search: Search, failure: Unsolvable) -> NoSolutionError:
    """The error for a failed search, with each fact of its derivation once."""
    leaves = list(failure.leaves())
    required = {leaf.demand for leaf in leaves if isinstance(leaf, Required)}
    absent = _absent(leaves)
    lines = [_headline(search, failure)]
    lines += [f"  {_asked(search, number)}" for number in sorted(required)]
    links = dict.fromkeys(
        link_phrase(link)
        for leaf in leaves
        if isinstance(leaf, Pulled) and leaf.parent.name != leaf.child.name
        for link in causes.links_between(search, leaf)
    )
    lines += [f"  {link}" for link in list(links)[:SHOWN_LINKS]]
    if len(links) > SHOWN_LINKS:
        lines.append(f"  and {len(links) - SHOWN_LINKS} more requirements of that kind")
    rules = {leaf.rule.id: leaf.rule for leaf in leaves if isinstance(leaf, Excluded) and leaf.rule}
    lines += [f"  {rule.id}: {rule.reason}" for rule in rules.values()]
    found: list[tuple[str, Rejection]] = []
    targets = {target.name: target for target in search.facts.targets}
    for node, mask in absent.items():
        rejections = causes.rejections_in(search, node, mask)
        found += [(node.name, rejected) for _, rejected in rejections]
        lines += _absence(
            search, node, [f"{line}" for line in grouped_rejections(rejections, targets)]
        )
    hints = dict.fromkeys(_hints(search, found, required))
    lines += [f"hint: {hint}" for hint in hints]
    return NoSolutionError("\n".join(lines))


def _headline(search: Search, failure: Unsolvable) -> str:
    names = " and ".join(target.name for target in search.facts.targets)
    if not failure.complete:
        return f"The search for versions that work on {names} was given up: too many combinations."
    return f"No set of versions installs from wheels on {names}:"


def _asked(search: Search, number: int) -> str:
    demand = search.demands[number]
    softened = " (any other version would do as well)" if number in search.soft else ""
    return f"{demand.origin} requires {demand}{softened}"


def _absent(leaves: Sequence[Leaf]) -> dict[Node, int]:
    absent: dict[Node, int] = {}
    for leaf in leaves:
        if isinstance(leaf, Absent):
            absent[leaf.node] = absent.get(leaf.node, 0) | leaf.mask
    return absent


def _absence(search: Search, node: Node, reasons: list[str]) -> Iterator[str]:
    package = search.facts.package(node.name)
    if not package.versions:
        yield f"  {node.name} is not on the index"
        return
    for reason in reasons:
        yield f"  {node.name} {reason}"


def _hints(search: Search, found: list[tuple[str, Rejection]], required: set[int]) -> Iterator[str]:
    policy = search.world.policy
    for name, rejected in found:
        match rejected:
            case rejection.Ancient():
                yield f"--allow-ancient {name} takes an old version of {name} all the same."
            case rejection.SdistRefused():
                yield "Without --strict-wheels, plain Python source distributions are kept."
            case rejection.RuledOut(rule):
                yield f"{rule.id} is a rule of the pack {rule.pack}; --rules none turns all rules off."
            case rejection.PreRelease():
                yield "--allow-prereleases lets pre-releases in."
            case rejection.NoWheel(target_name, suffixes, _) if suffixes:
                target = next(t for t in search.facts.targets if t.name == target_name)
                pythons = pythons_covered(suffixes, target)
                if pythons:
                    yield f"{name} has wheels for {', '.join(pythons)} on this platform."
            case _:
                pass
    ranges = [
        n for n in sorted(required) if not search.demands[n].is_pin and search.demands[n].specifier
    ]
    if ranges and not policy.relax_ranges:
        yield "--relax-ranges lets ranges move as pins do."
