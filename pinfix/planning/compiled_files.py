"""The compiled files of a tree: what each is made from, and which of its pins something still needs.

A pin of a compiled file is there because a package or a file asked for it. When the plan moves the
one that asked, the pin may not be needed any more; what nobody asked for even before is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.errors import IndexUnavailableError, UnusableFileError
from pinfix.planning.intents import AskedLines
from pinfix.records import record
from pinfix.requirements.compiled import (
    Compiled,
    CompiledEntry,
    package_source,
    read_compiled,
    source_names,
)
from pinfix.requirements.pyproject_document import Pyproject
from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.node import Node
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.planning.intents import Intents
    from pinfix.requirements.document import Document
    from pinfix.requirements.lines import LinePlace
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.facts import Facts
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search


@dataclass(frozen=True)
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

    @cached_property
    def by_name(self) -> Mapping[NormalizedName, Sequence[CompiledEntry]]:
        """The entries of each package; for several hosts there may be more than one."""
        found: dict[NormalizedName, list[CompiledEntry]] = {}
        for entry in self.entries:
            if entry.line.name is not None:
                found.setdefault(entry.line.name, []).append(entry)
        return found

    @cached_property
    def conditional(self) -> Mapping[LinePlace, CompiledEntry]:
        """The entries that are there only because something else of the tree asks for them."""
        return {
            entry.line.place: entry
            for entry in self.entries
            if entry.line.name is not None
            and entry.line.url is None
            and not self._asked_outright(entry)
        }

    @cached_property
    def roots(self) -> Mapping[NormalizedName, frozenset[str]]:
        """The packages that everything else is there for, with the extras that they are asked with."""
        roots: dict[NormalizedName, frozenset[str]] = {}
        lines = [entry.line for entry in self.entries if self._asked_outright(entry)]
        for document in self.made_from:
            # Which extras and groups of a project it is made from cannot be told.
            some = isinstance(document, Pyproject)
            lines += [r for r in document.requirements if not some or r.name in self.by_name]
        for line in lines:
            if line.name is not None:
                roots[line.name] = roots.get(line.name, frozenset()) | line.extras
        return roots

    @cached_property
    def unpinned(self) -> frozenset[NormalizedName]:
        """What the file says pip-compile left out of it, and its user lives with."""
        unpinned = self.compiled.unpinned
        return frozenset(map(canonicalize_name, unpinned.names)) if unpinned else frozenset()

    def is_made_from(self, source: str) -> bool:
        """Whether a source of an annotation is one of the tree's files."""
        return any(source_names(source, document.path) for document in self.made_from)

    def _asked_outright(self, entry: CompiledEntry) -> bool:
        """Whether a pin stands for itself: nothing else of the tree can tell why it is there."""
        if entry.sources is None:
            return not self.made_from
        return any(self._is_outside(source) for source in entry.sources)

    def _is_outside(self, source: str) -> bool:
        package = package_source(source)
        if package is not None:
            # What a package from elsewhere requires is not known, and so for one not listed.
            listed = self.by_name.get(package, ())
            return not listed or any(entry.line.url is not None for entry in listed)
        return not source.startswith("-c ") and not self.is_made_from(source)


def compiled_files(tree: DocumentTree) -> tuple[CompiledFile, ...]:
    """The tree's compiled files; one that is made from another comes after it."""
    found: dict[str, Compiled] = {}
    for document in tree.documents:
        if not isinstance(document, Pyproject) and not tree.is_given(document):
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


@record
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
    return _reach(file.roots, range(len(facts.targets)), _Pinned(file, facts).requires)


def reach_now(file: CompiledFile, found: Found, more: Iterable[NormalizedName] = ()) -> Reach:
    """At the versions of a solution; ``more`` are packages that are roots too."""
    edges: dict[Node, list[Node]] = {}
    for parent, child in found.edges:
        if not parent.is_shared and not child.is_shared:
            edges.setdefault(parent, []).append(child)
    roots = {**dict.fromkeys(more, frozenset[str]()), **file.roots}
    targets = {node.target for node in found.pins if not node.is_shared}
    return _reach(roots, sorted(targets), lambda node: edges.get(node, ()))


def _reach(
    roots: Mapping[NormalizedName, Iterable[str]],
    targets: Iterable[int],
    requires: Callable[[Node], Iterable[Node]],
) -> Reach:
    """Who requires whom, and what is asked of each, from the roots on; targets do not mix."""
    waiting = [
        Node(name, extra, target)
        for target in targets
        for name, extras in roots.items()
        for extra in (NO_EXTRA, *extras)
    ]
    requirers: dict[NormalizedName, set[NormalizedName]] = {}
    asked: dict[NormalizedName, set[str]] = {name: set() for name in roots}
    seen: set[Node] = set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        asked.setdefault(node.name, set()).update([node.extra] if node.extra else ())
        for other in requires(node):
            waiting.append(other)
            if other.name != node.name:
                requirers.setdefault(node.name, set()).add(other.name)
    return Reach(
        {name: frozenset(names) for name, names in requirers.items()},
        {name: frozenset(extras) for name, extras in asked.items()},
    )


def still_asked(
    file: CompiledFile,
    before: Reach,
    search: Search,
    found: Found,
    intents: Intents,
    gone: Collection[LinePlace],
) -> AskedLines:
    """What a solution leaves somebody to ask for, of the lines of one file.

    A line that nobody asked for before either (``before``: see ``reach_before``) stays, unless its
    own version cannot: then it was meant for another host. ``gone`` is what was not asked of the
    search for that.
    """
    now = reach_now(file, found)
    numbers = {intent.line.place: number for number, intent in intents.numbered}
    omitted: set[LinePlace] = set()
    extras: dict[LinePlace, frozenset[str]] = {}
    for place, entry in file.conditional.items():
        name = entry.line.name
        if name is not None and name in now:
            if not file.compiled.strips_extras and entry.line.extras - now.extras[name]:
                extras[place] = entry.line.extras & now.extras[name]
            continue
        stays = place not in numbers or _stays(search, found, numbers[place])
        if name in before or place in gone or not stays:
            omitted.add(place)
    return AskedLines(omitted=frozenset(omitted), extras=extras)


def _stays(search: Search, found: Found, number: int | None) -> bool:
    if number is None or not search.can_stay(number):
        return False
    index = found.version_for(search.demands[number])
    return index is None or bool(search.asked_mask(number) >> index & 1)


class _Pinned:
    """What the pinned versions of one file require."""

    def __init__(self, file: CompiledFile, facts: Facts) -> None:
        self._by_name = file.by_name
        self._facts = facts
        self._noted: dict[NormalizedName | None, list[NormalizedName]] = {}
        for name, entries in file.by_name.items():
            for source in {s for entry in entries for s in entry.sources or ()}:
                self._noted.setdefault(package_source(source), []).append(name)

    def requires(self, node: Node) -> Iterator[Node]:
        """What a package, or an extra of it, requires on a target."""
        for entry in self._by_name.get(node.name, ()):
            if entry.line.url is None:
                yield from self._required_by(entry, node)

    def _required_by(self, entry: CompiledEntry, node: Node) -> Iterator[Node]:
        pinned = self._facts.package(node.name).matching(entry.line.specifier)
        index = next(iter(indexes(pinned)), None)
        found = None
        # The file tells it too, only less exactly; that is no reason to fail.
        with suppress(UnusableFileError, IndexUnavailableError):
            if index is not None:
                found = self._facts.would_require(node.name, node.target, index, node.extra)
        if found is None:
            yield from (
                Node(name, NO_EXTRA, node.target) for name in self._noted.get(node.name, ())
            )
            return
        for child in found:
            yield from (Node(child.name, extra, node.target) for extra in (NO_EXTRA, *child.extras))
