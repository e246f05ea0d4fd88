from __future__ import annotations

import pytest

from pinfix.index.freshness import asked_wait, max_age, may_be_kept


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 600),
        ({"etag": '"x"'}, 0),
        ({"cache-control": "max-age=60, public"}, 60),
        ({"cache-control": 'Max-Age="60"', "age": "10"}, 50),
        ({"cache-control": "max-age=60", "age": "100"}, 0),
        ({"cache-control": "s-maxage=60", "etag": "x"}, 0),
        ({"cache-control": "no-cache"}, 0),
        ({"cache-control": "no-store, max-age=60"}, 0),
    ],
)
def test_max_age_is_what_the_server_says(headers: dict[str, str], seconds: float) -> None:
    assert max_age(headers) == seconds


def test_no_store_is_obeyed() -> None:
    assert not may_be_kept({"cache-control": "private, No-Store"})
    assert may_be_kept({"cache-control": "max-age=0"})


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        (None, 0),
        ("7", 7),
        ("Thu, 01 Jan 1970 00:01:40 GMT", 90),
        ("Thu, 01 Jan 1970 00:00:01 GMT", 0),
        ("soon", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(retry_after: str | None, seconds: float) -> None:
    assert asked_wait(retry_after, now=10.0) == seconds
