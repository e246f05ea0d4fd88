"""From files, targets and rules to a plan: the parts called in order, and their answers joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pinfix.planning.against_pip import guard
from pinfix.planning.changes import line_changes, written_masks
from pinfix.planning.closure import closure, kept_sdists, warnings, written_markers
from pinfix.planning.intents import Intents, read_intents
from pinfix.planning.plan import Plan, RewrittenFile
from pinfix.planning.refusal import refusal
from pinfix.planning.rules_in_force import RulesInForce
from pinfix.planning.targets_apart import targets_apart
from pinfix.requirements.edits import apply_edits
from pinfix.requirements.format_control import read_format_control
from pinfix.requirements.pyproject import Pyproject
from pinfix.resolve.facts import Facts
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.minimal import minimise
from pinfix.resolve.pip_view import pins_against_pip
from pinfix.resolve.relaxation import relax
from pinfix.resolve.search import Found, Search
from pinfix.resolve.speculation import reading_ahead
from pinfix.resolve.world import WheelWorld

if TYPE_CHECKING:
    from pinfix.index.protocol import Index
    from pinfix.requirements.document import Document
    from pinfix.requirements.edits import Edit
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.demand import Policy
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target


UNTOLD = "what pip itself would choose for the unpinned packages could not be told; pin them"


@dataclass(frozen=True, slots=True)
class Solved:
    """A search that ended well: the question, its state, and the answer."""

    intents: Intents
    search: Search
    found: Found


def make_plan(
    tree: DocumentTree,
    targets: Sequence[Target],
    book: RuleBook,
    policy: Policy,
    index: Index,
) -> Plan:
    """What pinfix would do with the files of ``tree`` for these targets.

    Raises NoSolutionError where nothing can be done, IndexUnavailableError where the index fails.
    """
    solved = solve_tree(tree, targets, book, policy, index)
    search, found = solved.search, solved.found
    lines = list(line_changes(solved.intents, search, found))
    pins, told = pins_against_pip(search, found, written_masks(solved.intents, search, found))
    roots = [(root, tree.reached_from(root)) for root in tree.roots]
    guarded = guard(roots, solved.intents, search, found, pins, lines)
    edits: dict[str, list[Edit]] = {}
    for path, edit in guarded.edits:
        edits.setdefault(path, []).append(edit)
    for changed in guarded.lines:
        edits.setdefault(changed.intent.document.path, []).extend(changed.edits)
    return Plan(
        targets=tuple(targets),
        changes=(*(changed.change for changed in guarded.lines), *guarded.changes),
        closure=closure(search, found, written_markers(solved.intents)),
        direct=solved.intents.direct,
        kept_sdists=kept_sdists(search, found),
        warnings=(
            *(note for document in tree.documents for note in _notes(document)),
            *solved.intents.warnings,
            *warnings(search, found),
            *((UNTOLD,) * (not told)),
        ),
        files=tuple(
            _rewritten(document, edits.get(document.path, [])) for document in tree.documents
        ),
    )


def _notes(document: Document) -> tuple[str, ...]:
    return document.notes if isinstance(document, Pyproject) else ()


def _rewritten(document: Document, edits: Sequence[Edit]) -> RewrittenFile:
    return RewrittenFile(document.path, document.data, apply_edits(document, edits))


def solve_tree(
    tree: DocumentTree, targets: Sequence[Target], book: RuleBook, policy: Policy, index: Index
) -> Solved:
    """Ask the search, and make its answer minimal. Raises NoSolutionError."""
    options = [option for document in tree.documents for option in document.options]
    facts = Facts(index, targets, read_format_control(options))
    rules = RulesInForce(book, facts)
    index.prefetch_listings(
        dict.fromkeys(line.name for _, line in tree.requirements() if line.name)
    )
    intents = read_intents(tree, targets, rules)

    def new_world() -> WheelWorld:
        return WheelWorld(
            facts, policy, caps=rules.caps, beside=rules.beside, external=intents.external
        )

    world = new_world()
    with reading_ahead(world, intents.demands):
        search = Search(world, intents.demands)
        try:
            found = minimise(search, relax(search))
        except Unsolvable as failure:
            names = [target.name for target in targets]
            apart = targets_apart(intents.demands, names, new_world)
            raise refusal(search, failure, apart) from None
    return Solved(intents, search, found)
