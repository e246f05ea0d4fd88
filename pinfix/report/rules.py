"""Rules as sentences and tables for a person: what each does, when, why, and whether it is true. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pinfix.records import record
from pinfix.report.words import count, json_text
from pinfix.report.wrapping import wrapped
from pinfix.rulebook.claim import (
    Breaks,
    Claim,
    Missing,
    Needs,
    Renamed,
    Requires,
    SameImport,
    Wheels,
)

if TYPE_CHECKING:
    from pinfix.evidence.claims import Finding
    from pinfix.rulebook.parse import Pack
    from pinfix.rulebook.rule import Rule

WIDTH = 100
SCHEMA = 1


@record
class Checked:
    """A rule, and what came of checking it."""

    rule: Rule
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing of it turned out untrue."""
        return all(finding.holds for finding in self.findings)


# -- a rule in words -------------------------------------------------------------------------


def rule_phrase(rule: Rule) -> str:
    """What a rule does: ``bcrypt: only <4``."""
    asked = f"[{','.join(sorted(rule.extras))}]" if rule.extras else ""
    matching = str(rule.matches or "")
    if rule.action == "cap":
        of = f" of {rule.matches}" if rule.matches is not None else ""
        return f"{rule.package}: only {rule.versions}{of}"
    if rule.action == "drop-extras":
        return f"{rule.package}{asked}{matching}: without the extra"
    done = {
        "drop": "dropped",
        "replace": f"replaced by {rule.replacement}",
        "add": f"{rule.replacement} beside it",
        "propose": f"{rule.replacement} proposed" if rule.replacement else "a note",
    }[rule.action]
    return f"{rule.package}{asked}{matching}: {done}"


def when_phrase(rule: Rule) -> str:
    """When a rule applies: ``without a wheel, Python >=3.13``."""
    parts = []
    if rule.applies == "without-wheel":
        of = f" of {' or '.join(map(str, rule.wheels_of))}" if rule.wheels_of else ""
        parts.append(f"without a wheel{of}")
    if rule.beside is not None:
        parts.append(f"beside {rule.beside}{rule.beside_versions}")
    if rule.python is not None:
        parts.append(f"Python {rule.python}")
    if rule.platform:
        parts.append(f"on {' or '.join(rule.platform)}")
    return ", ".join(parts) or "always"


def claim_phrase(claim: Claim) -> str:
    """What a claim says."""
    match claim:
        case Needs(package, need, since):
            built = "Rust" if need == "rust" else "a compiler"
            return f"building {package} takes {built} from {since} on"
        case Requires(package, requirement, since, extra):
            of = f"{package}[{extra}]" if extra else package
            return f"{of} requires {requirement} from {since} on"
        case Wheels(package, pythons, platform):
            return f"{package} has wheels for Python {', '.join(pythons)} on {platform}"
        case SameImport(modules):
            return f"both bring {', '.join(modules)}"
        case Renamed(name):
            return f"it gave way to {name}"
        case Missing():
            return "no index has it"
        case Breaks(python, breaks, works, _, error):
            return (
                f"on Python {python}, {' with '.join(map(str, breaks))} ends in {error}; "
                f"{' with '.join(map(str, works))} works"
            )


# -- rules list ------------------------------------------------------------------------------


def rules_list(packs: Sequence[Pack], defaults: Sequence[str]) -> str:
    """Every rule on a line, by pack."""
    return "\n".join(_pack_table(pack, pack.name in defaults) for pack in packs)


def _pack_table(pack: Pack, on_by_default: bool) -> str:
    usage = "on by default" if on_by_default else f"--rules {pack.name}"
    rows = [(rule.id, rule_phrase(rule), when_phrase(rule)) for rule in pack.rules]
    widths = [max((len(row[n]) for row in rows), default=0) for n in range(2)]
    lines = [f"{pack.name}: {count(len(rows), 'rule')}, {usage}"]
    lines += [
        f"  {name:<{widths[0]}}  {does:<{widths[1]}}  {when}".rstrip() for name, does, when in rows
    ]
    return "".join(f"{line}\n" for line in lines)


# -- rules show ------------------------------------------------------------------------------


def rule_shown(rule: Rule, claims: Sequence[Claim]) -> str:
    """All that a rule says, on one screen."""
    return "".join(f"{line}\n" for line in _shown(rule, claims))


def _shown(rule: Rule, claims: Sequence[Claim]) -> Iterator[str]:
    yield f"{rule.id}  ({rule.pack}, {rule.where})"
    yield from _filled("does", rule_phrase(rule))
    yield from _filled("when", when_phrase(rule))
    yield from _filled("why", rule.reason)
    if rule.risk is not None:
        yield from _filled("risk", rule.risk)
    for number, fact in enumerate(rule.evidence):
        yield from _filled("evidence" if not number else "", fact)
    for number, claim in enumerate(claims):
        yield from _filled("claims" if not number else "", claim_phrase(claim))


def _filled(label: str, text: str) -> list[str]:
    return wrapped(f"  {label:<10}", " ".join(text.split()), WIDTH)


# -- rules check -----------------------------------------------------------------------------


def check_summary(
    by_pack: Mapping[str, Sequence[Checked]], contradictions: Sequence[str], *, verbose: bool
) -> str:
    """What is not true, each rule with its place; ``verbose``: what is true as well."""
    lines: list[str] = []
    for pack, checked in by_pack.items():
        for one in checked:
            told = [f for f in one.findings if verbose or not f.holds]
            if told:
                lines.append(f"{one.rule.where}: {one.rule.id}: {rule_phrase(one.rule)}")
                lines += [f"    {'true' if f.holds else 'UNTRUE'}: {f.said}" for f in told]
        untrue = sum(not one.holds for one in checked)
        findings = sum(len(one.findings) for one in checked)
        state = f"{untrue} not true" if untrue else "all true"
        lines.append(f"{pack}: {count(len(checked), 'rule')}, {findings} checks: {state}")
    lines += [f"contradiction: {sentence}" for sentence in contradictions]
    return "".join(f"{line}\n" for line in lines)


def check_json(by_pack: Mapping[str, Sequence[Checked]], contradictions: Sequence[str]) -> str:
    """The same as a JSON document."""
    document = {
        "schema": SCHEMA,
        "rules": [
            {
                "id": one.rule.id,
                "pack": pack,
                "file": one.rule.path,
                "line": one.rule.line,
                "does": rule_phrase(one.rule),
                "holds": one.holds,
                "findings": [{"holds": f.holds, "said": f.said} for f in one.findings],
            }
            for pack, checked in by_pack.items()
            for one in checked
        ],
        "contradictions": list(contradictions),
    }
    return json_text(document)


def rule_json(rule: Rule, claims: Sequence[Claim]) -> dict[str, Any]:
    """A rule as JSON values."""
    return {
        "id": rule.id,
        "pack": rule.pack,
        "file": rule.path,
        "line": rule.line,
        "action": rule.action,
        "package": rule.package,
        "does": rule_phrase(rule),
        "when": when_phrase(rule),
        "reason": rule.reason,
        "risk": rule.risk,
        "evidence": list(rule.evidence),
        "claims": [claim_phrase(claim) for claim in claims],
    }


def rules_json(packs: Sequence[Pack]) -> str:
    """Every rule as a JSON document."""
    rules = [rule_json(r, pack.claims.get(r.id, ())) for pack in packs for r in pack.rules]
    return json_text({"schema": SCHEMA, "rules": rules})
