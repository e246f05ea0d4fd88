"""A rule pack in outline: which packages its rules are about, and each rule read when asked for.

A shipped pack holds hundreds of rules, of which a run needs a dozen, and reading them all takes
longer than the rest of a run. What is cut here is laid out as the shipped packs are: a line
``[[rule]]`` before each, and its ``id``, ``package`` and ``beside`` on lines of their own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from packaging.utils import NormalizedName, canonicalize_name

from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.rulebook.parse import Pack
    from pinfix.rulebook.rule import Rule

_HEADER = "\n[[rule]]\n"
_CLAIM = "\n[[rule.claim]]\n"
_KEY = re.compile(r'^(id|package|beside) = "([^"\\]+)"$', re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9._-]+")


@record
class Entry:
    """A rule that is not read yet: its id, the package it is about, and the one it looks at beside.

    ``path`` is the pack's file.
    """

    id: str
    package: NormalizedName
    beside: NormalizedName | None
    path: str
    read: Callable[[], Rule]


def entries_of(pack: Pack) -> Iterator[Entry]:
    """The entries of a pack that has been read."""
    for rule in pack.rules:
        yield Entry(rule.id, rule.package, rule.beside, rule.path, partial(_known, rule))


def outline(text: str, path: str) -> Iterator[Entry]:
    """The entries of a pack that is laid out as the shipped ones are, without reading its rules."""
    introduction, *rules = f"\n{text}".split(_HEADER)
    line = introduction.count("\n") + 1
    for rest in rules:
        own = f"[[rule]]\n{rest.partition(_CLAIM)[0]}"
        keys = dict(_KEY.findall(own))
        beside = keys.get("beside")
        yield Entry(
            id=keys["id"],
            package=canonicalize_name(keys["package"]),
            beside=None if beside is None else _name_in(beside),
            path=path,
            read=partial(_parsed, own, path, line),
        )
        line += rest.count("\n") + 2


def _name_in(requirement: str) -> NormalizedName | None:
    named = _NAME.match(requirement)
    return None if named is None else canonicalize_name(named[0])


def _known(rule: Rule) -> Rule:
    return rule


def _parsed(text: str, path: str, line: int) -> Rule:
    from pinfix.rulebook.parse import parse_rule  # with TOML behind it, which most runs do not need

    return parse_rule(text, path, line)
