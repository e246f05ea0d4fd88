"""One environment's question to the search, asked until no line is in it that nobody needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from pinfix.planning.changes import line_changes
from pinfix.planning.compiled_files import reach_before, still_asked
from pinfix.planning.intents import ALL_LINES, AskedLines, Intents, read_intents
from pinfix.planning.refusal import refusal
from pinfix.planning.rules_in_force import RulesInForce
from pinfix.planning.targets_apart import targets_apart
from pinfix.records import record
from pinfix.requirements.format_control import read_format_control
from pinfix.resolve.facts import Facts
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.found import Found
from pinfix.resolve.minimal import minimise
from pinfix.resolve.relaxation import relax
from pinfix.resolve.search import Search
from pinfix.resolve.speculation import reading_ahead
from pinfix.resolve.world import WheelWorld

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.errors import NoSolutionError
    from pinfix.index.protocol import Index
    from pinfix.planning.compiled_files import CompiledFile, Reach
    from pinfix.requirements.lines import LinePlace
    from pinfix.requirements.tree import DocumentTree
    from pinfix.resolve.demand import Policy
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target

# Each round takes more lines away, or puts some back; real files needed at most two.
MAX_ROUNDS: Final = 5


@record
class Solved:
    """A search that ended well: the question, its state, and the answer.

    ``gone`` are the lines of compiled files that nobody asks for any more; ``before`` is, for each
    of these files by its path, who required whom. Neither is known where nothing moves.
    """

    intents: Intents
    search: Search
    found: Found
    gone: frozenset[LinePlace] = frozenset()
    before: Mapping[str, Reach] = field(default_factory=dict)


def solve_tree(
    tree: DocumentTree,
    targets: Sequence[Target],
    book: RuleBook,
    policy: Policy,
    index: Index,
    compiled: Sequence[CompiledFile] = (),
) -> Solved:
    """Ask the search, and make its answer minimal. Raises NoSolutionError."""
    facts = Facts(index, targets, read_format_control(tree.options))
    rules = RulesInForce(book, facts)
    question = _Question(tree, rules, policy, facts)
    if policy.split and len(facts.targets) > 1:
        question = replace(question, split=_to_split(question))
    try:
        solved = question.ask()
    except _FailedError as failed:
        conditional = frozenset(place for file in compiled for place in file.conditional)
        if not conditional:
            raise failed.refusal() from None
        try:
            # What the file lists only because something else asked for it may not be needed.
            solved = question.ask(AskedLines(conditional=conditional))
        except _FailedError:
            raise failed.refusal() from None
        return _without_unneeded(question, solved, compiled, settled=False)
    if compiled and any(line_changes(solved.intents, solved.search, solved.found)):
        return _without_unneeded(question, solved, compiled, settled=True)
    return solved


def _without_unneeded(
    question: _Question, solved: Solved, compiled: Sequence[CompiledFile], *, settled: bool
) -> Solved:
    """The answer to the question without the lines that nobody asks for any more.

    ``settled`` says that ``solved`` would do if there are none.
    """
    before = {file.path: reach_before(file, question.facts) for file in compiled}
    asked = AskedLines()
    for _ in range(MAX_ROUNDS):
        now = [
            still_asked(
                file, before[file.path], solved.search, solved.found, solved.intents, asked.omitted
            )
            for file in compiled
        ]
        new = AskedLines(
            omitted=frozenset().union(*(one.omitted for one in now)),
            extras={place: extras for one in now for place, extras in one.extras.items()},
        )
        if new == asked and settled:
            break
        asked, settled = new, True
        try:
            solved = question.ask(asked)
        except _FailedError as failed:
            raise failed.refusal() from None
    return replace(solved, gone=asked.omitted, before=before)


@record
class _Question:
    """What is asked of the search, but for the lines of compiled files that may be left out."""

    tree: DocumentTree
    rules: RulesInForce
    policy: Policy
    facts: Facts
    split: frozenset[NormalizedName] = frozenset()

    def ask(self, lines: AskedLines = ALL_LINES) -> Solved:
        """The answer, made minimal. Raises _FailedError."""
        with self._asked(lines) as (intents, search):
            return Solved(intents, search, minimise(search, relax(search)))

    def check(self) -> None:
        """Raises _FailedError where there is no answer, minimal or not."""
        with self._asked(ALL_LINES) as (_, search):
            relax(search)

    @contextmanager
    def _asked(self, lines: AskedLines) -> Iterator[tuple[Intents, Search]]:
        lines = replace(lines, split=self.split)
        intents = read_intents(self.tree, self.facts.targets, self.rules, lines)
        world = self.new_world(intents)
        with reading_ahead(world, intents.demands):
            search = Search(world, intents.demands)
            try:
                yield intents, search
            except Unsolvable as failure:
                raise _FailedError(self, intents, search, failure) from None

    def new_world(self, intents: Intents) -> WheelWorld:
        """The wheels under the rules, and nothing known of a search yet."""
        rules = self.rules
        return WheelWorld(
            self.facts,
            self.policy,
            caps=rules.caps,
            beside=rules.beside,
            external=intents.external,
        )


def _to_split(question: _Question) -> frozenset[NormalizedName]:
    """The packages whose lines have to be split by target: as few as a search can tell."""
    split: frozenset[NormalizedName] = frozenset()
    while True:
        try:
            replace(question, split=split).check()
            break
        except _FailedError as failed:
            more = failed.tied - split
            if not more:
                return split  # what is in the way is something else, and will be said
            split |= more
    if len(split) > 1:
        for name in sorted(split):
            with suppress(_FailedError):
                replace(question, split=split - {name}).check()
                split -= {name}
    return split


class _FailedError(Exception):
    """A question without an answer; only the last word on it is made a refusal of."""

    def __init__(
        self, question: _Question, intents: Intents, search: Search, failure: Unsolvable
    ) -> None:
        super().__init__(question, intents, search, failure)
        self._question = question
        self._intents = intents
        self._search = search
        self._failure = failure

    @property
    def tied(self) -> frozenset[NormalizedName]:
        """The packages of the lines that could not be at one version on all targets."""
        named = {demand.name for demand in self._search.demands if len(demand.targets) > 1}
        return self._failure.tied() & named

    def refusal(self) -> NoSolutionError:
        """The error for the user, with which of several targets exclude each other."""
        names = [target.name for target in self._search.facts.targets]
        apart = targets_apart(
            self._intents.demands, names, lambda: self._question.new_world(self._intents)
        )
        return refusal(self._search, self._failure, self._question.rules.proposals, apart)
