"""The search's answer to changes and edits: what becomes of each line, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinfix.errors import InputError
from pinfix.index.requires_dist import specifier_set
from pinfix.planning.line_change import LineChange
from pinfix.planning.plan import Change, ChangeKind, Downgrade
from pinfix.planning.split import joined
from pinfix.requirements.edits import (
    Edit,
    edited,
    remove_line,
    replace_hashes,
    set_extras,
    set_name,
    set_specifier,
)
from pinfix.requirements.options import STRONG_HASHES
from pinfix.resolve import causes, rejection
from pinfix.resolve.asked import Asked
from pinfix.resolve.explain import cause_sentence, grouped_rejections, link_phrase
from pinfix.resolve.facts import NO_EXTRA, Candidate
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.node import Node
from pinfix.resolve.search import Freedom
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from pinfix.planning.intents import Intent, Intents
    from pinfix.resolve.facts import PackageFacts
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search
    from pinfix.rulebook.rule import Rule
    from pinfix.targets.target import Target


def line_changes(intents: Intents, search: Search, found: Found) -> Iterator[LineChange]:
    """The changes that a solution makes to the lines, in the order of the files."""
    by_line: dict[int, list[tuple[Intent, LineChange | None]]] = {}
    for number, intent in intents.numbered:
        if number is None:
            changed = _dropped(intent, search, found)
        else:
            changed = _changed(intent, search, found, number)
        by_line.setdefault(id(intent.line), []).append((intent, changed))
    for made in by_line.values():
        changed = made[0][1] if len(made) == 1 else joined(made, search.facts.targets)
        if changed is not None:
            yield changed


def written_masks(intents: Intents, search: Search, found: Found) -> dict[int, int]:
    """The versions that each line with a new specifier leaves, by the number of its demand."""
    masks: dict[int, int] = {}
    for number, intent in intents.numbered:
        if number is None or intent.demand is None:
            continue
        index = found.version_for(intent.demand)
        specifier = None if index is None else _new_specifier(intent, search, index)
        if specifier is not None:
            package = search.facts.package(intent.demand.name)
            masks[number] = package.matching(specifier_set(specifier))
    return masks


def had_wheels(search: Search, found: Found, intent: Intent) -> bool:
    """Whether the target could have got more of what a line asks for if no rule stood against it."""
    free = search.without_rules([intent.asked])
    try:
        without = free.attempt()
    except Unsolvable:
        return False
    planned = None if intent.demand is None else found.version_for(intent.demand)
    extras = intent.demand is None or intent.demand.extras == intent.asked.extras
    return not extras or without.version_for(intent.asked) != planned


def _dropped(intent: Intent, search: Search, found: Found) -> LineChange | None:
    """The line gone; None where something else of the closure needs the package all the same."""
    if found.version_for(intent.asked) is not None:
        return None
    (rule,) = intent.rules
    edit = remove_line(intent.document, intent.line)
    change = Change(
        package=rule.package,
        file=intent.line.path,
        line=intent.line.line,
        before=intent.line.raw,
        after="",
        cause="rule",
        reason=rule.reason,
        evidence=rule.evidence,
        rule=rule,
        had_wheels=had_wheels(search, found, intent),
    )
    return LineChange(intent, (edit,), change)


def _changed(intent: Intent, search: Search, found: Found, number: int) -> LineChange | None:
    """What a line becomes; None where it stays as it is."""
    assert intent.demand is not None
    edits = list(rule_edits(intent))
    index = found.version_for(intent.demand)
    specifier = None if index is None else _new_specifier(intent, search, index)
    renamed = intent.demand.name != intent.line.name
    written = specifier
    if written is None and (renamed or intent.line.repaired):
        written = str(intent.demand.specifier) or None
    if written is not None:
        edits.append(set_specifier(intent.line, written))
    if not edits:
        return None
    if intent.line.hashes and index is not None and (renamed or specifier is not None):
        edits += replace_hashes(intent.line, _release_hashes(search, intent, index))
    after = edited(intent.line, edits)
    change = _change(intent, search, found, number, after, moved=specifier is not None)
    return LineChange(intent, tuple(edits), change)


def rule_edits(intent: Intent) -> Iterator[Edit]:
    """What rules change of a line beside its specifier: another name, fewer extras."""
    line, demand = intent.line, intent.demand
    assert demand is not None
    if demand.name != line.name:
        extras = f"[{','.join(sorted(demand.extras))}]" if demand.extras else ""
        yield set_name(line, f"{demand.name}{extras}")
        if line.extras_span is not None:
            yield set_extras(line, [])
        return
    dropped = intent.asked.extras - demand.extras
    if dropped:
        yield set_extras(line, [extra for extra in line.extras if extra not in dropped])


def _new_specifier(intent: Intent, search: Search, index: int) -> str | None:
    """The specifier a line gets; None where its own holds for the version found."""
    demand = intent.demand
    assert demand is not None
    package = search.facts.package(demand.name)
    version = str(package.versions[index])
    if intent.cap is not None:
        return f">={version},{intent.cap.rule.versions}"
    if package.matching(demand.specifier) >> index & 1:
        return None
    arbitrary = intent.line.pin is not None and str(intent.line.specifier).startswith("===")
    return f"==={version}" if arbitrary else f"=={version}"


def _release_hashes(search: Search, intent: Intent, index: int) -> list[str]:
    assert intent.demand is not None
    package = search.facts.package(intent.demand.name)
    hashes = hashes_of(package, index)
    if not hashes:
        raise InputError(
            f"the index gives no hash of {package.name} {package.versions[index]}, "
            "which this line would need",
            path=intent.line.path,
            line=intent.line.line,
            source=intent.line.raw,
            hint="An index that gives hashes, or a file without any, can be rewritten.",
        )
    return hashes


def hashes_of(package: PackageFacts, index: int) -> list[str]:
    """``algorithm:digest`` of each file of one version, sorted, as pip-compile lists them.

    Every file that pip could choose on some platform, with the algorithms that pip takes.
    """
    release = package.release(index)
    hashes: set[str] = set()
    for file in (*release.wheels, *release.sdists):
        known = [("sha256", file.sha256)] if file.sha256 else file.other_hashes
        hashes.update(f"{name}:{digest}" for name, digest in known if name in STRONG_HASHES)
    return sorted(hashes)


def _change(
    intent: Intent, search: Search, found: Found, number: int, after: str, *, moved: bool
) -> Change:
    demand, line = intent.demand, intent.line
    assert demand is not None
    targets = {target.name: target for target in search.facts.targets}
    rule: Rule | None = intent.rules[0] if intent.rules else None
    reasons = [r.reason for r in intent.rules]
    evidence = [fact for r in intent.rules for fact in r.evidence]
    kind: ChangeKind = "rule"
    if intent.line.repaired and not moved:
        kind = "syntax"
        reasons.append("conda exports it like this, and pip refuses the line")
    if intent.cap is not None:
        rule = rule or intent.cap.rule
        reasons.append(intent.cap.rule.reason)
        evidence += intent.cap.rule.evidence
    elif moved:
        cause = causes.cause_of(search, found, number)
        kind, by = _kind(cause)
        rule = rule or by
        was = f"{demand.name} {_wanted(intent)}"
        reasons.append(cause_sentence(cause, was, targets))
        if by is not None:
            anyway = causes.cause_without_rules(search, number)
            if anyway is not None:
                reasons.append(f"and without the rule {cause_sentence(anyway, was, targets)}")
        evidence += by.evidence if by is not None else ()
        evidence += passed_over(search, found, number, targets)
    return Change(
        package=demand.name,
        file=line.path,
        line=line.line,
        before=line.raw,
        after=after,
        cause=kind,
        reason="; ".join(reasons),
        evidence=tuple(evidence),
        rule=rule,
        had_wheels=rule is not None and had_wheels(search, found, intent),
        down=_downgrade(intent, search, found),
    )


def _downgrade(intent: Intent, search: Search, found: Found) -> Downgrade | None:
    """What a pin that moved down is now; None where it did not."""
    demand = intent.demand
    index = None if demand is None else found.version_for(demand)
    if demand is None or index is None or demand.version is None:
        return None
    package = search.facts.package(demand.name)
    if package.versions[index] >= demand.version:
        return None
    newest = next(indexes(package.everything & ~package.prereleases))
    return Downgrade(
        version=str(package.versions[index]),
        date=package.date(index),
        newest=str(package.versions[newest]),
        newest_date=package.date(newest),
    )


def _wanted(intent: Intent) -> str:
    assert intent.demand is not None
    version = intent.demand.version
    return str(version) if version is not None else str(intent.demand.specifier)


def _kind(cause: causes.Cause) -> tuple[ChangeKind, Rule | None]:
    match cause:
        case causes.Unfit(rejection.RuledOut(rule)) | causes.Beside(rule):
            return "rule", rule
        case causes.ClosureUnfit(rejections=((_, rejection.RuledOut(rule)), *_)):
            return "rule", rule
        case causes.NotOnIndex():
            return "not on index", None
        case causes.Unfit(rejection.NoWheel()) | causes.ClosureUnfit():
            return "no wheel", None
        case causes.Unfit(rejected) if isinstance(rejected, rejection.SourceRejection):
            return "no wheel", None
        case causes.Unfit(rejected) if not isinstance(rejected, rejection.Constrained):
            return "unfit", None
        case _:
            return "conflict", None


def passed_over(search: Search, found: Found, number: int, targets: dict[str, Target]) -> list[str]:
    """Why the versions above the one found were passed over, newest first."""
    demand = search.demands[number]
    index = found.version_for(demand)
    if index is None or not demand.targets:
        return []
    package = search.facts.package(demand.name)
    newer = search.mask_with(number, Freedom.FREE) & ((1 << index) - 1)
    newer &= ~(package.prereleases | search.asked_mask(number))
    node = next(
        node for t in demand.targets if (node := Node(demand.name, NO_EXTRA, t)) in found.pins
    )
    rejections = causes.rejections_in(search, node, newer)
    facts = [
        f"passed over: {demand.name} {line}" for line in grouped_rejections(rejections, targets)
    ]
    facts += _held_below(search, found, node, index, targets)
    return facts


def _held_below(
    search: Search, found: Found, node: Node, index: int, targets: dict[str, Target]
) -> list[str]:
    """Why the newest version that the target could install is not the one found."""
    package = search.facts.package(node.name)
    newest = next(
        (
            i
            for i in indexes(((1 << index) - 1) & ~package.prereleases)
            if isinstance(search.world.judge.verdict(node.name, node.target, i), Candidate)
        ),
        None,
    )
    if newest is None:
        return []
    version = f"{node.name} {package.versions[newest]}"
    for parent, dependency in Asked(search, found).requirements_on(node):
        if not package.matching(dependency.specifier) >> newest & 1:
            held = causes.Link(
                parent.name,
                str(search.facts.package(parent.name).versions[found.pins[parent]]),
                str(dependency),
            )
            return [f"passed over: {version}, since {link_phrase(held)}"]
    otherwise = causes.requires_otherwise(search, found, node, newest)
    if otherwise is not None:
        return [f"passed over: {cause_sentence(otherwise, version, targets)}"]
    return []
