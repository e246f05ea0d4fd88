"""Requirements and specifiers as old tools wrote them, read as what was meant.

Packages published before PEP 440 was enforced cannot be changed any more. The misspellings
repaired here are the ones that uv repairs too, so that both see the same dependencies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet


@lru_cache(maxsize=4096)
def read_requires_dist(text: str) -> tuple[Requirement, str]:
    """The requirement in ``text`` (PEP 508), and the text that says it validly.

    The same object for the same text, so it must not be changed. Raises
    ``packaging.requirements.InvalidRequirement`` for what no repair makes readable.
    """
    try:
        return Requirement(text), text
    except InvalidRequirement:
        for attempt in _requirement_repairs(text):
            with suppress(InvalidRequirement):
                return Requirement(attempt), attempt
        raise


def parse_requires_dist(text: str) -> Requirement:
    """The requirement in ``text``; see ``read_requires_dist``."""
    return read_requires_dist(text)[0]


@lru_cache(maxsize=4096)
def repair_requires_python(text: str) -> SpecifierSet | None:
    """The specifier in a Requires-Python field (PEP 345), known misspellings repaired.

    None where no repair helps: anything is accepted then, as pip does.
    """
    for attempt in (text, *_specifier_repairs(text)):
        with suppress(InvalidSpecifier):
            return SpecifierSet(attempt)
    return None


# Each row: what is misspelt, what is put in its place. Applied in turn, each upon the last. Compiled
# where needed, as hardly any run needs one.
_SPECIFIER_REPAIRS = (
    (r"['\"]", r""),  # >= '2.7'
    (r"(?<=[\w*])\s*(?=[<>=~!])", r","),  # >=7.2.0<8.0.0
    (r"!=~\s*(\d+(?:\.\d+)*)", r"!=\1.*"),  # !=~5.0
    (r"(\d\.\d+)\*", r"\1.*"),  # !=3.0*
    (r"(<=|>=|~=|<|>)(\s*\d+(?:\.\d+)*)\.\*", r"\1\2"),  # >=1.9.*
    (r">\s*dev\b", r">0.0.0dev"),  # >dev
    (r"(\d(?:a|b|rc|post|dev)\d+)\.0\b", r"\1"),  # >=9.0.0a1.0
)


def _specifier_repairs(text: str) -> Iterator[str]:
    for misspelt, meant in _SPECIFIER_REPAIRS:
        repaired = re.sub(misspelt, meant, text)
        if repaired != text:
            yield repaired
            text = repaired


# The name may end in a digit, so its part of the text must be out of the repairs' reach.
_REQUIREMENT_PARTS = re.compile(
    r"""\s* ['"]? (?P<name> [A-Za-z0-9] (?:[\w.-]*[A-Za-z0-9])? ) ['"]? \s*
        (?P<extras> \[[^]]*] )? \s*
        \(? (?P<specifier> [^();@]* ) \)? \s*
        (?P<marker> ;.* )? $""",
    re.VERBOSE,
)


def _requirement_repairs(text: str) -> Iterator[str]:
    # Longer ones are no misspelling; matching them could take long.
    parts = _REQUIREMENT_PARTS.match(text) if len(text) < 1000 else None
    if parts is not None:
        head = parts["name"] + (parts["extras"] or "")
        specifiers = (parts["specifier"], *_specifier_repairs(parts["specifier"]))
        for specifier in specifiers:
            yield f"{head} {specifier.strip(' ,')}{parts['marker'] or ''}"
