"""The compiled files of a tree: what each is made from, and which of its pins something still needs.

A pin of a compiled file is there because a package or a file asked for it. When the plan moves the
one that asked, the pin may not be needed any more; what nobody asked for even before is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from packaging.utils import canonicalize_name

from pinfix.errors import IndexUnavailableError, UnusableFileError
from pinfix.requirements.compiled import (
    Compiled,
    CompiledEntry,
    package_source,
    read_compiled,
    source_names,
)
from pinfix.requirements.pyproject import Pyproject
from pinfix.requirements.tree import is_remote
from pinfix.resolve.facts import NO_EXTRA
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
# A package (no extra), or one of its extras.
Asked: TypeAlias = "tuple[NormalizedName, str]"


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
        if not isinstance(document, Pyproject) and not is_remote(document.path):
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


@dataclass(frozen=True, slots=True)
class Reach:
    """What the roots of a compiled file pull in.

    ``requires`` is who requires whom, ``extras`` what is asked for of each package beside itself.
    """

    requires: Mapping[NormalizedName, frozenset[NormalizedName]]
    extras: Mapping[NormalizedName, frozenset[str]]

    def __contains__(self, name: object) -> bool:
        return name in self.extras

    def asks(self, parent: NormalizedName, name: NormalizedName) -> bool:
        """Whether one package requires another."""
        return name in self.requires.get(parent, ())


def reach_before(file: CompiledFile, facts: Facts) -> Reach:
    """At the versions that a file has; of a version that nothing is known of, what the file says."""
    walk = _Walk(file, facts)
    reaches = []
    for target in range(len(facts.targets)):
        requires = partial(walk.requires, target)
        reaches.append(_reach(file.roots(), requires))
    return _joined(reaches)


def reach_now(file: CompiledFile, found: Found, more: Iterable[NormalizedName] = ()) -> Reach:
    """At the versions of a solution; ``more`` are packages that are roots too."""
    edges: dict[Asked, dict[Asked, None]] = {}
    for parent, child in found.edges:
        if not parent.is_shared and not child.is_shared:
            edges.setdefault((parent.name, parent.extra), {})[child.name, child.extra] = None
    roots = file.roots() | {name: set() for name in more if name not in file.roots()}
    return _reach(roots, lambda asked: edges.get(asked, ()))


def _reach(
    roots: Mapping[NormalizedName, Iterable[str]], requires: Callable[[Asked], Iterable[Asked]]
) -> Reach:
    waiting: list[Asked] = [(name, NO_EXTRA) for name in roots]
    waiting += [(name, extra) for name, extras in roots.items() for extra in extras]
    pairs: dict[NormalizedName, set[NormalizedName]] = {}
    asked: dict[NormalizedName, set[str]] = {}
    seen: set[Asked] = set()
    while waiting:
        one = name, extra = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        asked.setdefault(name, set()).update([extra] if extra else ())
        for other in requires(one):
            waiting.append(other)
            if other[0] != name:
                pairs.setdefault(name, set()).add(other[0])
    return _frozen(pairs, asked)


def _joined(reaches: Iterable[Reach]) -> Reach:
    pairs: dict[NormalizedName, set[NormalizedName]] = {}
    asked: dict[NormalizedName, set[str]] = {}
    for reach in reaches:
        for name, names in reach.requires.items():
            pairs.setdefault(name, set()).update(names)
        for name, extras in reach.extras.items():
            asked.setdefault(name, set()).update(extras)
    return _frozen(pairs, asked)


def _frozen(
    pairs: Mapping[NormalizedName, set[NormalizedName]], asked: Mapping[NormalizedName, set[str]]
) -> Reach:
    return Reach(
        {name: frozenset(names) for name, names in pairs.items()},
        {name: frozenset(extras) for name, extras in asked.items()},
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """What of the conditional lines is left: ``gone`` are those that nobody asks for any more,
    ``extras`` what the others are asked with.
    """

    gone: frozenset[Place] = frozenset()
    extras: Mapping[Place, frozenset[str]] = field(default_factory=dict)


def still_asked(
    file: CompiledFile,
    before: Reach,
    search: Search,
    found: Found,
    intents: Intents,
    gone: Collection[Place],
) -> Kept:
    """What a solution leaves somebody to ask for, of the lines of one file.

    A line that nobody asked for before either (``before``: see ``reach_before``) stays, unless its
    own version cannot: then it was meant for another host. ``gone`` is what was not asked of the
    search for that.
    """
    now = reach_now(file, found)
    numbers = {place_of(intent.line): number for number, intent in intents.numbered}
    left: set[Place] = set()
    extras: dict[Place, frozenset[str]] = {}
    for entry in file.entries:
        name, place = entry.line.name, place_of(entry.line)
        if name is None or entry.line.url is not None or file.asked_outright(entry):
            continue
        if name in now:
            if not file.compiled.strips_extras and entry.line.extras - now.extras[name]:
                extras[place] = entry.line.extras & now.extras[name]
            continue
        stays = place not in numbers or _stays(search, found, numbers[place])
        if name in before or place in gone or not stays:
            left.add(place)
    return Kept(frozenset(left), extras)


def _stays(search: Search, found: Found, number: int | None) -> bool:
    if number is None or not search.can_stay(number):
        return False
    index = found.version_for(search.demands[number])
    return index is None or bool(search.asked_mask(number) >> index & 1)


class _Walk:
    """What the pinned versions of one file require, package by package."""

    def __init__(self, file: CompiledFile, facts: Facts) -> None:
        self._file = file
        self._facts = facts

    def requires(self, target: int, asked: Asked) -> Iterator[Asked]:
        """What a package, or an extra of it, requires on a target."""
        name, extra = asked
        for entry in self._file.entries:
            if entry.line.name == name and entry.line.url is None:
                yield from self._required_by(entry, name, target, extra)

    def _required_by(
        self, entry: CompiledEntry, name: NormalizedName, target: int, extra: str
    ) -> Iterator[Asked]:
        pinned = self._facts.package(name).matching(entry.line.specifier)
        index = next(iter(indexes(pinned)), None)
        found = None
        # The file tells it too, only less exactly; that is no reason to fail.
        with suppress(UnusableFileError, IndexUnavailableError):
            if index is not None:
                found = self._facts.would_require(name, target, index, extra)
        if found is None:
            yield from ((child, NO_EXTRA) for child in self._noted_below(name))
            return
        for child in found:
            yield child.name, NO_EXTRA
            yield from ((child.name, other) for other in child.extras)

    def _noted_below(self, name: NormalizedName) -> Iterator[NormalizedName]:
        for entry in self._file.entries:
            if entry.line.name and name in map(package_source, entry.sources or ()):
                yield entry.line.name
