"""A project's own table: its ``pinfix.toml``, or ``[tool.pinfix]`` of its pyproject; and its rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pinfix.records import record
from pinfix.rulebook.parse import Lines, Pack, pack_of, parse_toml
from pinfix.rulebook.table import Table

OWN_KEYS = ("rule", "disable-rules")
_BELOW = "tool.pinfix."


@record
class OwnRules:
    """Rules that take the place of the packs' by their ids, and the ids of those that are off.

    ``disabled`` gives each id the line it stands at (1-based).
    """

    pack: Pack
    disabled: Mapping[str, int]


@record
class Own:
    """The rules in a project's table, and the table, for what else it says."""

    rules: OwnRules
    table: Table


def parse_own(text: str, path: str, settings: Sequence[str] = ()) -> Own | None:
    """The project's table in a ``pinfix.toml`` or ``pyproject.toml``; None where it has none.

    ``settings`` are the keys that it may have beside those of rules. Raises InputError with file and
    line for every mistake in the rules, and for a key that nobody knows.
    """
    is_pyproject = path.endswith("pyproject.toml")
    if is_pyproject and "tool.pinfix" not in text and "[tool]" not in text:
        return None
    data: object = parse_toml(text, path)
    if is_pyproject:
        for key in ("tool", "pinfix"):
            data = data.get(key) if isinstance(data, Mapping) else None
    if not isinstance(data, Mapping):
        return None
    lines = Lines.of(text, below=_BELOW if is_pyproject else "")
    table = Table(data, path, lines.top)
    what = "[tool.pinfix]" if is_pyproject else "pinfix.toml"
    table.refuse_unknown((*OWN_KEYS, *settings), what)
    line = lines.top.get("disable-rules", 1)
    disabled = dict.fromkeys(table.strings("disable-rules"), line)
    return Own(OwnRules(pack_of(data, path, lines, "your project"), disabled), table)
