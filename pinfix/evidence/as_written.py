"""Who requires a package in files as they are, before pinfix: every way from a line to it.

Each package stands at the version that pip would take: its pin, or the newest that all who ask for
it admit, whether it has a wheel for the target or has to be built. That is where the answer to
"who wants this?" lies; whether it can be installed is another question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.errors import UnusableFileError
from pinfix.records import record
from pinfix.resolve.facts import NO_EXTRA, Candidate, holds
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.index.requires_dist import Dependency
    from pinfix.requirements.document import RequirementLine
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.facts import Facts

# A choice may change what is required, and that the choice: seldom more than twice.
MAX_ROUNDS = 6


@record
class Asker:
    """Who asks for a package, and for which versions: a line of a file, or another package.

    ``parent`` is None for a line; ``label`` is ``requirements.txt:3 foo==1.0`` or ``foo 1.0``.
    """

    parent: NormalizedName | None
    label: str
    requirement: str
    specifier: SpecifierSet

    @property
    def said(self) -> str:
        """``foo 1.0 requires bar>=2``, or the line."""
        return self.label if self.parent is None else f"{self.label} requires {self.requirement}"


def _line(line: RequirementLine) -> Asker:
    return Asker(None, f"{line.path}:{line.line} {line.raw}", line.raw, line.specifier)


@dataclass(slots=True)
class _Node:
    askers: dict[str, Asker] = field(default_factory=dict)
    extras: set[str] = field(default_factory=set)
    index: int | None = None


class AsWritten:
    """The closure of a file on one target (the first of ``facts``) as pip would see it."""

    def __init__(self, tree: DocumentTree, facts: Facts) -> None:
        """Raises IndexUnavailableError."""
        self._tree = tree
        self._facts = facts
        self._nodes: dict[NormalizedName, _Node] = {}
        self._limits: dict[NormalizedName, list[Asker]] = {}
        for _, line in tree.constraint_requirements():
            if line.name is not None and self._holds(line):
                limit = _line(line)
                self._limits.setdefault(line.name, []).append(limit)
        chosen: dict[NormalizedName, int | None] = {}
        for _ in range(MAX_ROUNDS):
            self._nodes = self._walk(chosen)
            now = {name: node.index for name, node in self._nodes.items()}
            if now == chosen:
                break
            chosen = now

    def askers(self, name: NormalizedName) -> list[Asker]:
        """Who asks for a package outright, lines first."""
        node = self._nodes.get(name)
        found = [] if node is None else list(node.askers.values())
        return sorted(found, key=lambda asker: asker.parent is not None)

    def limits(self, name: NormalizedName) -> list[Asker]:
        """The lines of constraints files on a package: they ask for nothing, and bind who asks."""
        return self._limits.get(name, [])

    def version(self, name: NormalizedName) -> str | None:
        """The version that pip would take; None where there is none, or nobody asks."""
        node = self._nodes.get(name)
        if node is None or node.index is None:
            return None
        return str(self._facts.package(name).versions[node.index])

    def paths(self, name: NormalizedName) -> Iterator[tuple[str, ...]]:
        """Every way from a line to a package, the shortest first, none twice through a package."""
        waiting: list[tuple[tuple[str, ...], NormalizedName, frozenset[NormalizedName]]] = [
            ((), name, frozenset([name]))
        ]
        while waiting:
            longer = []
            for way, at, met in waiting:
                for asker in self.askers(at):
                    if asker.parent is None:
                        yield (asker.label, *way)
                    elif asker.parent not in met:
                        step = (asker.requirement, *way)
                        longer.append((step, asker.parent, met | {asker.parent}))
            waiting = longer

    def _walk(self, chosen: dict[NormalizedName, int | None]) -> dict[NormalizedName, _Node]:
        """All that is reached where each package is at the version that was chosen before."""
        nodes: dict[NormalizedName, _Node] = {}
        waiting: list[NormalizedName] = []
        for _, line in self._tree.requirements():
            if line.name is None or line.url is not None:
                continue
            if self._holds(line):
                node = nodes.setdefault(line.name, _Node())
                asker = _line(line)
                node.askers[asker.label] = asker
                node.extras |= {canonicalize_name(extra) for extra in line.extras}
                waiting.append(line.name)
        self._facts.index.prefetch_listings(waiting)
        seen: dict[NormalizedName, tuple[int | None, frozenset[str]]] = {}
        while waiting:
            name = waiting.pop(0)
            node = nodes[name]
            node.index = self._choose(name, node, chosen.get(name))
            state = (node.index, frozenset(node.extras))
            if node.index is None or seen.get(name) == state:
                continue
            seen[name] = state
            parent = f"{name} {self._facts.package(name).versions[node.index]}"
            for dependency in self._requires(name, node.index, node.extras):
                child = nodes.setdefault(dependency.name, _Node())
                known = len(child.extras), len(child.askers)
                child.extras |= dependency.extras
                child.askers[f"{name} {dependency}"] = Asker(
                    name, parent, str(dependency), dependency.specifier
                )
                if known != (len(child.extras), len(child.askers)):
                    waiting.append(dependency.name)
        return nodes

    def _choose(self, name: NormalizedName, node: _Node, before: int | None) -> int | None:
        """The version that pip would take, as far as it is known who asks."""
        package = self._facts.package(name)
        mask = package.everything
        for asker in (*node.askers.values(), *self.limits(name)):
            mask &= package.matching(asker.specifier)
        if before is not None and mask >> before & 1:
            return before
        found = [
            (verdict.yanked is not None, bool(package.prereleases >> index & 1), index)
            for index in indexes(mask)
            if isinstance(verdict := package.verdict(0, index), Candidate)
        ]
        # Not yanked and no pre-release, where there is a choice; of these the newest.
        return min(found)[2] if found else None

    def _holds(self, line: RequirementLine) -> bool:
        marker = line.marker
        return marker is None or holds(marker, self._facts.targets[0], otherwise=False)

    def _requires(
        self, name: NormalizedName, index: int, extras: Iterable[str]
    ) -> Iterator[Dependency]:
        for extra in (NO_EXTRA, *sorted(extras)):
            try:
                found = self._facts.would_require(name, 0, index, extra)
                if found is None:
                    found = self._facts.dependencies(name, 0, index, extra)
            except UnusableFileError:
                continue  # what cannot be read requires nothing that anybody could name
            yield from found
