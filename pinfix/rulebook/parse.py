"""A rule pack's TOML text to rules, with every mistake named by file and line (pure)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import PurePath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.errors import InputError
from pinfix.records import record
from pinfix.rulebook.rule import ACTIONS, APPLIES, Action, Rule, Watched, replacement_of
from pinfix.rulebook.table import Table, nearest

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from pinfix.rulebook.claim import Claim

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACK_KEYS = ("about", "rule")
COMMON_KEYS = (
    "id", "action", "package", "matches", "applies", "wheels-of", "python", "platform", "reason",
    "risk", "evidence", "claim",
)  # fmt: skip
# What an action takes besides the common keys: True where it cannot do without.
ACTION_KEYS: Mapping[Action, Mapping[str, bool]] = {
    "cap": {"versions": True, "beside": False},
    "replace": {"replacement": True, "extras": False},
    "drop": {"extras": False},
    "drop-extras": {"extras": True},
    "add": {"replacement": True, "extras": False},
    "propose": {"replacement": False},
}
RULE_KEYS = (*COMMON_KEYS, "versions", "extras", "replacement", "beside")
SYS_PLATFORMS = (
    "linux",
    "darwin",
    "win32",
    "cygwin",
    "aix",
    "android",
    "ios",
    "emscripten",
    "wasi",
)

# A header counts only outside of strings and comments, so those are consumed first. The project's
# own rules stand in its pyproject.toml, below "tool.pinfix".
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|^[ \t]*\[\[[ \t]*(?P<array>[A-Za-z0-9_.-]+)[ \t]*\]\]"
    r"|^[ \t]*\[[ \t]*(?P<table>[A-Za-z0-9_.-]+)"
    r"|^[ \t]*(?P<key>[A-Za-z0-9_-]+)[ \t]*=",
    re.DOTALL | re.MULTILINE,
)
_TOML_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


@record
class Pack:
    """One file of rules: ``about`` is its introduction, ``claims`` are each rule's, by its id."""

    name: str
    path: str
    about: str
    rules: tuple[Rule, ...]
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)


def parse_pack(text: str, path: str) -> Pack:
    """Read a rule pack; ``path`` names it in messages, and its stem is the pack's name.

    Raises InputError with file and line for every mistake.
    """
    data = parse_toml(text, path)
    lines = Lines.of(text)
    top = Table(data, path, lines.top)
    top.refuse_unknown(PACK_KEYS, "a rule pack")
    return pack_of(data, path, lines, PurePath(path).stem, top.string("about") or "")


def pack_of(
    data: Mapping[str, object], path: str, lines: Lines, name: str, about: str = ""
) -> Pack:
    """The pack in a table that holds rules. Raises as ``parse_pack`` does."""
    tables = rule_tables(data.get("rule", []), path, lines)
    rules = tuple(read_rule(table, name) for table, _ in tables)
    _refuse_duplicates(rules)
    claims = {
        rule.id: read_claims(rule, tables_of_claims)
        for rule, (_, tables_of_claims) in zip(rules, tables, strict=True)
        if tables_of_claims
    }
    return Pack(name, path, about.strip(), rules, claims)


def parse_rule(text: str, path: str, line: int) -> Rule:
    """Read the text of one rule alone, which begins at this line of a pack; its claims are left out.

    Raises InputError as ``parse_pack`` does.
    """
    lines = Lines.of(text, line)
    ((table, _),) = rule_tables(parse_toml(text, path)["rule"], path, lines)
    return read_rule(table, PurePath(path).stem)


def parse_toml(text: str, path: str) -> dict[str, object]:
    """A TOML document. Raises InputError with the line of what is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = _TOML_POSITION.search(str(error))
        line, column = position.groups() if position else (None, None)
        raise InputError(
            f"this is not TOML: {_TOML_POSITION.sub('', str(error))}",
            path=path,
            line=int(line) if line else text.count("\n") + 1,
            column=int(column) if column else None,
            source=text.splitlines()[int(line) - 1] if line else None,
        ) from error


@record
class Lines:
    """Where keys stand (1-based; tomllib does not tell): before the first table, and in each rule.

    The key ``""`` is the table's header. ``claims`` are those of each rule's claims.
    """

    top: Mapping[str, int]
    rules: tuple[Mapping[str, int], ...]
    claims: tuple[tuple[Mapping[str, int], ...], ...]

    @classmethod
    def of(cls, text: str, first: int = 1, below: str = "") -> Lines:
        """The lines of a text whose first has this number; ``below`` is the rules' table: tool.x."""
        top: dict[str, int] = {"": first}
        rules: list[dict[str, int]] = []
        claims: list[list[dict[str, int]]] = []
        current = top
        for token, line in _tokens(text, first):
            header = token["array"] or token["table"]
            if token["key"]:
                current.setdefault(token["key"], line)
            elif header is None:
                continue
            elif header == f"{below}rule" and token["array"]:
                current = {"": line}
                rules.append(current)
                claims.append([])
            elif header == f"{below}rule.claim" and token["array"] and rules:
                current = {"": line}
                claims[-1].append(current)
            else:
                name = header.removeprefix(below).partition(".")[0]
                top.setdefault(name, line)
                current = top if f"{header}." == below else {}
        return cls(top, tuple(rules), tuple(map(tuple, claims)))


def _tokens(text: str, first: int) -> Iterator[tuple[re.Match[str], int]]:
    line, seen = first, 0
    for token in _TOKEN.finditer(text):
        line, seen = line + text.count("\n", seen, token.start()), token.start()
        yield token, line


def rule_tables(tables: object, path: str, lines: Lines) -> list[tuple[Table, list[Table]]]:
    """The tables of the rules, each with those of its claims, in their order."""
    if not isinstance(tables, list) or len(tables) != len(lines.rules):
        line = lines.top.get("rule", 1)
        raise InputError("write each rule as a [[rule]] table of its own", path=path, line=line)
    found = []
    for values, keys, places in zip(tables, lines.rules, lines.claims, strict=True):
        table = Table(values, path, keys)
        claims = values.get("claim", [])
        if not isinstance(claims, list) or len(claims) != len(places):
            table.refuse("write each claim as a [[rule.claim]] table of its own", "claim")
        made = [Table(claim, path, place) for claim, place in zip(claims, places, strict=True)]
        found.append((table, made))
    return found


def read_claims(rule: Rule, tables: Sequence[Table]) -> tuple[Claim, ...]:
    """The claims of a rule."""
    from pinfix.rulebook.claim import read_claim  # A plain run has no use for claims.

    replacement = replacement_of(rule)
    name = None if replacement is None else canonicalize_name(replacement.name)
    return tuple(read_claim(table, rule.package, name) for table in tables)


def read_rule(table: Table, pack: str) -> Rule:
    """The rule in a table, its claims aside."""
    table.refuse_unknown(RULE_KEYS, "a rule")
    rule_id = table.required("id")
    action = table.choice("action", ACTIONS)
    _refuse_unfit(table, action)
    beside = table.requirement("beside")
    if beside and (beside.extras or beside.marker or beside.url):
        table.refuse('"beside" takes a name and versions, such as "passlib<=1.7.4"', "beside")
    table.requirement("replacement")
    applies = table.choice("applies", APPLIES)
    wheels_of = tuple(map(_watched, table.requirements("wheels-of")))
    if wheels_of and applies != "without-wheel":
        table.refuse('"wheels-of" is for rules with applies = "without-wheel"', "wheels-of")
    package = table.name("package")
    if package is None:
        table.refuse('this rule has no "package"')
    return Rule(
        id=rule_id,
        action=action,
        package=package,
        versions=table.specifier("versions"),
        matches=table.specifier("matches"),
        extras=frozenset(table.names("extras")),
        replacement=table.string("replacement"),
        applies=applies,
        wheels_of=wheels_of,
        beside=None if beside is None else canonicalize_name(beside.name),
        beside_versions=None if beside is None else beside.specifier,
        python=table.specifier("python"),
        platform=_platforms(table),
        reason=table.required("reason"),
        risk=table.string("risk"),
        evidence=_evidence(table),
        pack=pack,
        path=table.path,
        line=table.line,
    )


def _watched(requirement: Requirement) -> Watched:
    return Watched(canonicalize_name(requirement.name), requirement.specifier)


def _refuse_unfit(table: Table, action: Action) -> None:
    """A key that the action cannot use, or one that it cannot do without."""
    keys = ACTION_KEYS[action]
    for key in table.values:
        if key not in COMMON_KEYS and key not in keys:
            users = [name for name, takes in ACTION_KEYS.items() if key in takes]
            table.refuse(f'{_a(action)} rule takes no "{key}" (only {", ".join(users)})', key)
    for key, needed in keys.items():
        if needed and not table.values.get(key):
            table.refuse(f'{_a(action)} rule needs "{key}"')


def _refuse_duplicates(rules: tuple[Rule, ...]) -> None:
    first: dict[str, Rule] = {}
    for rule in rules:
        if rule.id in first:
            raise InputError(
                f'the id "{rule.id}" is taken by the rule at line {first[rule.id].line}',
                path=rule.path,
                line=rule.line,
                hint="Ids are unique within a pack; a later pack overrides a rule by its id.",
            )
        first[rule.id] = rule


def _platforms(table: Table) -> tuple[str, ...]:
    platforms = table.strings("platform")
    for value in platforms:
        if value not in SYS_PLATFORMS:
            hint = nearest(value, SYS_PLATFORMS)
            table.refuse(f'"{value}" is not a sys_platform (PEP 508)', "platform", hint)
    return platforms


def _evidence(table: Table) -> tuple[str, ...]:
    evidence = table.strings("evidence")
    if not evidence:
        table.refuse(
            'this rule has no "evidence"',
            hint="Say what was measured, in a sentence, or give a URL; rules do not rest on hearsay.",
        )
    return evidence


def _a(action: Action) -> str:
    return f'an "{action}"' if action == "add" else f'a "{action}"'
