"""The closure of a solution, as a plan reports it: versions, files, who requires whom, warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinfix.planning.plan import ClosureEntry
from pinfix.resolve.facts import Candidate
from pinfix.resolve.provider import SHARED, Node

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.resolve.search import Found, Search


def closure(search: Search, found: Found) -> tuple[ClosureEntry, ...]:
    """Every package of a solution, by name; one entry for each version where targets differ."""
    files: dict[tuple[NormalizedName, int], dict[str, str]] = {}
    parents: dict[tuple[NormalizedName, int], dict[str, None]] = {}
    for node, index, candidate in candidates(search, found):
        key = (node.name, index)
        files.setdefault(key, {})[search.facts.targets[node.target].name] = candidate.file.filename
        required = parents.setdefault(key, {})
        for demand in search.demands:
            if demand.name == node.name and node.target in demand.targets and not demand.constraint:
                required[demand.origin] = None
        for parent, child in found.edges:
            if (child.name, child.target) == (node.name, node.target) and parent.name != node.name:
                required[parent.name] = None
    return tuple(
        ClosureEntry(
            name, str(search.facts.package(name).versions[index]), files[name, index], tuple(who)
        )
        for (name, index), who in sorted(parents.items())
    )


def candidates(search: Search, found: Found) -> Iterator[tuple[Node, int, Candidate]]:
    """Each package of a solution on each target, with its version and its file."""
    for node, index in found.pins.items():
        if node.extra or node.target == SHARED:
            continue
        verdict = search.world.judge.verdict(node.name, node.target, index)
        if isinstance(verdict, Candidate):
            yield node, index, verdict


def kept_sdists(search: Search, found: Found) -> tuple[str, ...]:
    """The packages that stay source distributions: plain Python, without a wheel."""
    return tuple(
        sorted({node.name for node, _, file in candidates(search, found) if not file.is_wheel})
    )


def warnings(search: Search, found: Found) -> tuple[str, ...]:
    """What a solution asks its user to know: source distributions kept, yanked releases kept."""
    said: dict[str, None] = {}
    for node, index, candidate in candidates(search, found):
        name = f"{node.name} {search.facts.package(node.name).versions[index]}"
        if candidate.yanked is not None:
            reason = f": {candidate.yanked}" if candidate.yanked else ""
            said[f"{name} was yanked{reason}; it is kept because an exact pin asks for it"] = None
        if not candidate.is_wheel:
            said[
                f"{name} has no wheel; its source distribution is plain Python, "
                "which pip builds without a compiler"
            ] = None
            if search.facts.source(candidate).requires_dist is None:
                said[f"what {name} requires cannot be read without building it"] = None
    return tuple(said)
