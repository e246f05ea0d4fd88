from __future__ import annotations

import pytest

from pinfix.planning.plan import Downgrade
from pinfix.report.age import downgrade_phrase


@pytest.mark.parametrize(
    ("date", "newest_date", "expected"),
    [
        ("2021-02-07", "2026-09-30", "5 years and 8 months before the newest, 9"),
        ("2025-09-30", "2026-09-30", "1 year before the newest, 9"),
        ("2026-08-30", "2026-09-30", "1 month before the newest, 9"),
        ("2026-09-29", "2026-09-30", "1 day before the newest, 9"),
    ],
)
def test_age_is_told_to_the_month(date: str, newest_date: str, expected: str) -> None:
    said = downgrade_phrase("foo", Downgrade("3", date, "9", newest_date))
    assert said == f"foo 3 is of {date}, {expected}"


def test_what_the_index_does_not_say_is_not_made_up() -> None:
    assert downgrade_phrase("foo", Downgrade("3", "", "9", "2026-09-30")) == (
        "foo 3 is older than what was asked for"
    )
    assert (
        downgrade_phrase("foo", Downgrade("3", "2020-01-01", "9", "")) == "foo 3 is of 2020-01-01"
    )
