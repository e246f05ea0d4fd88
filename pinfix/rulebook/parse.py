"""A rule pack's TOML text to rules, with every mistake named by file and line (pure)."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import PurePath
from typing import NoReturn, TypeVar, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name

from pinfix.errors import InputError
from pinfix.rulebook.rule import ACTIONS, APPLIES, Action, Rule

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

T = TypeVar("T", bound=str)

PACK_KEYS = ("about", "rule")
COMMON_KEYS = (
    "id", "action", "package", "matches", "applies", "wheels-of", "python", "platform", "reason",
    "risk", "evidence",
)  # fmt: skip
# What an action takes besides the common keys: True where it cannot do without.
ACTION_KEYS: Mapping[Action, Mapping[str, bool]] = {
    "cap": {"versions": True, "beside": False},
    "replace": {"replacement": True, "extras": False},
    "drop": {"extras": False},
    "drop-extras": {"extras": True},
    "add": {"replacement": True, "extras": False},
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

# A [[rule]] header counts only outside of strings and comments, so those are consumed first.
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|(?P<header>^[ \t]*\[\[[ \t]*rule[ \t]*\]\])"
    r"|^[ \t]*\[{1,2}[ \t]*(?P<table>[A-Za-z0-9_-]+)"
    r"|^[ \t]*(?P<key>[A-Za-z0-9_-]+)[ \t]*=",
    re.DOTALL | re.MULTILINE,
)
_TOML_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Pack:
    """One file of rules. ``digest`` is the SHA-256 of its text, hex; ``about`` its introduction."""

    name: str
    path: str
    about: str
    rules: tuple[Rule, ...]
    digest: str


def parse_pack(text: str, path: str) -> Pack:
    """Read a rule pack; ``path`` names it in messages, and its stem is the pack's name.

    Raises InputError with file and line for every mistake.
    """
    data = _toml(text, path)
    lines = _Lines.of(text)
    _refuse_unknown(data, PACK_KEYS, "a rule pack", _At(path, lines.top))
    about = _string(data, "about", _At(path, lines.top)) or ""
    tables = data.get("rule", [])
    if not isinstance(tables, list) or len(tables) != len(lines.rules):
        line = lines.top.get("rule", 1)
        raise InputError("write each rule as a [[rule]] table of its own", path=path, line=line)
    pack = PurePath(path).stem
    rules = tuple(
        _rule(table, pack, _At(path, keys)) for table, keys in zip(tables, lines.rules, strict=True)
    )
    _refuse_duplicates(rules)
    return Pack(pack, path, about.strip(), rules, hashlib.sha256(text.encode()).hexdigest())


def _toml(text: str, path: str) -> dict[str, object]:
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


@dataclass(frozen=True, slots=True)
class _Lines:
    """Where keys stand (1-based; tomllib does not tell): before the first rule, and in each.

    The key ``""`` is the rule's header.
    """

    top: Mapping[str, int]
    rules: tuple[Mapping[str, int], ...]

    @classmethod
    def of(cls, text: str) -> _Lines:
        top: dict[str, int] = {"": 1}
        rules: list[dict[str, int]] = []
        for token, line in _tokens(text):
            if token["header"]:
                rules.append({"": line})
            elif token["table"]:
                top.setdefault(token["table"], line)
            elif token["key"]:
                (rules[-1] if rules else top).setdefault(token["key"], line)
        return cls(top, tuple(rules))


def _tokens(text: str) -> Iterator[tuple[re.Match[str], int]]:
    line, seen = 1, 0
    for token in _TOKEN.finditer(text):
        line, seen = line + text.count("\n", seen, token.start()), token.start()
        yield token, line


@dataclass(frozen=True, slots=True)
class _At:
    """A table's place in its file, for messages."""

    path: str
    keys: Mapping[str, int]

    def refuse(self, problem: str, key: str = "", hint: str | None = None) -> NoReturn:
        """Raise InputError at the key's line, or at the table's own where it has no such key."""
        line = self.keys.get(key, self.keys[""])
        raise InputError(problem, path=self.path, line=line, hint=hint)


def _guess(value: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(value, known, 1)
    return f'Did you mean "{near[0]}"?' if near else f"Known: {', '.join(known)}."


def _rule(table: Mapping[str, object], pack: str, at: _At) -> Rule:
    _refuse_unknown(table, RULE_KEYS, "a rule", at)
    rule_id = _required(table, "id", at)
    action = _choice(table, "action", ACTIONS, at)
    _refuse_unfit(table, action, at)
    beside = _requirement(table, "beside", at)
    if beside and (beside.extras or beside.marker or beside.url):
        at.refuse('"beside" takes a name and versions, such as "passlib<=1.7.4"', "beside")
    replacement = _requirement(table, "replacement", at)
    applies = _choice(table, "applies", APPLIES, at)
    wheels_of = _names(table, "wheels-of", at)
    if wheels_of and applies != "without-wheel":
        at.refuse('"wheels-of" is for rules with applies = "without-wheel"', "wheels-of")
    return Rule(
        id=rule_id,
        action=action,
        package=_name(_required(table, "package", at), "package", at),
        versions=_specifier(table, "versions", at),
        matches=_specifier(table, "matches", at),
        extras=frozenset(_names(table, "extras", at)),
        replacement=None if replacement is None else cast("str", table["replacement"]),
        applies=applies,
        wheels_of=wheels_of,
        beside=None if beside is None else canonicalize_name(beside.name),
        beside_versions=None if beside is None else beside.specifier,
        python=_specifier(table, "python", at),
        platform=_platforms(table, at),
        reason=_required(table, "reason", at),
        risk=_string(table, "risk", at),
        evidence=_evidence(table, at),
        pack=pack,
        path=at.path,
        line=at.keys[""],
    )


def _refuse_unknown(
    table: Mapping[str, object], known: tuple[str, ...], what: str, at: _At
) -> None:
    for key in table:
        if key not in known:
            at.refuse(f'{what} has no key "{key}"', key, _guess(key, known))


def _refuse_unfit(table: Mapping[str, object], action: Action, at: _At) -> None:
    """A key that the action cannot use, or one that it cannot do without."""
    keys = ACTION_KEYS[action]
    for key in table:
        if key not in COMMON_KEYS and key not in keys:
            users = [name for name, takes in ACTION_KEYS.items() if key in takes]
            at.refuse(f'{_a(action)} rule takes no "{key}" (only {", ".join(users)})', key)
    for key, needed in keys.items():
        if needed and not table.get(key):
            at.refuse(f'{_a(action)} rule needs "{key}"')


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


def _string(table: Mapping[str, object], key: str, at: _At) -> str | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        at.refuse(f'"{key}" must be a string', key)
    if not value.strip():
        at.refuse(f'"{key}" is empty', key)
    return value


def _required(table: Mapping[str, object], key: str, at: _At) -> str:
    value = _string(table, key, at)
    if value is None:
        at.refuse(f'this rule has no "{key}"')
    return value


def _strings(table: Mapping[str, object], key: str, at: _At) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        at.refuse(f'"{key}" must be a list of strings', key)
    return tuple(value)


def _choice(table: Mapping[str, object], key: str, choices: tuple[T, ...], at: _At) -> T:
    value = _required(table, key, at)
    if value not in choices:
        at.refuse(f'"{value}" is not a value of "{key}"', key, _guess(value, choices))
    return value


def _specifier(table: Mapping[str, object], key: str, at: _At) -> SpecifierSet | None:
    value = _string(table, key, at)
    if value is None:
        return None
    try:
        return SpecifierSet(value)
    except InvalidSpecifier as error:
        at.refuse(f'"{key}" is not a version specifier (PEP 440): {error}', key)


def _requirement(table: Mapping[str, object], key: str, at: _At) -> Requirement | None:
    value = _string(table, key, at)
    if value is None:
        return None
    try:
        return Requirement(value)
    except InvalidRequirement as error:
        at.refuse(f'"{key}" is not a requirement (PEP 508): {str(error).splitlines()[0]}', key)


def _name(value: str, key: str, at: _At) -> NormalizedName:
    try:
        return canonicalize_name(value, validate=True)
    except InvalidName:
        at.refuse(f'"{value}" in "{key}" is not a package name (PEP 503)', key)


def _names(table: Mapping[str, object], key: str, at: _At) -> tuple[NormalizedName, ...]:
    return tuple(_name(value, key, at) for value in _strings(table, key, at))


def _platforms(table: Mapping[str, object], at: _At) -> tuple[str, ...]:
    platforms = _strings(table, "platform", at)
    for value in platforms:
        if value not in SYS_PLATFORMS:
            hint = _guess(value, SYS_PLATFORMS)
            at.refuse(f'"{value}" is not a sys_platform (PEP 508)', "platform", hint)
    return platforms


def _evidence(table: Mapping[str, object], at: _At) -> tuple[str, ...]:
    evidence = _strings(table, "evidence", at)
    if not evidence:
        at.refuse(
            'this rule has no "evidence"',
            hint="Say what was measured, in a sentence, or give a URL; rules do not rest on hearsay.",
        )
    return evidence


def _a(action: Action) -> str:
    return f'an "{action}"' if action == "add" else f'a "{action}"'
