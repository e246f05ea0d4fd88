"""How far back a pin moved, in words. Pure."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pinfix.report.words import count

if TYPE_CHECKING:
    from pinfix.planning.plan import Downgrade

_YEAR = 365.25
_MONTH = _YEAR / 12


def downgrade_phrase(package: str, down: Downgrade) -> str:
    """``bcrypt 3.2.2 is of 2022-05-01, 3 years and 4 months before the newest, 5.0.0``."""
    if not down.date:
        return f"{package} {down.version} is older than what was asked for"
    text = f"{package} {down.version} is of {down.date}"
    if not down.newest_date or down.newest == down.version:
        return text
    return f"{text}, {_span(down.date, down.newest_date)} before the newest, {down.newest}"


def _span(earlier: str, later: str) -> str:
    """The time between two days (ISO 8601), to the month; days where it is less."""
    days = (date.fromisoformat(later) - date.fromisoformat(earlier)).days
    months = round(days / _MONTH)
    if days < 0 or not months:
        return count(abs(days), "day")
    years, rest = divmod(months, 12)
    parts = [count(years, "year")] * bool(years) + [count(rest, "month")] * bool(rest)
    return " and ".join(parts)
