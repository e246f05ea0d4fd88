"""A compiled file kept consistent: pins that nobody asks for any more go, those now needed come in.

What is written is what pip-compile would have written for the same pins: in its order and layout,
with ``# via`` naming who asks now. Of what did not move, the file's own word is taken.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from pinfix.planning.changes import edited, hashes_of
from pinfix.planning.compiled_files import place_of, reach_now
from pinfix.planning.pin_markers import marker_for
from pinfix.planning.plan import Change
from pinfix.requirements.compiled import package_source, source_names
from pinfix.requirements.edits import Edit
from pinfix.requirements.pip_compile import (
    UNHASHED_HEADING,
    UNSAFE_HEADING,
    UNSAFE_PACKAGES,
    annotation,
    pin_text,
)
from pinfix.requirements.spans import Span

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.planning.changes import LineChange
    from pinfix.planning.compiled_files import CompiledFile, Place, Reach
    from pinfix.planning.intents import Intents
    from pinfix.requirements.compiled import CompiledEntry
    from pinfix.requirements.document import Document
    from pinfix.resolve.search import Found, Search

_LEAD: Final = re.compile(r"[^#]*")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search came to: ``lines`` are the changes by place, ``gone`` the lines that go."""

    intents: Intents
    search: Search
    found: Found
    lines: Mapping[Place, LineChange]
    gone: Collection[Place]


@dataclass(frozen=True, slots=True)
class Recompiled:
    """What becomes of one compiled file beside the changes of its lines.

    ``inserted`` are the packages that it lists now, ``gone`` those that it lists no more.
    """

    edits: tuple[Edit, ...] = ()
    changes: tuple[Change, ...] = ()
    inserted: frozenset[NormalizedName] = frozenset()
    gone: frozenset[NormalizedName] = frozenset()


@dataclass(frozen=True, slots=True)
class _Insertion:
    """A new pin: ``sources`` ask for it, ``marker`` (PEP 508) is empty where all targets need it."""

    name: NormalizedName
    index: int
    marker: str


def recompile(
    file: CompiledFile,
    before: Reach,
    outcome: Outcome,
    done: Mapping[str, Recompiled],
    wanted: Collection[NormalizedName],
) -> Recompiled:
    """The edits of one file; none where nothing that it lists moves and it has all it needs.

    ``before`` is who required whom (see ``reach_before``), ``done`` what became of the files that
    this one is made from, by path; ``wanted`` are packages that have to be listed.
    """
    work = _Recompilation(file, before, outcome, done)
    places = {place_of(entry.line) for entry in file.entries}
    touched = (
        not places.isdisjoint(outcome.gone)
        or not places.isdisjoint(outcome.lines)
        or any(one.inserted or one.gone for d in file.made_from if (one := done.get(d.path)))
        or any(insertion.name in wanted for insertion in work.insertions)
    )
    return work.result() if touched else Recompiled()


class _Recompilation:
    """One compiled file between its pins as they were and as they are to be."""

    def __init__(
        self,
        file: CompiledFile,
        before: Reach,
        outcome: Outcome,
        done: Mapping[str, Recompiled],
    ) -> None:
        self._file = file
        self._compiled = file.compiled
        self._document = file.compiled.document
        self._before = before
        self._outcome = outcome
        self._done = done
        paths = {document.path for document in file.made_from}
        self._now = reach_now(
            file,
            outcome.found,
            (d.name for d, _ in outcome.intents.added if d.origin.rpartition(":")[0] in paths),
        )

    def result(self) -> Recompiled:
        edits = [*self._removals(), *self._rewritten(), *self._additions(), *self._unpinned()]
        inserted = frozenset(insertion.name for insertion in self.insertions)
        return Recompiled(
            tuple(edits),
            (*self._removed_changes(), *self._inserted_changes()),
            inserted,
            self._removed_names,
        )

    # -- what is listed ----------------------------------------------------------------------

    @cached_property
    def insertions(self) -> list[_Insertion]:
        """The packages that the file needs and has no line for, by name."""
        intents, found = self._outcome.intents, self._outcome.found
        held: dict[NormalizedName, set[int]] = {}
        for intent in intents.lines:
            if intent.line.path == self._file.path and intent.demand is not None:
                held.setdefault(intent.demand.name, set()).update(intent.demand.targets)
        needed = {
            (node.name, index)
            for node, index in found.pins.items()
            if not node.extra
            and not node.is_shared
            and node.name in self._now
            and node.name not in intents.external
            and node.target not in held.get(node.name, ())
            and (self._compiled.allows_unsafe or node.name not in UNSAFE_PACKAGES)
        }
        return [
            _Insertion(name, index, marker_for(name, index, self._outcome.search, found, intents))
            for name, index in sorted(needed)
        ]

    @cached_property
    def _removed(self) -> list[CompiledEntry]:
        """The entries that go since nobody asks for them; what a rule drops goes by itself."""
        gone = self._outcome.gone
        return [entry for entry in self._file.entries if place_of(entry.line) in gone]

    @cached_property
    def _kept(self) -> list[CompiledEntry]:
        lines = self._outcome.lines
        return [
            entry
            for entry in self._file.entries
            if place_of(entry.line) not in self._outcome.gone
            and ((change := lines.get(place_of(entry.line))) is None or change.change.after)
        ]

    @cached_property
    def _removed_names(self) -> frozenset[NormalizedName]:
        return self._compiled.names - {self._name_now(entry) for entry in self._kept}

    @cached_property
    def _listed(self) -> frozenset[NormalizedName]:
        """What the file lists from now on."""
        kept = {name for entry in self._kept if (name := self._name_now(entry)) is not None}
        return frozenset(kept | {insertion.name for insertion in self.insertions})

    @cached_property
    def _changed(self) -> frozenset[NormalizedName]:
        """The packages of the file that are new, or not at the version they were at."""
        lines = self._outcome.lines
        moved = {self._name_now(e) for e in self._kept if place_of(e.line) in lines}
        new = {insertion.name for insertion in self.insertions}
        return frozenset(name for name in moved | new if name is not None)

    def _name_now(self, entry: CompiledEntry) -> NormalizedName | None:
        change = self._outcome.lines.get(place_of(entry.line))
        demand = change.intent.demand if change is not None else None
        return demand.name if demand is not None else entry.line.name

    # -- who asks for what -------------------------------------------------------------------

    def _sources(self, name: NormalizedName, known: Collection[str]) -> list[str]:
        """Who asks for a package now; ``known`` is who did before."""
        files = [s for s in known if package_source(s) is None and self._still_names(s, name)]
        files += [s for s in self._new_files(name) if s not in files]
        packages = {p for s in known if (p := package_source(s)) and self._still_asks(p, name)}
        packages |= {p for p in self._listed if self._asks_anew(p, name)}
        if self._compiled.tool == "uv" and self._compiled.style == "line":
            return [*sorted(packages), *files]
        return [*files, *sorted(packages)]

    def _still_asks(self, parent: NormalizedName, name: NormalizedName) -> bool:
        if parent not in self._compiled.names:
            return True
        if parent not in self._listed:
            return False
        # Who did so for a reason that nothing read here explains is taken at the file's word.
        return not self._before.asks(parent, name) or self._now.asks(parent, name)

    def _asks_anew(self, parent: NormalizedName, name: NormalizedName) -> bool:
        return self._now.asks(parent, name) and (
            parent in self._changed or not self._before.asks(parent, name)
        )

    def _still_names(self, source: str, name: NormalizedName) -> bool:
        """Whether a file that asked for a package still does."""
        made_from = [d for d in self._file.made_from if source_names(source, d.path)]
        return not made_from or any(self._has(document, name) for document in made_from)

    def _has(self, document: Document, name: NormalizedName) -> bool:
        done = self._done.get(document.path)
        if done is not None and (name in done.inserted or name in done.gone):
            return name in done.inserted
        lines = self._outcome.lines
        return any(
            line.name == name
            and ((change := lines.get(place_of(line))) is None or change.change.after != "")
            for line in document.requirements
        )

    def _new_files(self, name: NormalizedName) -> Iterator[str]:
        """The files it is made from that ask for a package now, as the annotations write them."""
        said = {s: None for entry in self._file.entries for s in entry.sources or ()}
        for document in self._file.made_from:
            done = self._done.get(document.path)
            if done is None:
                added = {
                    d.name: d.origin.rpartition(":")[0] for d, _ in self._outcome.intents.added
                }
                asks = added.get(name) == document.path or (
                    name not in self._compiled.names and self._has(document, name)
                )
            else:
                asks = name in done.inserted
            if asks:
                known = (source for source in said if source_names(source, document.path))
                yield next(known, f"-r {document.path}")

    # -- edits -------------------------------------------------------------------------------

    def _removals(self) -> Iterator[Edit]:
        yield from (Edit(entry.span, "") for entry in self._removed)
        start = self._compiled.unsafe_start
        below = [entry for entry in self._kept if entry.unsafe]
        if start is not None and not below and self._compiled.unpinned is None:
            unsafe = [entry for entry in self._file.entries if entry.unsafe]
            if unsafe and not any(i.name in UNSAFE_PACKAGES for i in self.insertions):
                yield Edit(Span(start, min(entry.span.start for entry in unsafe)), "")

    def _rewritten(self) -> Iterator[Edit]:
        """What of the entries that stay is written anew beside the version."""
        for entry in self._kept:
            name = self._name_now(entry)
            if name is not None:
                extras = self._extras(entry, name)
                yield from extras
                yield from self._annotation(entry, name, extras)

    def _extras(self, entry: CompiledEntry, name: NormalizedName) -> list[Edit]:
        """Other extras, where what moved asks for others than before."""
        line = entry.line
        change = self._outcome.lines.get(place_of(line))
        by_rule = change is not None and change.intent.asked != change.intent.demand
        if self._compiled.strips_extras or by_rule or line.name_span is None or line.url:
            return []
        now = self._now.extras.get(name, line.extras)
        before = self._before.extras.get(name, line.extras)
        wanted = (line.extras - (before - now)) | (now - before)
        if wanted == line.extras:
            return []
        text = f"[{','.join(sorted(wanted))}]" if wanted else ""
        end = line.name_span.end
        return [Edit(line.extras_span or Span(end, end), text)]

    def _annotation(
        self, entry: CompiledEntry, name: NormalizedName, extras: list[Edit]
    ) -> Iterator[Edit]:
        """Who asks, where that changed, or where the line has another length now."""
        style = self._compiled.style
        if style is None:
            return
        change = self._outcome.lines.get(place_of(entry.line))
        edits = [*(change.edits if change is not None else ()), *extras]
        text = edited(entry.line, edits) if edits else entry.line.raw
        known = entry.sources or ()
        sources = self._sources(name, known)
        hashed = bool(entry.line.hashes)
        old = self._document.text[entry.tail.start : entry.tail.end]
        before = annotation(entry.line.raw, known, style, hashed=hashed)
        after = annotation(text, sources, style, hashed=hashed)
        if sorted(sources) == sorted(known) and old.splitlines() != before.splitlines():
            return  # nothing new to say, in a layout of its own
        if sources and known and _lead(old) != _lead(before):
            after = _lead(old) + after.removeprefix(_lead(after))
        after = self._with_newlines(after)
        if after != old:
            yield Edit(entry.tail, after)

    def _additions(self) -> Iterator[Edit]:
        """The new entries, each in its place; those for one place together."""
        new = (
            {False: self.insertions, True: []}
            if self._compiled.tool == "uv"
            else {
                unsafe: [i for i in self.insertions if (i.name in UNSAFE_PACKAGES) is unsafe]
                for unsafe in (False, True)
            }
        )
        places: dict[int, list[str]] = {}
        for unsafe, insertions in new.items():
            entries = [
                entry
                for entry in self._file.entries
                if entry.unsafe is unsafe and entry.line.name and not entry.line.editable
            ]
            for insertion in insertions:
                position = self._position(insertion.name, entries)
                texts = places.setdefault(position, [])
                if unsafe and not entries and not texts and self._compiled.unsafe_start is None:
                    texts += ["", UNSAFE_HEADING]
                texts.append(self._text(insertion))
        for position, texts in places.items():
            lead = "\n" if position and self._document.text[position - 1] not in "\r\n" else ""
            text = lead + "".join(f"{text}\n" for text in texts)
            yield Edit(Span(position, position), self._with_newlines(text))

    def _position(self, name: NormalizedName, entries: list[CompiledEntry]) -> int:
        above = None
        for entry in entries:
            if entry.line.name is not None and entry.line.name > name:
                break
            above = entry
        if above is not None:
            return above.span.end
        if entries:
            return entries[0].span.start
        others = [entry for entry in self._file.entries if not entry.unsafe]
        start = self._compiled.unsafe_start
        if others and name not in UNSAFE_PACKAGES:
            return others[-1].span.end
        return len(self._document.text) if start is None or name in UNSAFE_PACKAGES else start

    def _text(self, insertion: _Insertion) -> str:
        package = self._outcome.search.facts.package(insertion.name)
        hashes = hashes_of(package, insertion.index) if self._compiled.hashed else ()
        extras = () if self._compiled.strips_extras else self._now.extras[insertion.name]
        text = pin_text(
            insertion.name,
            str(package.versions[insertion.index]),
            extras=sorted(extras),
            marker=insertion.marker,
            hashes=hashes,
        )
        if self._compiled.style is None:
            return text
        sources = self._sources(insertion.name, ())
        return text + annotation(text, sources, self._compiled.style, hashed=bool(hashes))

    def _unpinned(self) -> Iterator[Edit]:
        """The names of the unsafe packages, which pip-compile gives without their versions."""
        if self._compiled.allows_unsafe or self._compiled.tool is None:
            return
        known = set(self._compiled.unpinned.names) if self._compiled.unpinned is not None else set()
        names = {
            name
            for name in known
            if canonicalize_name(name) in self._now or canonicalize_name(name) not in self._before
        }
        names |= {name for name in UNSAFE_PACKAGES if canonicalize_name(name) in self._now}
        if names == known:
            return
        comments = "".join(f"# {name}\n" for name in sorted(names))
        end = len(self._document.text)
        if self._compiled.unpinned is not None:
            span = self._compiled.unpinned.span
            if not names and self._compiled.unsafe_start is not None:
                span = Span(self._compiled.unsafe_start, span.end)
            yield Edit(span, self._with_newlines(comments))
        elif self._compiled.unsafe_start is None:
            heading = UNHASHED_HEADING if self._compiled.hashed else (UNSAFE_HEADING,)
            text = "".join(f"{line}\n" for line in ("", *heading)) + comments
            yield Edit(Span(end, end), self._with_newlines(text))

    def _with_newlines(self, text: str) -> str:
        return text.replace("\n", self._document.newline)

    # -- changes -----------------------------------------------------------------------------

    def _removed_changes(self) -> Iterator[Change]:
        for entry in self._removed:
            assert entry.line.name is not None
            parents = sorted({p for s in entry.sources or () if (p := package_source(s))})
            yield Change(
                package=entry.line.name,
                file=entry.line.path,
                line=entry.line.line,
                before=entry.line.raw,
                after="",
                cause="not needed",
                reason=self._why_not(parents),
            )

    def _why_not(self, parents: list[NormalizedName]) -> str:
        targets = self._outcome.search.facts.targets
        moved = [self._phrase(p) for p in parents if p in self._changed or p not in self._listed]
        if moved and len(moved) == len(parents):
            return f"nothing requires it any more: {', '.join(moved)}"
        return f"nothing requires it on {' or '.join(target.name for target in targets)}"

    def _phrase(self, parent: NormalizedName) -> str:
        version = self._version(parent) if parent in self._listed else None
        return f"{parent} {version} does not" if version else f"{parent} is not needed either"

    def _version(self, name: NormalizedName) -> str | None:
        for node, index in self._outcome.found.pins.items():
            if node.name == name and not node.extra:
                return str(self._outcome.search.facts.package(name).versions[index])
        return None

    def _inserted_changes(self) -> Iterator[Change]:
        entries = [entry for entry in self._file.entries if not entry.unsafe]
        for insertion in self.insertions:
            package = self._outcome.search.facts.package(insertion.name)
            position = self._position(insertion.name, entries)
            parents = [
                f"{parent} {self._version(parent)}"
                for parent in sorted(self._listed)
                if self._now.asks(parent, insertion.name)
            ]
            asking = " and ".join([*parents, *self._new_files(insertion.name)])
            yield Change(
                package=insertion.name,
                file=self._file.path,
                line=self._document.text.count("\n", 0, position) + 1,
                before="",
                after=f"{insertion.name}=={package.versions[insertion.index]}"
                + (f" ; {insertion.marker}" if insertion.marker else ""),
                cause="required",
                reason=f"{asking} requires it, and the file lists all that is installed",
            )


def _lead(tail: str) -> str:
    match = _LEAD.match(tail)
    return match[0] if match else ""
