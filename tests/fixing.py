"""The whole of pinfix between files and a plan, over files and an index in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pinfix.index.protocol import Index
from pinfix.planning.plan import Change, Plan
from pinfix.planning.planner import make_plan
from pinfix.requirements.tree import read_tree
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import RuleBook, rule_book
from pinfix.rulebook.parse import parse_pack
from pinfix.targets.host import find_target
from pinfix.targets.target import Target

LINUX_313 = "cp313-manylinux"
LINUX_311 = "cp311-manylinux"
FILE = "requirements.txt"

Files = str | bytes | Mapping[str, str | bytes]


def plan(
    files: Files,
    index: Index,
    *,
    targets: str | Sequence[str] = LINUX_313,
    rules: str | RuleBook = "",
    roots: Sequence[str] | None = None,
    **policy: Any,
) -> Plan:
    """The plan for ``files``: one text, or texts by name, of which ``roots`` (default: the first)
    are named on the command line. ``rules`` is a rule pack's text or a rule book.
    """
    named = files if isinstance(files, Mapping) else {FILE: files}
    data = {name: t.encode() if isinstance(t, str) else t for name, t in named.items()}
    tree = read_tree(roots or [next(iter(data))], _reader(data), {})
    names = [targets] if isinstance(targets, str) else targets
    book = rules if isinstance(rules, RuleBook) else rules_of(rules)
    return make_plan(tree, [_target(name) for name in names], book, Policy(**policy), index)


def rules_of(text: str) -> RuleBook:
    """The rule book of one pack's text; of none, where it is empty."""
    return rule_book([parse_pack(text, "rules.toml")] if text else [])


def after(made: Plan, name: str = FILE) -> str:
    """A file's text after the plan."""
    return next(file.after for file in made.files if file.path == name).decode()


def fixed(files: Files, index: Index, **how: Any) -> str:
    """The first file's text after pinfix."""
    return plan(files, index, **how).files[0].after.decode()


def versions(made: Plan) -> dict[str, str]:
    """The closure: name to version."""
    return {entry.name: entry.version for entry in made.closure}


def change(made: Plan, package: str) -> Change:
    """The one change to a package."""
    (found,) = (change for change in made.changes if change.package == package)
    return found


@cache
def _target(name: str) -> Target:
    return find_target(name)


def _reader(data: Mapping[str, bytes]) -> Callable[[str], bytes]:
    def read(path: str) -> bytes:
        if path not in data:
            raise FileNotFoundError(2, "No such file or directory", path)
        return data[path]

    return read
