"""A project's own rules: those in its ``pinfix.toml``, or below ``[tool.pinfix]`` of its pyproject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pinfix.rulebook.parse import Lines, Pack, pack_of, parse_toml
from pinfix.rulebook.table import Table

OWN_KEYS = ("rule", "disable-rules")
_BELOW = "tool.pinfix."


@dataclass(frozen=True, slots=True)
class OwnRules:
    """Rules that take the place of the packs' by their ids, and the ids of those that are off.

    ``disabled`` gives each id the line it stands at (1-based).
    """

    pack: Pack
    disabled: Mapping[str, int]


def parse_own(text: str, path: str) -> OwnRules | None:
    """The project's rules in a ``pinfix.toml`` or ``pyproject.toml``; None where it has no table.

    Raises InputError with file and line for every mistake.
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
    table.refuse_unknown(OWN_KEYS, "[tool.pinfix]" if is_pyproject else "pinfix.toml")
    line = lines.top.get("disable-rules", 1)
    disabled = dict.fromkeys(table.strings("disable-rules"), line)
    return OwnRules(pack_of(data, path, lines, "your project"), disabled)
