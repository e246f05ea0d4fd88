"""A compiled file kept consistent: pins that nobody asks for any more go, those now needed come in.

What is written is what pip-compile would have written for the same pins: in its order and layout,
with ``# via`` naming who asks now.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final

from packaging.utils import canonicalize_name

from pinfix.planning.changes import hashes_of
from pinfix.planning.compiled_now import NO_TURNOVER, CompiledNow, Insertion, Outcome, Turnover
from pinfix.planning.plan import Change
from pinfix.records import record
from pinfix.requirements.compiled import package_source
from pinfix.requirements.edits import Edit, edited
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

    from pinfix.planning.compiled_files import CompiledFile, Reach
    from pinfix.requirements.compiled import CompiledEntry

_LEAD: Final = re.compile(r"[^#]*")


@record
class Recompiled:
    """What becomes of one compiled file beside the changes of its lines."""

    edits: tuple[Edit, ...] = ()
    changes: tuple[Change, ...] = ()
    turnover: Turnover = NO_TURNOVER


def recompile(
    file: CompiledFile,
    before: Reach,
    outcome: Outcome,
    done: Mapping[str, Turnover],
    wanted: Collection[NormalizedName],
) -> Recompiled:
    """The edits of one file; none where nothing that it lists moves and it has all it needs.

    ``before`` is who required whom (see ``reach_before``), ``done`` what became of the files that
    this one is made from, by path; ``wanted`` are packages that have to be listed.
    """
    now = CompiledNow(file, before, outcome, done)
    touched = (
        now.removed
        or any(entry.line.place in outcome.lines for entry in file.entries)
        or any(done.get(document.path, NO_TURNOVER) != NO_TURNOVER for document in file.made_from)
        or any(insertion.name in wanted for insertion in now.insertions)
    )
    return _Recompilation(now, outcome).result() if touched else Recompiled()


class _Recompilation:
    """How the new state of one compiled file is written and reported."""

    def __init__(self, now: CompiledNow, outcome: Outcome) -> None:
        self._now = now
        self._file = now.file
        self._compiled = now.file.compiled
        self._document = now.file.compiled.document
        self._outcome = outcome

    def result(self) -> Recompiled:
        edits = [*self._removals(), *self._rewritten(), *self._additions(), *self._unpinned()]
        changes = [*self._removed_changes(), *self._inserted_changes()]
        return Recompiled(tuple(edits), tuple(changes), self._now.turnover)

    # -- edits -------------------------------------------------------------------------------

    def _removals(self) -> Iterator[Edit]:
        yield from (Edit(entry.span, "") for entry in self._now.removed)
        start = self._compiled.unsafe_start
        below = [entry for entry in self._now.kept if entry.unsafe]
        if start is not None and not below and self._compiled.unpinned is None:
            unsafe = [entry for entry in self._file.entries if entry.unsafe]
            if unsafe and not any(map(self._is_unsafe, self._now.insertions)):
                yield Edit(Span(start, min(entry.span.start for entry in unsafe)), "")

    def _rewritten(self) -> Iterator[Edit]:
        """What of the entries that stay is written anew beside the version."""
        for entry in self._now.kept:
            name = self._now.name_of(entry)
            if name is not None:
                extras = self._extras(entry, name)
                yield from extras
                yield from self._annotation(entry, name, extras)

    def _extras(self, entry: CompiledEntry, name: NormalizedName) -> list[Edit]:
        """Other extras, where what moved asks for others than before."""
        line = entry.line
        change = self._now.change_of(entry)
        by_rule = change is not None and change.intent.asked != change.intent.demand
        if self._compiled.strips_extras or by_rule or line.name_span is None or line.url:
            return []
        now = self._now.now.extras.get(name, line.extras)
        before = self._now.before.extras.get(name, line.extras)
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
        change = self._now.change_of(entry)
        edits = [*(change.edits if change is not None else ()), *extras]
        text = edited(entry.line, edits) if edits else entry.line.raw
        known = entry.sources or ()
        sources = self._now.sources(name, known)
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
        places: dict[int, list[str]] = {}
        starts_unsafe = self._compiled.unsafe_start is None
        for insertion, position in self._positions:
            texts = places.setdefault(position, [])
            if starts_unsafe and self._is_unsafe(insertion):
                texts += ["", UNSAFE_HEADING]
                starts_unsafe = False
            texts.append(self._text(insertion))
        for position, texts in places.items():
            lead = "\n" if position and self._document.text[position - 1] not in "\r\n" else ""
            text = lead + "".join(f"{text}\n" for text in texts)
            yield Edit(Span(position, position), self._with_newlines(text))

    def _is_unsafe(self, insertion: Insertion) -> bool:
        """Whether a new pin stands below the heading for unsafe packages; uv has none."""
        return insertion.name in UNSAFE_PACKAGES and self._compiled.tool != "uv"

    @cached_property
    def _positions(self) -> list[tuple[Insertion, int]]:
        """Where each new pin goes in the text, the unsafe ones last."""
        insertions = sorted(self._now.insertions, key=lambda i: (self._is_unsafe(i), i.name))
        return [(i, self._position(i.name, unsafe=self._is_unsafe(i))) for i in insertions]

    def _position(self, name: NormalizedName, *, unsafe: bool) -> int:
        entries = [
            entry
            for entry in self._file.entries
            if entry.unsafe is unsafe and entry.line.name and not entry.line.editable
        ]
        above = list(itertools.takewhile(lambda e: (e.line.name or "") <= name, entries))
        if above:
            return above[-1].span.end
        if entries:
            return entries[0].span.start
        others = [entry for entry in self._file.entries if not entry.unsafe]
        start = self._compiled.unsafe_start
        if others and not unsafe:
            return others[-1].span.end
        return len(self._document.text) if start is None or unsafe else start

    def _text(self, insertion: Insertion) -> str:
        hashes: Sequence[str] = ()
        if self._compiled.hashed:
            hashes = hashes_of(insertion.package, insertion.index)
        extras = () if self._compiled.strips_extras else self._now.now.extras[insertion.name]
        text = pin_text(
            insertion.name,
            str(insertion.version),
            extras=sorted(extras),
            marker=insertion.marker,
            hashes=hashes,
        )
        if self._compiled.style is None:
            return text
        sources = self._now.sources(insertion.name, ())
        return text + annotation(text, sources, self._compiled.style, hashed=bool(hashes))

    def _unpinned(self) -> Iterator[Edit]:
        """The names of the unsafe packages, which pip-compile gives without their versions."""
        if self._compiled.allows_unsafe or self._compiled.tool is None:
            return
        known = set(self._compiled.unpinned.names) if self._compiled.unpinned is not None else set()
        names = {
            name
            for name in known
            if (normal := canonicalize_name(name)) in self._now.now
            or normal not in self._now.before
        }
        names |= {name for name in UNSAFE_PACKAGES if name in self._now.now}
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
        for entry in self._now.removed:
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
        now = self._now
        moved = [self._phrase(p) for p in parents if p in now.changed or p not in now.listed]
        if moved and len(moved) == len(parents):
            return f"nothing requires it any more: {', '.join(moved)}"
        return f"nothing requires it on {' or '.join(target.name for target in targets)}"

    def _phrase(self, parent: NormalizedName) -> str:
        version = self._version(parent) if parent in self._now.listed else None
        return f"{parent} {version} does not" if version else f"{parent} is not needed either"

    def _version(self, name: NormalizedName) -> str | None:
        for node, index in self._outcome.found.pins.items():
            if node.name == name and not node.extra:
                return str(self._outcome.search.facts.package(name).versions[index])
        return None

    def _inserted_changes(self) -> Iterator[Change]:
        for insertion, position in self._positions:
            parents = [
                f"{parent} {self._version(parent)}"
                for parent in sorted(self._now.listed)
                if self._now.now.asks(parent, insertion.name)
            ]
            asking = " and ".join([*parents, *self._now.new_files(insertion.name)])
            yield Change(
                package=insertion.name,
                file=self._file.path,
                line=self._document.text.count("\n", 0, position) + 1,
                before="",
                after=f"{insertion.name}=={insertion.version}"
                + (f" ; {insertion.marker}" if insertion.marker else ""),
                cause="required",
                reason=f"{asking} requires it, and the file lists all that is installed",
            )


def _lead(tail: str) -> str:
    match = _LEAD.match(tail)
    return match[0] if match else ""
