"""The compiled files of a tree: what each is made from, and which of its pins something still needs.

A pin of a compiled file is there because a package or a file asked for it. When the plan moves the
one that asked, the pin may not be needed any more; what nobody asked for even before is left alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from packaging.utils import canonicalize_name

from pinfix.errors import UnusableFileError
from pinfix.requirements.compiled import (
    Compiled,
    CompiledEntry,
    package_source,
    read_compiled,
    source_names,
)
from pinfix.requirements.pyproject import Pyproject
from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.provider import SHARED
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.planning.intents import Intents
    from pinfix.requirements.document import Document, RequirementLine
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.facts import Facts
    from pinfix.resolve.search import Found, Search

# A line of a file: the file's path, and the line's number.
Place: TypeAlias = "tuple[str, int]"
Edges: TypeAlias = "Mapping[NormalizedName, Collection[NormalizedName]]"


def place_of(line: RequirementLine) -> Place:
    """Where a line stands."""
    return line.path, line.line


@dataclass(frozen=True, slots=True)
class CompiledFile:
    """A compiled file of the tree, and the files of the tree that it is made from."""

    compiled: Compiled
    made_from: tuple[Document, ...]

    @property
    def path(self) -> str:
        return self.compiled.document.path

    @property
    def entries(self) -> tuple[CompiledEntry, ...]:
        return self.compiled.entries

    def is_made_from(self, source: str) -> bool:
        """Whether a source of an annotation is one of the tree's files."""
        return any(source_names(source, document.path) for document in self.made_from)

    def asked_outright(self, entry: CompiledEntry) -> bool:
        """Whether a pin stands for itself: nothing else of the tree can tell why it is there."""
        if entry.sources is None:
            return not self.made_from
        return any(self._is_outside(source) for source in entry.sources)

    def roots(self) -> dict[NormalizedName, set[str]]:
        """The packages that everything else is there for, with the extras that they are asked with."""
        roots: dict[NormalizedName, set[str]] = {}
        lines = [entry.line for entry in self.entries if self.asked_outright(entry)]
        for document in self.made_from:
            # Which extras and groups of a project it is made from cannot be told.
            some = isinstance(document, Pyproject)
            lines += [r for r in document.requirements if not some or r.name in self.compiled.names]
        for line in lines:
            if line.name is not None:
                roots.setdefault(line.name, set()).update(line.extras)
        return roots

    def _is_outside(self, source: str) -> bool:
        package = package_source(source)
        if package is not None:
            # What a package from elsewhere requires is not known, and so for one not listed.
            listed = [entry.line for entry in self.entries if entry.line.name == package]
            return not listed or any(line.url is not None for line in listed)
        return not source.startswith("-c ") and not self.is_made_from(source)


def compiled_files(tree: DocumentTree) -> tuple[CompiledFile, ...]:
    """The tree's compiled files; one that is made from another comes after it."""
    found: dict[str, Compiled] = {}
    for document in tree.documents:
        if not isinstance(document, Pyproject):
            compiled = read_compiled(document)
            if compiled is not None:
                found[document.path] = compiled
    files = [
        CompiledFile(one, tuple(d for d in tree.documents if one.is_made_from(d.path)))
        for one in found.values()
    ]
    ordered: list[CompiledFile] = []
    while files:
        left = {file.path for file in files}
        ready = [f for f in files if not any(d.path in left for d in f.made_from)] or files[:1]
        ordered += ready
        files = [file for file in files if file not in ready]
    return tuple(ordered)


def unpinned_names(file: CompiledFile) -> frozenset[NormalizedName]:
    """What the file says pip-compile left out of it, and its user lives with."""
    unpinned = file.compiled.unpinned
    return frozenset(map(canonicalize_name, unpinned.names)) if unpinned else frozenset()


def conditional_places(files: Iterable[CompiledFile]) -> frozenset[Place]:
    """The lines that are there only because something else of the tree asks for them."""
    return frozenset(
        place_of(entry.line)
        for file in files
        for entry in file.entries
        if entry.line.name is not None and entry.line.url is None and not file.asked_outright(entry)
    )


def unneeded(
    file: CompiledFile,
    before: Edges,
    search: Search,
    found: Found,
    intents: Intents,
    gone: Collection[Place],
) -> frozenset[Place]:
    """The lines of a compiled file that a solution leaves nobody to ask for.

    A line that nobody asked for before either (``before``: see ``edges_before``) stays, unless its
    own version cannot: then it was meant for another host. ``gone`` is what was not asked of the
    search for that.
    """
    asked_before = reached(file.roots(), before)
    asked_now = reached(file.roots(), edges_of(found))
    numbers = {place_of(intent.line): number for number, intent in intents.numbered}
    left = set()
    for entry in file.entries:
        name, place = entry.line.name, place_of(entry.line)
        if name is None or name in asked_now or file.asked_outright(entry):
            continue
        number = numbers.get(place)
        if (
            name in asked_before
            or place in gone
            or (place in numbers and not _stays(search, found, number))
        ):
            left.add(place)
    return frozenset(left)


def _stays(search: Search, found: Found, number: int | None) -> bool:
    if number is None or not search.can_stay(number):
        return False
    index = found.version_for(search.demands[number])
    return index is None or bool(search.asked_mask(number) >> index & 1)


def edges_of(found: Found) -> Edges:
    """Who requires whom in a solution."""
    edges: dict[NormalizedName, set[NormalizedName]] = {}
    for parent, child in found.edges:
        if parent.name != child.name and SHARED not in (parent.target, child.target):
            edges.setdefault(parent.name, set()).add(child.name)
    return edges


def edges_before(file: CompiledFile, facts: Facts) -> Edges:
    """Who requires whom at the versions that a file has; of a version unknown, what the file says."""
    walk = _Walk(file, facts)
    for name, extras in file.roots().items():
        for target in range(len(facts.targets)):
            walk.follow(name, (NO_EXTRA, *sorted(extras)), target)
    return walk.edges


def reached(roots: Iterable[NormalizedName], edges: Edges) -> frozenset[NormalizedName]:
    """The roots, and all that they require in turn."""
    seen = set(roots)
    waiting = list(seen)
    while waiting:
        new = set(edges.get(waiting.pop(), ())) - seen
        seen |= new
        waiting += new
    return frozenset(seen)


class _Walk:
    """Follows what the pinned versions of one file require."""

    def __init__(self, file: CompiledFile, facts: Facts) -> None:
        self._file = file
        self._facts = facts
        self._seen: set[tuple[NormalizedName, str, int]] = set()
        self.edges: dict[NormalizedName, set[NormalizedName]] = {}

    def follow(self, name: NormalizedName, extras: Iterable[str], target: int) -> None:
        waiting = [(name, extra) for extra in extras]
        while waiting:
            parent, extra = waiting.pop()
            if (parent, extra, target) in self._seen:
                continue
            self._seen.add((parent, extra, target))
            for child, wanted in self._requires(parent, extra, target):
                if child != parent:
                    self.edges.setdefault(parent, set()).add(child)
                waiting += [(child, e) for e in (NO_EXTRA, *sorted(wanted))]

    def _requires(
        self, name: NormalizedName, extra: str, target: int
    ) -> Iterator[tuple[NormalizedName, frozenset[NormalizedName]]]:
        entries = [e for e in self._file.entries if e.line.name == name and e.line.url is None]
        for entry in entries:
            package = self._facts.package(name)
            pinned = package.matching(entry.line.specifier)
            index = next(iter(indexes(pinned)), None)
            found = None
            with suppress(UnusableFileError):
                if index is not None:
                    found = self._facts.would_require(name, target, index, extra)
            if found is None:
                yield from ((child, frozenset()) for child in self._noted_below(name))
            else:
                yield from ((child.name, child.extras) for child in found)

    def _noted_below(self, name: NormalizedName) -> Iterator[NormalizedName]:
        for entry in self._file.entries:
            if entry.line.name and name in map(package_source, entry.sources or ()):
                yield entry.line.name
