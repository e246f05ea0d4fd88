"""Requires-Dist lines (PEP 508) read for a search, which needs thousands of them at once.

``packaging`` reads a requirement in 12 µs and a marker in 10. Most lines are no more than a name and
a specifier, and most markers and specifiers stand on many lines: each is read once.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pinfix.index.repair import parse_requires_dist
from pinfix.records import record

# A name and a specifier without brackets around it; no extras, no address.
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_CLAUSE = r"(?:[<>]=?|[=!~]=)[ \t]*[A-Za-z0-9.!+*_-]+[ \t]*"
_PLAIN = re.compile(rf"[ \t]*({_NAME})[ \t]*({_CLAUSE}(?:,[ \t]*{_CLAUSE})*)?")


@record
class Requires:
    """What a line requires: ``name[extras] specifier; marker``."""

    name: NormalizedName
    extras: frozenset[NormalizedName]
    specifier: SpecifierSet
    marker: Marker | None


@lru_cache(maxsize=65536)
def read_requires(text: str) -> Requires:
    """What a line of a metadata's ``requires_dist`` requires; the same object for the same line.

    Reads what ``parse_requires_dist`` reads, and raises as it does.
    """
    head, semicolon, condition = text.partition(";")
    plain = _PLAIN.fullmatch(head)
    if plain is not None:
        with suppress(InvalidSpecifier, InvalidMarker):
            specifier = specifier_set((plain[2] or "").rstrip(" \t"))
            marker = _marker(condition.strip(" \t")) if semicolon else None
            return Requires(canonicalize_name(plain[1]), frozenset(), specifier, marker)
    requirement = parse_requires_dist(text)
    return Requires(
        canonicalize_name(requirement.name),
        frozenset(map(canonicalize_name, requirement.extras)),
        specifier_set(str(requirement.specifier)),
        requirement.marker,
    )


@lru_cache(maxsize=65536)
def specifier_set(text: str) -> SpecifierSet:
    """The specifier in ``text`` (PEP 440), the same object for the same text.

    Raises ``packaging.specifiers.InvalidSpecifier``.
    """
    return SpecifierSet(text)


_marker = lru_cache(maxsize=4096)(Marker)
