"""Requires-Dist lines (PEP 508) read for a search, which needs thousands of them at once.

``packaging`` reads a requirement in 12 µs and a marker in 10. Most lines are no more than a name and
a specifier, and most markers and specifiers stand on many lines: each is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pinfix.index.repair import parse_requires_dist, read_requires_dist
from pinfix.records import record

# A name and a specifier without brackets around it; no extras, no address.
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_CLAUSE = r"(?:[<>]=?|[=!~]=)[ \t]*[A-Za-z0-9.!+*_-]+[ \t]*"
_PLAIN = re.compile(rf"[ \t]*({_NAME})[ \t]*({_CLAUSE}(?:,[ \t]*{_CLAUSE})*)?")


@record
class Dependency:
    """One Requires-Dist without its marker: ``name[extras] specifier``.

    ``outright``: the specifier may let in what would not count without it (see ``names_outright``).
    """

    name: NormalizedName
    extras: frozenset[NormalizedName]
    specifier: SpecifierSet
    outright: bool

    def __str__(self) -> str:
        return f"{self.name}{self.specifier}"


@lru_cache(maxsize=16384)
def read_requires(text: str) -> tuple[Dependency, Marker | None]:
    """What a line of a metadata's ``requires_dist`` requires, and its marker; once for each line.

    Reads what ``parse_requires_dist`` reads, and raises as it does.
    """
    plain = _plain(text)
    if plain is not None:
        name, specifier, marker = plain
        return _dependency(name, (), specifier), marker
    found = parse_requires_dist(text)
    specifier = specifier_set(str(found.specifier))
    return _dependency(found.name, found.extras, specifier), found.marker


def valid_requires(text: str) -> str:
    """The text that says validly what ``text`` does: mostly that itself.

    Raises ``packaging.requirements.InvalidRequirement`` for what no repair makes readable.
    """
    return text if _plain(text) is not None else read_requires_dist(text)[1]


def _plain(text: str) -> tuple[str, SpecifierSet, Marker | None] | None:
    """The parts of a valid line of the usual shape; None for any other line."""
    head, semicolon, condition = text.partition(";")
    plain = _PLAIN.fullmatch(head)
    if plain is None:
        return None
    try:
        marker = _marker(condition.strip(" \t")) if semicolon else None
        return plain[1], specifier_set((plain[2] or "").rstrip(" \t")), marker
    except (InvalidSpecifier, InvalidMarker):
        return None


def _dependency(name: str, extras: Iterable[str], specifier: SpecifierSet) -> Dependency:
    return Dependency(
        canonicalize_name(name),
        frozenset(map(canonicalize_name, extras)),
        specifier,
        names_outright(specifier),
    )


def names_outright(specifier: SpecifierSet) -> bool:
    """Whether a specifier set may let in what would not count without it."""
    return names_one_version(specifier) or bool(specifier.prereleases)


def names_one_version(specifier: SpecifierSet) -> bool:
    """Whether a specifier set is one exact version: ``==X`` without a wildcard, or ``===X``."""
    clauses = list(specifier)
    return len(clauses) == 1 and (
        clauses[0].operator == "==="
        or (clauses[0].operator == "==" and not clauses[0].version.endswith(".*"))
    )


@lru_cache(maxsize=16384)
def specifier_set(text: str) -> SpecifierSet:
    """The specifier in ``text`` (PEP 440), the same object for the same text.

    Raises ``packaging.specifiers.InvalidSpecifier``.
    """
    return SpecifierSet(text)


_marker = lru_cache(maxsize=4096)(Marker)
