"""The moment from which on releases are too new: a date, a time, or so long before now. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Final

from pinfix.errors import UsageError
from pinfix.resolve.too_new import moment

_AGE: Final = re.compile(r"(\d{1,5}) ?(h|d|w)")
_UNITS: Final = {"h": "hours", "d": "days", "w": "weeks"}
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_cutoff(text: str, now: datetime) -> datetime:
    """``2026-11-01`` (its first moment), an ISO 8601 time, or an age such as ``7d``; in UTC.

    Times without an offset are UTC. An age is counted back from the last full hour, so that runs
    within an hour agree. Raises UsageError for anything else.
    """
    text = text.strip()
    if age := _AGE.fullmatch(text):
        hour = now.astimezone(timezone.utc).replace(minute=0, second=0, microsecond=0)
        return hour - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        return moment(f"{text}T00:00" if _DATE.fullmatch(text) else text)
    except ValueError:
        raise _refused(text) from None


def is_age(text: str) -> bool:
    """Whether it is counted back from now, so that it is another moment in an hour."""
    return _AGE.fullmatch(text.strip()) is not None


def _refused(text: str) -> UsageError:
    return UsageError(
        f"--exclude-newer takes a date (2026-11-01), a time (2026-11-01T12:00:00Z) "
        f"or an age (7d, 2w, 36h), not {text!r}"
    )
