"""What a project or its environment may set: keys, their kinds, and where a value was said. Pure.

A key is the default of the option of that name in every command that has it; the option itself
overrides it, and the variable ``PINFIX_KEY`` overrides the file.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NoReturn

from pinfix.errors import InputError
from pinfix.records import record
from pinfix.rulebook.table import nearest

if TYPE_CHECKING:
    from pinfix.rulebook.table import Table

Kind = Literal["text", "list", "flag", "choice"]
Value = str | bool | tuple[str, ...]

PREFIX = "PINFIX_"
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")


@record
class Setting:
    """A key, and what it takes. ``paths`` says which of its values name a file or a folder."""

    key: str
    kind: Kind
    choices: tuple[str, ...] = ()
    paths: Literal["none", "all", "no addresses", "packs"] = "none"

    @property
    def option(self) -> str:
        """What the option that it is the default of is called among a command's parameters."""
        return self.key.replace("-", "_")

    @property
    def variable(self) -> str:
        """The environment variable that overrides the file."""
        return PREFIX + self.option.upper()

    def is_path(self, value: str) -> bool:
        """Whether the value names a file or folder, from where it is written."""
        match self.paths:
            case "all":
                return True
            case "no addresses":
                return "://" not in value and not value.startswith("file:")
            case "packs":
                return value.endswith(".toml") or os.path.basename(value) != value
            case _:
                return False


SETTINGS = (
    Setting("targets", "list"),
    Setting("python", "text"),
    Setting("rules", "list", paths="packs"),
    Setting("files", "list", paths="all"),
    Setting("prefer", "choice", ("newest", "nearest")),
    Setting("no-upgrade", "flag"),
    Setting("allow-ancient", "list"),
    Setting("relax-ranges", "flag"),
    Setting("split", "flag"),
    Setting("strict-wheels", "flag"),
    Setting("allow-prereleases", "flag"),
    Setting("index-url", "text", paths="no addresses"),
    Setting("extra-index-url", "list", paths="no addresses"),
    Setting("index-strategy", "choice", ("best-match", "first-index")),
    Setting("find-links", "list", paths="no addresses"),
    Setting("exclude-newer", "text"),
    Setting("offline", "flag"),
    Setting("cache-dir", "text", paths="all"),
    Setting("audit", "choice", ("tell", "refuse", "off")),
    Setting("allow-dirty", "flag"),
    Setting("quiet", "flag"),
    Setting("verbose", "flag"),
    Setting("color", "choice", ("auto", "always", "never")),
)
KEYS = tuple(setting.key for setting in SETTINGS)


@record
class Said:
    """What a setting was set to, and where: a line (1-based) of a file, or a variable, line None."""

    value: Value
    path: str
    line: int | None = None

    @property
    def where(self) -> str:
        """``file:line``, or the variable's name."""
        return self.path if self.line is None else f"{self.path}:{self.line}"

    def refuse(self, problem: str) -> NoReturn:
        """Raise InputError at the place."""
        raise InputError(problem, path=self.path, line=self.line)


def said_in_table(table: Table, folder: str) -> dict[str, Said]:
    """What a project's table sets, by key; paths in it are from its ``folder``.

    Raises InputError, with file and line, for a value that is not what it should be.
    """
    found: dict[str, Said] = {}
    for setting in SETTINGS:
        if setting.key in table.values:
            value = _rooted(setting, _value_in(table, setting), folder)
            found[setting.key] = Said(value, table.path, table.lines.get(setting.key, table.line))
    return found


def said_in_variables(environ: Mapping[str, str]) -> dict[str, Said]:
    """What ``PINFIX_*`` variables set, by key; a blank one says nothing.

    Raises InputError, with the variable's name, for one that sets nothing and for a value that is
    not what it should be.
    """
    by_variable = {setting.variable: setting for setting in SETTINGS}
    found: dict[str, Said] = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX):
            continue
        if name not in by_variable:
            hint = nearest(name, tuple(by_variable))
            raise InputError("pinfix knows no such variable", path=name, hint=hint)
        if text.strip():
            setting = by_variable[name]
            found[setting.key] = Said(_value_of(setting, text.strip()), name)
    return found


def _value_in(table: Table, setting: Setting) -> Value:
    match setting.kind:
        case "list":
            return table.strings(setting.key)
        case "flag":
            return table.flag(setting.key)
        case "choice":
            return table.choice(setting.key, setting.choices)
        case _:
            return table.required(setting.key)


def _value_of(setting: Setting, text: str) -> Value:
    match setting.kind:
        case "list":
            return tuple(part for part in re.split(r"[,\s]+", text) if part)
        case "flag":
            if text.lower() not in _TRUE + _FALSE:
                _refuse(setting, f'"{text}" is neither true nor false', "Write 1 or 0.")
            return text.lower() in _TRUE
        case "choice":
            if text not in setting.choices:
                _refuse(setting, f'"{text}" is no value of it', nearest(text, setting.choices))
            return text
        case _:
            return text


def _refuse(setting: Setting, problem: str, hint: str) -> NoReturn:
    raise InputError(problem, path=setting.variable, hint=hint)


def _rooted(setting: Setting, value: Value, folder: str) -> Value:
    """The value with its paths from the working folder rather than from ``folder``."""
    if isinstance(value, bool):
        return value
    texts: Sequence[str] = (value,) if isinstance(value, str) else value
    rooted = tuple(_from_here(setting, texts, folder))
    return rooted[0] if isinstance(value, str) else rooted


def _from_here(setting: Setting, texts: Sequence[str], folder: str) -> Iterator[str]:
    for text in texts:
        is_path = setting.is_path(text)
        yield os.path.normpath(os.path.join(folder, text)) if is_path else text
