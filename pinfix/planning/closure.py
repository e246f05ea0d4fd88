"""The closure of a solution, as a plan reports it: versions, files, who requires whom, warnings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pinfix.planning.plan import Artifact, ClosureEntry
from pinfix.resolve.facts import Candidate, python_admitted
from pinfix.resolve.node import Node

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.listing import DistFile
    from pinfix.planning.intents import Intents
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search
    from pinfix.targets.target import Target


def closure(
    search: Search,
    found: Found,
    markers: Mapping[NormalizedName, str] | None = None,
    *,
    with_artifacts: bool = True,
) -> tuple[ClosureEntry, ...]:
    """Every package of a solution, by name; one entry for each version where targets differ.

    ``markers`` are those that the user wrote (see ``written_markers``).
    """
    files: dict[tuple[NormalizedName, int], dict[str, str]] = {}
    for node, index, candidate in candidates(search, found):
        target = search.facts.targets[node.target].name
        files.setdefault((node.name, index), {})[target] = candidate.file.filename
    required = _required_by(search, found)
    extras: dict[NormalizedName, set[str]] = {}
    for node in found.pins:
        if node.extra:
            extras.setdefault(node.name, set()).add(node.extra)
    return tuple(
        ClosureEntry(
            name=name,
            version=str(search.facts.package(name).versions[index]),
            files=installed,
            required_by=tuple(required[name, index]),
            constrained_by=_constrained_by(search, name),
            extras=tuple(sorted(extras.get(name, ()))),
            marker=(markers or {}).get(name, ""),
            artifacts=tuple(_artifacts(search, name, index, installed)) if with_artifacts else (),
        )
        for (name, index), installed in sorted(files.items())
    )


def written_markers(intents: Intents) -> dict[NormalizedName, str]:
    """The marker of each requirement that has one; of several lines' the last, as in pip-compile."""
    return {
        intent.demand.name: str(intent.line.marker)
        for intent in intents.lines
        if intent.demand is not None and intent.line.marker is not None
    }


def _required_by(search: Search, found: Found) -> dict[tuple[NormalizedName, int], dict[str, None]]:
    """Who requires each release, in the order of the files and of the search."""
    above: dict[tuple[NormalizedName, int], list[Node]] = {}
    for parent, child in found.edges:
        above.setdefault((child.name, child.target), []).append(parent)
    parents: dict[tuple[NormalizedName, int], dict[str, None]] = {}
    for node, index, _ in candidates(search, found):
        required = parents.setdefault((node.name, index), {})
        for demand in search.demands:
            if demand.name == node.name and node.target in demand.targets and not demand.constraint:
                required[demand.origin] = None
        for parent in above.get((node.name, node.target), ()):
            if parent.name != node.name:
                required[parent.name] = None
    return parents


def _constrained_by(search: Search, name: NormalizedName) -> tuple[str, ...]:
    """Where constraints files speak of a package."""
    origins = (d.origin for d in search.demands if d.constraint and d.name == name)
    return tuple(dict.fromkeys(origins))


def _artifacts(
    search: Search, name: NormalizedName, index: int, installed: Mapping[str, str]
) -> Iterator[Artifact]:
    """The files of a release; ``installed`` is what each target that needs it would take."""
    release = search.facts.package(name).release(index)
    needing = [target for target in search.facts.targets if target.name in installed]
    for file in (*release.wheels, *release.sdists):
        takers = tuple(t.name for t in needing if _takes(t, installed[t.name], file))
        hashes = (("sha256", file.sha256),) if file.sha256 else file.other_hashes
        yield Artifact(file.filename, file.url, hashes, file.size, file.upload_time, takers)


def _takes(target: Target, chosen: str, file: DistFile) -> bool:
    """Whether a target can install a file: the chosen one, and where that is a wheel, others.

    A host that is a little older or newer than its target may need another wheel.
    """
    return chosen == file.filename or (
        chosen.endswith(".whl")
        and file.yanked is None
        and target.has_tag_of(file.suffix)
        and python_admitted(file.requires_python, target.python_version)
    )


def candidates(search: Search, found: Found) -> Iterator[tuple[Node, int, Candidate]]:
    """Each package of a solution on each target, with its version and its file."""
    for node, index in found.pins.items():
        if node.extra or node.is_shared:
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
        built_by = search.facts.package(node.name).built_by
        if not candidate.is_wheel:
            reason = f"is to be built ({built_by})" if built_by else "has no wheel"
            said[
                f"{name} {reason}; its source distribution is plain Python, "
                "which pip builds without a compiler"
            ] = None
            if search.facts.source(candidate).requires_dist is None:
                said[f"what {name} requires cannot be read without building it"] = None
    return tuple(said)
