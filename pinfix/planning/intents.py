"""Requirements and rules to what the search is asked: one intent for each line it may change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING, cast

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pinfix.errors import InputError
from pinfix.planning.direct import check_direct
from pinfix.planning.plan import Proposal
from pinfix.records import record
from pinfix.resolve.demand import Demand
from pinfix.resolve.facts import holds
from pinfix.rulebook.apply import Add, Cap, Drop, DropExtras, Propose, Replace
from pinfix.targets.markers import marker_of_target

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from pinfix.planning.rules_in_force import RulesInForce
    from pinfix.requirements.document import Document, RequirementLine
    from pinfix.requirements.lines import LinePlace
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.apply import Effect
    from pinfix.rulebook.rule import Rule
    from pinfix.targets.target import Target


@record
class Intent:
    """What becomes of one line: ``demand`` is what the search is asked for it, None for a drop.

    ``asked`` is what the line says before any rule. ``cap`` is the rule whose versions and the line's own
    range have nothing in common. ``rules`` are those that changed more than the version.
    """

    document: Document
    line: RequirementLine
    asked: Demand
    demand: Demand | None
    cap: Cap | None = None
    rules: tuple[Rule, ...] = ()


@record
class Intents:
    """All lines that hold for some target, and what stands beside them.

    ``external`` packages come from a direct URL, ``direct`` says where these and all else from
    outside the index stand ("requirements.txt:3"). ``added`` are requirements that rules call for.
    ``elsewhere`` has the markers of the lines that hold for none of the targets, by package.
    """

    lines: tuple[Intent, ...]
    constraints: tuple[Intent, ...]
    external: frozenset[NormalizedName]
    added: tuple[tuple[Demand, Rule], ...] = ()
    warnings: tuple[str, ...] = ()
    elsewhere: Mapping[NormalizedName, Sequence[str]] = field(default_factory=dict)
    direct: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()

    @property
    def numbered(self) -> Iterator[tuple[int | None, Intent]]:
        """Every line with the number of its demand, in the order of the files; None for a drop."""
        number = 0
        for intent in (*self.lines, *self.constraints):
            if intent.demand is None:
                yield None, intent
            else:
                yield number, intent
                number += 1

    @property
    def demands(self) -> list[Demand]:
        """What the search is asked, in the order of the files."""
        asked = [intent.demand for _, intent in self.numbered if intent.demand is not None]
        return [*asked, *(demand for demand, _ in self.added)]


@record
class _Collected:
    lines: list[Intent] = field(default_factory=list)
    external: set[NormalizedName] = field(default_factory=set)
    added: list[tuple[Demand, Rule]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    elsewhere: dict[NormalizedName, list[str]] = field(default_factory=dict)
    direct: list[str] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)


@record
class AskedLines:
    """Which lines ask for less than they say.

    ``omitted`` ones ask for nothing, ``conditional`` ones only limit what others ask for, as
    constraints do; of ``extras`` ask those for no more than these. What the lines of ``split``
    packages ask for may differ between the targets that a marker can tell apart.
    """

    omitted: frozenset[LinePlace] = frozenset()
    conditional: frozenset[LinePlace] = frozenset()
    extras: Mapping[LinePlace, frozenset[str]] = field(default_factory=dict)
    split: frozenset[NormalizedName] = frozenset()


ALL_LINES = AskedLines()


def read_intents(
    tree: DocumentTree,
    targets: Sequence[Target],
    rules: RulesInForce,
    asked: AskedLines = ALL_LINES,
) -> Intents:
    """What the files ask for on these targets, after the rules."""
    collected = _Collected()
    limits: list[Intent] = []
    for document, line in tree.requirements():
        if line.place in asked.omitted:
            continue
        held = _held(line, targets)
        if not held:
            if line.name is not None:
                collected.elsewhere.setdefault(line.name, []).append(str(line.marker))
            continue
        if line.name is None or line.url is not None:
            collected.warnings.append(check_direct(line, [targets[number] for number in held]))
            collected.direct.append(f"{line.path}:{line.line}")
            if line.name is not None:
                collected.external.add(line.name)
            continue
        if tree.is_given(document):
            bound = _limit(document, line, line.name, held, bound=True).asked
            required = replace(
                bound, extras=frozenset(map(canonicalize_name, line.extras)), constraint=False
            )
            collected.lines.append(Intent(document, line, required, required))
        elif line.place in asked.conditional:
            limits.append(_limit(document, line, line.name, held, bound=False))
        else:
            extras = asked.extras.get(line.place, line.extras)
            groups = _told_apart(held, targets) if line.name in asked.split else [held]
            for group in groups:
                _take(document, line, extras, group, rules, collected)
    limits += _constraints(tree, targets, collected)
    return Intents(
        tuple(collected.lines),
        tuple(limits),
        frozenset(collected.external),
        tuple(collected.added),
        tuple(collected.warnings),
        collected.elsewhere,
        tuple(collected.direct),
        tuple(collected.proposals),
    )


def _held(line: RequirementLine, targets: Sequence[Target]) -> tuple[int, ...]:
    """The targets that a line's marker holds for (PEP 508)."""
    marker = line.marker
    if marker is None:
        return tuple(range(len(targets)))
    if any(holds(marker, t, otherwise=True) != holds(marker, t, otherwise=False) for t in targets):
        raise InputError(
            "the marker compares what cannot be compared",
            path=line.path,
            line=line.line,
            source=line.raw,
            hint="See https://peps.python.org/pep-0508/#environment-markers for what a marker says.",
        )
    return tuple(
        number for number, target in enumerate(targets) if holds(marker, target, otherwise=False)
    )


def _told_apart(held: tuple[int, ...], targets: Sequence[Target]) -> list[tuple[int, ...]]:
    """The targets in groups that markers can tell apart."""
    groups: dict[str, tuple[int, ...]] = {}
    for number in held:
        marker = marker_of_target(targets[number])
        groups[marker] = (*groups.get(marker, ()), number)
    return list(groups.values())


def _take(
    document: Document,
    line: RequirementLine,
    wanted: frozenset[str],
    held: tuple[int, ...],
    rules: RulesInForce,
    collected: _Collected,
) -> None:
    name = cast("NormalizedName", line.name)
    extras = frozenset(map(canonicalize_name, wanted))
    effects = _distinct(
        effect for target in held for effect in rules.effects(name, extras, line.specifier, target)
    )
    final = next((e for e in effects if isinstance(e, Drop | Replace)), None)
    if final is not None and not all(
        any(final.rule.id == e.rule.id for e in rules.effects(name, extras, line.specifier, t))
        for t in held
    ):
        collected.warnings.append(
            f"{line.path}:{line.line}: the rule {final.rule.id} is about some of the targets, "
            f"but {line.raw} is changed for all of them; give each target a run of its own"
        )
    asked = demand = Demand(
        name=name,
        extras=extras,
        specifier=line.specifier,
        is_pin=line.pin is not None,
        targets=held,
        origin=f"{line.path}:{line.line}",
    )
    if isinstance(final, Drop):
        collected.lines.append(Intent(document, line, asked, None, rules=(final.rule,)))
        return
    if final is not None:
        demand = _replaced(asked, final.requirement)
        collected.lines.append(Intent(document, line, asked, demand, rules=(final.rule,)))
        return
    dropped = [effect for effect in effects if isinstance(effect, DropExtras) and effect.extras]
    keep = extras.difference(*(effect.extras for effect in dropped))
    overriding = next((e for e in effects if isinstance(e, Cap) and e.overrides), None)
    if overriding is not None and not demand.is_pin:
        demand = replace(demand, specifier=SpecifierSet())
    else:
        overriding = None
    demand = replace(demand, extras=keep)
    by_rule = tuple(effect.rule for effect in dropped)
    collected.lines.append(Intent(document, line, asked, demand, overriding, by_rule))
    for effect in effects:
        if isinstance(effect, Add):
            collected.added.append((_added(demand, effect.requirement), effect.rule))
        elif isinstance(effect, Propose):
            instead = str(effect.requirement or "")
            collected.proposals.append(
                Proposal(name, line.path, line.line, line.raw, instead, effect.rule)
            )


def _distinct(effects: Iterator[Effect]) -> list[Effect]:
    """Each effect once, though several targets may call for it."""
    found: list[Effect] = []
    for effect in effects:
        if not any(type(e) is type(effect) and e.rule.id == effect.rule.id for e in found):
            found.append(effect)
    return found


def _replaced(demand: Demand, requirement: Requirement) -> Demand:
    """The demand under another name; the version wished for stays where the rule names none."""
    return replace(
        demand,
        name=canonicalize_name(requirement.name),
        extras=demand.extras | frozenset(map(canonicalize_name, requirement.extras)),
        specifier=requirement.specifier or demand.specifier,
        is_pin=demand.is_pin and not requirement.specifier,
    )


def _added(beside: Demand, requirement: Requirement) -> Demand:
    return replace(
        beside,
        name=canonicalize_name(requirement.name),
        extras=frozenset(map(canonicalize_name, requirement.extras)),
        specifier=requirement.specifier,
        is_pin=False,
    )


def _constraints(
    tree: DocumentTree, targets: Sequence[Target], collected: _Collected
) -> Iterator[Intent]:
    # A file reached by -r and by -c: what is required need not be limited too.
    required = {line.place for _, line in tree.requirements()}
    for document, line in tree.constraint_requirements():
        held = _held(line, targets)
        if not held or line.name is None or line.place in required:
            continue
        if line.url is not None:
            collected.warnings.append(check_direct(line, [targets[number] for number in held]))
            collected.external.add(line.name)
            continue
        yield _limit(document, line, line.name, held, bound=tree.is_given(document))


def _limit(
    document: Document,
    line: RequirementLine,
    name: NormalizedName,
    held: tuple[int, ...],
    *,
    bound: bool,
) -> Intent:
    """A line that limits what something else requires; where ``bound``, its pins are orders too."""
    demand = Demand(
        name=name,
        extras=frozenset(),
        specifier=line.specifier,
        is_pin=line.pin is not None and not bound,
        targets=held,
        origin=f"{line.path}:{line.line}",
        constraint=True,
        bound=bound,
    )
    return Intent(document, line, demand, demand)
