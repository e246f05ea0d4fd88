"""What a file needs so that pip, left alone with it, ends at the plan: tighter lines, or pins.

Where a rule stands against what pip would take, and a line of the user's asks for the package, that
line gets the rule's bound. Everything else is pinned in the marked block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from packaging.version import Version

from pinfix.planning.block import BlockPin, block_edit
from pinfix.planning.changes import had_wheels, hashes_of, rule_edits, written_masks
from pinfix.planning.line_change import LineChange
from pinfix.planning.pin_markers import marker_for
from pinfix.planning.plan import Change, ChangeKind
from pinfix.records import record
from pinfix.requirements.edits import Edit, edited, set_specifier
from pinfix.resolve.explain import preference_sentence
from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.node import Node
from pinfix.resolve.pip_view import ExtraPin, WouldBreakRule, pins_against_pip

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.planning.intents import Intent, Intents
    from pinfix.requirements.document import Document, RequirementLine
    from pinfix.resolve.demand import Demand
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search
    from pinfix.rulebook.rule import Rule


@record
class Guard:
    """All changes of lines, with those against pip's own choice; and the pins that are missing.

    ``told`` is False where what pip would do could not be told.
    """

    lines: tuple[LineChange, ...]
    wanted: tuple[WantedPin, ...]
    told: bool


@record
class WantedPin:
    """One pin of a block: the package, the pin, and why it is there."""

    name: NormalizedName
    pin: BlockPin
    cause: ChangeKind
    rule: Rule | None = None


def guard(intents: Intents, search: Search, found: Found, made: Iterable[LineChange]) -> Guard:
    """The lines as ``made`` has them, and what keeps pip on the plan beside them."""
    lines = {id(change.intent.line): change for change in made}
    written = written_masks(intents, search, found)
    bounds: dict[int, list[Rule]] = {}
    while True:
        pins, told = pins_against_pip(search, found, written)
        # A line that gets a rule's bound gives pip another choice, which may need a pin yet.
        new = [
            (number, intent, rule)
            for pin in pins
            if (rule := _bound(pin)) is not None
            for number, intent in _lines_for(pin, rule, intents, search, found)
            if rule not in bounds.get(number, ())
        ]
        if not new:
            break
        for number, intent, rule in new:
            rules = bounds.setdefault(number, [])
            rules.append(rule)
            lines[id(intent.line)] = _tightened(intent, rules, search, found)
            assert rule.versions is not None  # it is a cap's
            left = search.facts.package(rule.package).matching(rule.versions)
            written[number] = written.get(number, search.mask(number)) & left
    wanted: list[WantedPin] = []
    for pin in pins:
        against = pin.against.rule if isinstance(pin.against, WouldBreakRule) else None
        reason = preference_sentence(pin.against)
        block_pin = _block_pin(pin.name, pin.index, reason, search, found, intents)
        wanted.append(WantedPin(pin.name, block_pin, "pip prefers", against))
    listed = {pin.name for pin in pins}
    for demand, rule in intents.added:
        added = None if demand.name in listed else _added(demand, rule, intents, search, found)
        if added is not None:
            listed.add(demand.name)
            wanted.append(WantedPin(demand.name, added, "rule", rule))
    unlisted = _unlisted(intents, search, found, listed)
    wanted += [WantedPin(name, pin, "hash-checking") for name, pin in unlisted]
    return Guard(_in_file_order(intents, lines), tuple(wanted), told)


@record
class Root:
    """A file that was named: ``reached`` are the paths of it and of all that it includes.

    ``wanted`` are the pins that have no other place than its block, if it pulls them in.
    """

    document: Document
    reached: frozenset[str]
    wanted: tuple[WantedPin, ...]


def blocks(
    roots: Sequence[Root], removed: Sequence[RequirementLine], search: Search, found: Found
) -> Iterator[tuple[Document, Edit, list[Change]]]:
    """The marked blocks: one in every named file whose lines pull in what it has to pin.

    ``removed`` are the lines that go at the same time.
    """
    for root in roots:
        here = [
            wanted
            for wanted in root.wanted
            if len(roots) == 1 or _pulled_in(wanted.name, root.reached, search, found)
        ]
        if here:
            edit = block_edit(root.document, [wanted.pin for wanted in here], removed)
            yield root.document, edit, [_block_change(root.document, wanted) for wanted in here]


def _pulled_in(name: NormalizedName, reached: frozenset[str], search: Search, found: Found) -> bool:
    """Whether the lines of these files pull a package in, by themselves or through others."""
    above = {node for node in found.pins if node.name == name}
    waiting = list(above)
    while waiting:
        child = waiting.pop()
        new = set(found.parents.get(child, ())) - above
        above |= new
        waiting += new
    names = {node.name for node in above}
    return any(
        demand.name in names and demand.origin.rpartition(":")[0] in reached
        for demand in search.demands
        if not demand.constraint
    )


def _in_file_order(intents: Intents, lines: Mapping[int, LineChange]) -> tuple[LineChange, ...]:
    every = dict.fromkeys(id(intent.line) for intent in (*intents.lines, *intents.constraints))
    return tuple(lines[line] for line in every if line in lines)


def _bound(pin: ExtraPin) -> Rule | None:
    """The rule whose versions can be written behind a line's own, if it is one of that kind."""
    if not isinstance(pin.against, WouldBreakRule) or pin.against.name != pin.name:
        return None
    rule = pin.against.rule
    plain = rule.action == "cap" and rule.matches is None and rule.beside is None
    return rule if plain else None


def _lines_for(
    pin: ExtraPin, rule: Rule, intents: Intents, search: Search, found: Found
) -> list[tuple[int, Intent]]:
    """The lines that the rule's bound can stand in, with the numbers of their demands."""
    several = Counter(id(intent.line) for intent in intents.lines)
    return [
        (number, intent)
        for number, intent in intents.numbered
        if number is not None
        and intent.demand is not None
        and not intent.demand.constraint
        and intent.demand.name == pin.name
        and not intent.demand.is_pin
        and not intent.demand.bound
        and intent.cap is None
        # What is asked differently of its targets will not be one line, and has no one bound.
        and several[id(intent.line)] == 1
        and all(_is_bound_on(pin, rule, search, found, target) for target in intent.demand.targets)
    ]


def _is_bound_on(pin: ExtraPin, rule: Rule, search: Search, found: Found, target: int) -> bool:
    """Whether the pin and the rule are about a target: a rule may be for some Pythons only."""
    package = search.facts.package(pin.name)
    against = package.index_of[Version(pin.against.version)]
    return (
        found.pins.get(Node(pin.name, NO_EXTRA, target)) == pin.index
        and search.world.judge.rule_against(pin.name, target, against) == rule
    )


def _tightened(intent: Intent, rules: Sequence[Rule], search: Search, found: Found) -> LineChange:
    """The line with the rules' versions behind its own specifier."""
    line, demand = intent.line, intent.demand
    assert demand is not None
    own = str(demand.specifier)
    if demand.specifier == line.specifier and line.specifier_span is not None:
        own = line.text(line.specifier_span).strip("() ")
    text = ",".join([*([own] if own else []), *(str(rule.versions) for rule in rules)])
    every = (*intent.rules, *rules)
    edits = (*rule_edits(intent), set_specifier(line, text))
    change = Change(
        package=demand.name,
        file=line.path,
        line=line.line,
        before=line.raw,
        after=edited(line, edits),
        cause="rule",
        reason="; ".join(dict.fromkeys(rule.reason for rule in every)),
        evidence=tuple(fact for rule in every for fact in rule.evidence),
        rule=rules[-1],
        had_wheels=had_wheels(search, found, intent),
    )
    return LineChange(intent, edits, change)


def _has_hashes(intents: Intents) -> bool:
    return any(intent.line.hashes for intent in intents.lines)


def _added(
    demand: Demand, rule: Rule, intents: Intents, search: Search, found: Found
) -> BlockPin | None:
    """The pin for what a rule calls for; None where a line of the file asks for it already."""
    index = found.version_for(demand)
    asked = {intent.demand.name for intent in intents.lines if intent.demand is not None}
    if index is None or demand.name in asked:
        return None
    return _block_pin(demand.name, index, rule.reason, search, found, intents)


def _unlisted(
    intents: Intents, search: Search, found: Found, pinned: set[NormalizedName]
) -> Iterator[tuple[NormalizedName, BlockPin]]:
    """In hash-checking mode, the pins for what the closure holds and no line names."""
    if not _has_hashes(intents):
        return
    listed = {(intent.demand or intent.asked).name for intent in intents.lines} | pinned
    seen: set[tuple[NormalizedName, int]] = set()
    for node, index in sorted(found.pins.items()):
        if node.extra or node.is_shared or node.name in listed:
            continue
        if (node.name, index) in seen:
            continue
        seen.add((node.name, index))
        parent = found.parents[node][0]
        reason = (
            f"{parent.name} requires it, and a file with hashes has to list all that is installed"
        )
        yield node.name, _block_pin(node.name, index, reason, search, found, intents)


def _block_pin(
    name: NormalizedName, index: int, reason: str, search: Search, found: Found, intents: Intents
) -> BlockPin:
    """The pin of a package at the plan's version, with hashes where the file has any."""
    package = search.facts.package(name)
    marker = marker_for(name, index, search, found, intents)
    hashes = tuple(hashes_of(package, index)) if _has_hashes(intents) else ()
    pin = f"{name}=={package.versions[index]}{f' ; {marker}' if marker else ''}"
    return BlockPin(pin, reason, hashes)


def _block_change(document: Document, wanted: WantedPin) -> Change:
    return Change(
        package=wanted.name,
        file=document.path,
        line=document.text.count("\n") + 1,
        before="",
        after=wanted.pin.requirement,
        cause=wanted.cause,
        reason=wanted.pin.reason,
        evidence=wanted.rule.evidence if wanted.rule is not None else (),
        rule=wanted.rule,
    )
