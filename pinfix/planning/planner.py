"""From files, targets and rules to a plan: the parts called in order, and their answers joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pinfix.planning.against_pip import Guard, Root, WantedPin, blocks, guard
from pinfix.planning.changes import line_changes
from pinfix.planning.closure import closure, kept_sdists, warnings, written_markers
from pinfix.planning.compiled_files import CompiledFile, compiled_files, reach_before
from pinfix.planning.plan import Plan, RewrittenFile
from pinfix.planning.solving import Solved, solve_tree
from pinfix.requirements.compiled import is_file_source
from pinfix.requirements.edits import Edit, apply_edits, copy_lines
from pinfix.requirements.format_control import read_format_control
from pinfix.requirements.pyproject_document import Pyproject
from pinfix.requirements.spans import Span

if TYPE_CHECKING:
    from pinfix.index.protocol import Index
    from pinfix.planning.compiled_now import Turnover
    from pinfix.planning.line_change import LineChange
    from pinfix.planning.recompile import Recompiled
    from pinfix.requirements.compiled import CompiledEntry
    from pinfix.requirements.document import Document
    from pinfix.requirements.lines import LinePlace
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.demand import Policy
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target


UNTOLD = "what pip itself would choose for the unpinned packages could not be told; pin them"


def make_plan(
    tree: DocumentTree,
    targets: Sequence[Target],
    book: RuleBook,
    policy: Policy,
    index: Index,
    *,
    with_artifacts: bool = True,
) -> Plan:
    """What pinfix would do with the files of ``tree`` for these targets.

    ``with_artifacts``: with all files of each release, which only a lock file names. Raises
    NoSolutionError where nothing can be done, IndexUnavailableError where the index fails.
    """
    compiled = compiled_files(tree)
    solved = solve_tree(tree, targets, book, policy, index, compiled)
    intents, search, found = solved.intents, solved.search, solved.found
    guarded = guard(intents, search, found, line_changes(intents, search, found))
    edits: dict[str, list[Edit]] = {}
    for changed in guarded.lines:
        edits.setdefault(changed.intent.document.path, []).extend(changed.edits)
    recompiled = _recompiled(compiled, solved, guarded)
    entries = {entry.line.place: entry for file in compiled for entry in file.entries}
    changes = [changed.change for changed in guarded.lines]
    for changed in guarded.lines:
        path = changed.intent.document.path
        beside = recompiled[path].edits if path in recompiled else ()
        edits[path] += _copies(changed, entries, beside)
        changes += [copy.change for copy in changed.copies]
    for path, done in recompiled.items():
        edits.setdefault(path, []).extend(done.edits)
        changes += done.changes
    removed = [changed.intent.line for changed in guarded.lines if changed.is_removal]
    roots = _roots(tree, compiled, recompiled, guarded)
    for document, edit, added in blocks(roots, removed, search, found):
        edits.setdefault(document.path, []).append(edit)
        changes += added
    order = {document.path: number for number, document in enumerate(tree.documents)}
    return Plan(
        targets=tuple(targets),
        changes=tuple(sorted(changes, key=lambda c: (order[c.file], c.line))),
        closure=closure(search, found, written_markers(intents), with_artifacts=with_artifacts),
        direct=intents.direct,
        trusted_hosts=tuple(
            dict.fromkeys(o.value for o in tree.options if o.option == "--trusted-host" and o.value)
        ),
        formats=read_format_control(tree.options),
        kept_sdists=kept_sdists(search, found),
        warnings=(
            *(note for document in tree.documents for note in _notes(document)),
            *intents.warnings,
            *book.clashes,
            *warnings(search, found),
            *((UNTOLD,) * (not guarded.told)),
            *(said for file in compiled if edits.get(file.path) for said in _made_again(file)),
        ),
        files=tuple(_rewritten(document, edits.get(document.path, [])) for document in tree.own),
        proposals=intents.proposals,
    )


def _recompiled(
    compiled: Sequence[CompiledFile], solved: Solved, guarded: Guard
) -> dict[str, Recompiled]:
    """What becomes of the compiled files beside the changes of their lines, by path."""
    if not compiled or not (guarded.lines or guarded.wanted or solved.gone):
        return {}
    from pinfix.planning.compiled_now import Outcome
    from pinfix.planning.recompile import recompile

    lines = {changed.intent.line.place: changed for changed in guarded.lines}
    outcome = Outcome(solved.intents, solved.search, solved.found, lines, solved.gone)
    done: dict[str, Recompiled] = {}
    turnovers: dict[str, Turnover] = {}
    for file in compiled:
        wanted = {wanted.name for wanted in guarded.wanted} - file.unpinned
        before = solved.before.get(file.path)
        if before is None:
            before = reach_before(file, solved.search.facts)
        done[file.path] = recompile(file, before, outcome, turnovers, wanted)
        turnovers[file.path] = done[file.path].turnover
    return done


def _roots(
    tree: DocumentTree,
    compiled: Sequence[CompiledFile],
    recompiled: Mapping[str, Recompiled],
    guarded: Guard,
) -> list[Root]:
    """The named files, each with the pins that no compiled file has a better place for."""

    def has_no_place(wanted: WantedPin, document: Document, reached: frozenset[str]) -> bool:
        if any(document in file.made_from for file in compiled) and wanted.cause != "rule":
            return False  # it is installed by way of the compiled file, which pins all there is
        inside = [file for file in compiled if file.path in reached]
        if any(wanted.name in recompiled[file.path].turnover.inserted for file in inside):
            return False
        left_out = any(wanted.name in file.unpinned for file in inside)
        return not (left_out and wanted.cause == "hash-checking")

    roots = []
    for document in tree.roots:
        reached = tree.reached_from(document)
        wanted = tuple(pin for pin in guarded.wanted if has_no_place(pin, document, reached))
        roots.append(Root(document, reached, wanted))
    return roots


def _made_again(file: CompiledFile) -> Iterator[str]:
    """What keeps the next run of the compiler from taking the changes back."""
    sources = dict.fromkeys(
        source.removeprefix("-r ")
        for entry in file.entries
        for source in entry.sources or ()
        if is_file_source(source) and not file.is_made_from(source)
    )
    if sources:
        yield (
            f"{file.path} is made from {', '.join(sources)}, and the next time it is, what changed "
            "here may come back; name that file too, so that both change together"
        )


def _copies(
    changed: LineChange, entries: Mapping[LinePlace, CompiledEntry], beside: Sequence[Edit]
) -> Iterator[Edit]:
    """The lines that a split one gets below it, with what else changes of a compiled entry."""
    document, line = changed.intent.document, changed.intent.line
    entry = entries.get(line.place)
    for copy in changed.copies:
        if isinstance(document, Pyproject):
            from pinfix.requirements.array_edits import copy_element

            yield copy_element(document, line, copy.edits)
        else:
            span = entry.span if entry is not None else line.line_span
            yield copy_lines(document, span, [*copy.edits, *beside])


def _joined(edits: Sequence[Edit]) -> list[Edit]:
    """The edits, with what is inserted in one place as one edit, in their order."""
    inserted: dict[Span, str] = {}
    for edit in edits:
        if edit.span.start == edit.span.end:
            inserted[edit.span] = inserted.get(edit.span, "") + edit.text
    others = [edit for edit in edits if edit.span.start < edit.span.end]
    return [*others, *(Edit(span, text) for span, text in inserted.items())]


def _notes(document: Document) -> tuple[str, ...]:
    return document.notes if isinstance(document, Pyproject) else ()


def _rewritten(document: Document, edits: Sequence[Edit]) -> RewrittenFile:
    return RewrittenFile(document.path, document.data, apply_edits(document, _joined(edits)))
