"""When to ask again: how long answers are fresh (RFC 9111), how long to wait. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Where a server says nothing at all: what the public index says of its own listings.
UNSAID_MAX_AGE = 600.0

_MAX_AGE = re.compile(r"\bmax-age\s*=\s*\"?(\d+)")


def max_age(headers: Mapping[str, str]) -> float:
    """Seconds for which an answer with these headers (any case of names) is fresh.

    0 means that it must be validated each time, which is also what an ETag without
    Cache-Control asks for.
    """
    said = headers.get("cache-control", "").lower()
    if "no-cache" in said or "no-store" in said:
        return 0.0
    found = _MAX_AGE.search(said)
    if found is None:
        return 0.0 if headers.get("etag") else UNSAID_MAX_AGE
    age = headers.get("age", "0")
    return max(0.0, float(found[1]) - (float(age) if age.isdecimal() else 0.0))


def may_be_kept(headers: Mapping[str, str]) -> bool:
    """Whether the server allows the answer to be stored at all."""
    return "no-store" not in headers.get("cache-control", "").lower()


def asked_wait(retry_after: str | None, now: float) -> float:
    """Seconds that a Retry-After header (RFC 9110: seconds or a date) asks for; 0 for none."""
    from email.utils import parsedate_to_datetime

    if retry_after is None:
        return 0.0
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now)
    except (ValueError, TypeError):
        return 0.0
