"""What a compiled file lists from now on, and who asks for each package of it.

Of what did not move, the file's own word is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pinfix.planning.compiled_files import reach_now
from pinfix.planning.pin_markers import marker_for
from pinfix.records import record
from pinfix.requirements.compiled import package_source, source_names
from pinfix.requirements.pip_compile import UNSAFE_PACKAGES

if TYPE_CHECKING:
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pinfix.planning.compiled_files import CompiledFile, Reach
    from pinfix.planning.intents import Intents
    from pinfix.planning.line_change import LineChange
    from pinfix.requirements.compiled import CompiledEntry
    from pinfix.requirements.document import Document, RequirementLine
    from pinfix.requirements.lines import LinePlace
    from pinfix.resolve.facts import PackageFacts
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search


@record
class Outcome:
    """What a search came to: ``lines`` are the changes by place, ``gone`` the lines that go."""

    intents: Intents
    search: Search
    found: Found
    lines: Mapping[LinePlace, LineChange]
    gone: Collection[LinePlace]

    def is_left(self, line: RequirementLine) -> bool:
        """Whether something of a line stays."""
        change = self.lines.get(line.place)
        return line.place not in self.gone and (change is None or not change.is_removal)


@record
class Turnover:
    """The packages that a file lists anew, and those that it lists no more."""

    inserted: frozenset[NormalizedName] = frozenset()
    gone: frozenset[NormalizedName] = frozenset()


NO_TURNOVER: Final = Turnover()


@record
class Insertion:
    """A new pin at one version of a package; ``marker`` (PEP 508) is empty for all targets."""

    package: PackageFacts
    index: int
    marker: str

    @property
    def name(self) -> NormalizedName:
        return self.package.name

    @property
    def version(self) -> Version:
        return self.package.versions[self.index]


class CompiledNow:
    """One compiled file between its pins as they were and as they are to be.

    ``before`` and ``now`` are who required whom, and who does.
    """

    def __init__(
        self,
        file: CompiledFile,
        before: Reach,
        outcome: Outcome,
        done: Mapping[str, Turnover],
    ) -> None:
        self.file = file
        self.before = before
        self._outcome = outcome
        self._done = done
        paths = {document.path for document in file.made_from}
        added = {d.name: d.origin.rpartition(":")[0] for d, _ in outcome.intents.added}
        self._added = {name: path for name, path in added.items() if path in paths}
        self.now = reach_now(file, outcome.found, self._added)

    @cached_property
    def insertions(self) -> list[Insertion]:
        """The packages that the file needs and has no line for, by name."""
        intents, search, found = self._outcome.intents, self._outcome.search, self._outcome.found
        held: dict[NormalizedName, set[int]] = {}
        for intent in intents.lines:
            if intent.line.path == self.file.path and intent.demand is not None:
                held.setdefault(intent.demand.name, set()).update(intent.demand.targets)
        needed = {
            (node.name, index)
            for node, index in found.pins.items()
            if not node.extra
            and not node.is_shared
            and node.name in self.now
            and node.name not in intents.external
            and node.target not in held.get(node.name, ())
            and (self.file.compiled.allows_unsafe or node.name not in UNSAFE_PACKAGES)
        }
        return [
            Insertion(
                search.facts.package(name),
                index,
                marker_for(name, index, search, found, intents),
            )
            for name, index in sorted(needed)
        ]

    @cached_property
    def kept(self) -> list[CompiledEntry]:
        """The entries that stay, moved or not."""
        return [entry for entry in self.file.entries if self._outcome.is_left(entry.line)]

    @cached_property
    def removed(self) -> list[CompiledEntry]:
        """The entries that go since nobody asks for them; what a rule drops goes by itself."""
        return [e for e in self.file.entries if e.line.place in self._outcome.gone]

    @cached_property
    def turnover(self) -> Turnover:
        """What comes in, and what goes."""
        inserted = frozenset(insertion.name for insertion in self.insertions)
        return Turnover(inserted, frozenset(self.file.by_name.keys() - self._kept_names))

    @cached_property
    def listed(self) -> frozenset[NormalizedName]:
        """What the file lists from now on."""
        return self._kept_names | self.turnover.inserted

    @cached_property
    def changed(self) -> frozenset[NormalizedName]:
        """The packages of the file that are new, or not at the version they were at."""
        moved = {self.name_of(e) for e in self.kept if self.change_of(e) is not None}
        return self.turnover.inserted | {name for name in moved if name is not None}

    @cached_property
    def _kept_names(self) -> frozenset[NormalizedName]:
        return frozenset(name for e in self.kept if (name := self.name_of(e)) is not None)

    def change_of(self, entry: CompiledEntry) -> LineChange | None:
        """What becomes of the line itself."""
        return self._outcome.lines.get(entry.line.place)

    def name_of(self, entry: CompiledEntry) -> NormalizedName | None:
        """The package that an entry is of now, which a rule may have replaced."""
        change = self.change_of(entry)
        demand = change.intent.demand if change is not None else None
        return demand.name if demand is not None else entry.line.name

    def sources(self, name: NormalizedName, known: Collection[str]) -> list[str]:
        """Who asks for a package now, as annotations write it; ``known`` is who did before."""
        files = [s for s in known if package_source(s) is None and self._still_names(s, name)]
        files += [s for s in self.new_files(name) if s not in files]
        packages = {p for s in known if (p := package_source(s)) and self._still_asks(p, name)}
        packages |= {p for p in self.listed if self._asks_anew(p, name)}
        if self.file.compiled.tool == "uv" and self.file.compiled.style == "line":
            return [*sorted(packages), *files]
        return [*files, *sorted(packages)]

    def _still_asks(self, parent: NormalizedName, name: NormalizedName) -> bool:
        if parent not in self.file.by_name:
            return True
        if parent not in self.listed:
            return False
        # Who did so for a reason that nothing read here explains is taken at the file's word.
        return not self.before.asks(parent, name) or self.now.asks(parent, name)

    def _asks_anew(self, parent: NormalizedName, name: NormalizedName) -> bool:
        return self.now.asks(parent, name) and (
            parent in self.changed or not self.before.asks(parent, name)
        )

    def _still_names(self, source: str, name: NormalizedName) -> bool:
        """Whether a file that asked for a package still does."""
        made_from = [d for d in self.file.made_from if source_names(source, d.path)]
        return not made_from or any(self._has(document, name) for document in made_from)

    def _has(self, document: Document, name: NormalizedName) -> bool:
        done = self._done.get(document.path, NO_TURNOVER)
        if name in done.inserted or name in done.gone:
            return name in done.inserted
        return any(
            line.name == name and self._outcome.is_left(line) for line in document.requirements
        )

    def new_files(self, name: NormalizedName) -> Iterator[str]:
        """The files it is made from that ask for a package now, as the annotations write them."""
        for document in self.file.made_from:
            done = self._done.get(document.path)
            if done is not None:
                asks = name in done.inserted
            else:
                asks = self._added.get(name) == document.path or (
                    name not in self.file.by_name and self._has(document, name)
                )
            if asks:
                said = self.file.compiled.said
                known = (source for source in said if source_names(source, document.path))
                yield next(known, f"-r {document.path}")
