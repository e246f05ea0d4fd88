"""A table of a rule pack, read key by key: every mistake is named by file and line (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, NormalizedName, canonicalize_name
from packaging.version import InvalidVersion, Version

from pinfix.errors import InputError
from pinfix.records import record

T = TypeVar("T", bound=str)
# Of what is known a hint names no more.
MANY = 20


@record
class Table:
    """A TOML table and its place: ``lines`` are those of its keys (1-based), ``""`` its header's.

    All that reads raises InputError for a value that is not what it should be.
    """

    values: Mapping[str, object]
    path: str
    lines: Mapping[str, int]

    @property
    def line(self) -> int:
        """Where the table begins."""
        return self.lines[""]

    def refuse(self, problem: str, key: str = "", hint: str | None = None) -> NoReturn:
        """Raise InputError at the key's line, or at the table's own where it has no such key."""
        line = self.lines.get(key, self.line)
        raise InputError(problem, path=self.path, line=line, hint=hint)

    def refuse_unknown(self, known: Sequence[str], what: str) -> None:
        """Refuse any key that is not ``known``, with the nearest that is."""
        for key in self.values:
            if key not in known:
                self.refuse(f'{what} has no key "{key}"', key, nearest(key, known))

    def string(self, key: str) -> str | None:
        """A string that says something, None where the key is absent."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(f'"{key}" must be a string', key)
        if not value.strip():
            self.refuse(f'"{key}" is empty', key)
        return value

    def required(self, key: str, what: str = "rule") -> str:
        """A string that must be there."""
        value = self.string(key)
        if value is None:
            self.refuse(f'this {what} has no "{key}"')
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        """A list of strings, empty where the key is absent."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            self.refuse(f'"{key}" must be a list of strings', key)
        return tuple(value)

    def flag(self, key: str) -> bool:
        """True or false; false where the key is absent."""
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.refuse(f'"{key}" must be true or false', key)
        return value

    def choice(self, key: str, choices: Sequence[T], what: str = "rule") -> T:
        """One of ``choices``."""
        value = self.required(key, what)
        chosen = next((choice for choice in choices if choice == value), None)
        if chosen is None:
            self.refuse(f'"{value}" is not a value of "{key}"', key, nearest(value, choices))
        return chosen

    def specifier(self, key: str) -> SpecifierSet | None:
        """A version specifier (PEP 440)."""
        value = self.string(key)
        if value is None:
            return None
        try:
            return SpecifierSet(value)
        except InvalidSpecifier as error:
            self.refuse(f'"{key}" is not a version specifier (PEP 440): {error}', key)

    def version(self, key: str) -> Version | None:
        """A version (PEP 440)."""
        value = self.string(key)
        if value is None:
            return None
        try:
            return Version(value)
        except InvalidVersion as error:
            self.refuse(f'"{key}" is not a version (PEP 440): {error}', key)

    def requirement(self, key: str) -> Requirement | None:
        """A requirement (PEP 508)."""
        value = self.string(key)
        return None if value is None else self._requirement(value, key)

    def requirements(self, key: str) -> tuple[Requirement, ...]:
        """A list of requirements (PEP 508)."""
        return tuple(self._requirement(value, key) for value in self.strings(key))

    def name(self, key: str) -> NormalizedName | None:
        """A package name (PEP 503), normalised."""
        value = self.string(key)
        return None if value is None else self._name(value, key)

    def names(self, key: str) -> tuple[NormalizedName, ...]:
        """A list of package names (PEP 503), normalised."""
        return tuple(self._name(value, key) for value in self.strings(key))

    def _requirement(self, value: str, key: str) -> Requirement:
        try:
            return Requirement(value)
        except InvalidRequirement as error:
            first = str(error).splitlines()[0]
            self.refuse(f'"{key}" is not a requirement (PEP 508): {first}', key)

    def _name(self, value: str, key: str) -> NormalizedName:
        try:
            return canonicalize_name(value, validate=True)
        except InvalidName:
            self.refuse(f'"{value}" in "{key}" is not a package name (PEP 503)', key)


def nearest(value: str, known: Sequence[str]) -> str:
    """A hint: the known value that was probably meant, else all of them."""
    from difflib import get_close_matches  # slow to import, and seldom needed

    near = get_close_matches(value, known, 1)
    if near:
        return f'Did you mean "{near[0]}"?'
    others = f" and {len(known) - MANY} more" if len(known) > MANY else ""
    return f"Known: {', '.join(known[:MANY])}{others}."
