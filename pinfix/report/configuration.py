"""What is configured, as a table for people and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pinfix.credentials import without_credentials
from pinfix.records import record
from pinfix.report.words import json_text

_HEADINGS = ("key", "value", "from")


@record
class Row:
    """A key, its value (None where there is none), and who said so in which place, if any."""

    key: str
    value: str | bool | tuple[str, ...] | None
    source: Literal["file", "variable", "pip", "deploy files", "default"]
    where: str

    @property
    def shown(self) -> str:
        """The value as it is written in TOML, but for the quotes."""
        match self.value:
            case None | ():
                return "-"
            case bool():
                return str(self.value).lower()
            case str():
                return without_credentials(self.value)
            case _:
                return ", ".join(map(without_credentials, self.value))


def configuration_text(rows: Sequence[Row]) -> str:
    """A line for each, in columns."""
    cells = [_HEADINGS, *((row.key, row.shown, row.where or row.source) for row in rows)]
    key, value = (max(len(line[column]) for line in cells) for column in (0, 1))
    return "".join(f"{a:{key}}  {b:{value}}  {c}".rstrip() + "\n" for a, b, c in cells)


def configuration_json(rows: Sequence[Row]) -> str:
    """The schema is documented in README.md."""
    settings = [
        {"key": row.key, "value": _value(row), "source": row.source, "where": row.where or None}
        for row in rows
    ]
    return json_text({"schema": 1, "settings": settings})


def _value(row: Row) -> object:
    if isinstance(row.value, str):
        return without_credentials(row.value)
    if isinstance(row.value, tuple):
        return list(map(without_credentials, row.value))
    return row.value
