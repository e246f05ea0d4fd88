"""``--exclude-newer``: what was uploaded since then is not there, and what is, is not taken by pip."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from pinfix.cutoff import is_age, parse_cutoff
from pinfix.errors import NoSolutionError, UsageError
from pinfix.index.listing import DistFile
from pinfix.resolve.too_new import too_new
from tests.fake_index import PURE, index, project
from tests.fixing import after, change, plan, versions

CUTOFF = datetime(2026, 11, 1, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 23, 11, 59, 30, tzinfo=timezone.utc)
DATES = {"1.0": "2026-01-01", "1.1": "2026-10-31", "1.2": "2026-11-20"}
WORLD = index(
    project("dep", ["1.0", "1.1", "1.2"], uploaded=DATES),
    project("app", ["1.0"], requires=["dep"], uploaded=DATES),
    project("undated", ["1.0"]),
)


def test_pin_that_is_too_new_moves_down_and_says_when_it_was_uploaded() -> None:
    made = plan("dep==1.2\n", WORLD, exclude_newer=CUTOFF)
    assert after(made) == "dep==1.1\n"
    assert change(made, "dep").reason == (
        "dep 1.2 was uploaded on 2026-11-20 12:00 UTC, and --exclude-newer is 2026-11-01 00:00 UTC"
    )


def test_nothing_is_too_new_unless_asked() -> None:
    assert not plan("dep==1.2\nundated\n", WORLD).changed


def test_what_pip_would_pull_in_newer_is_pinned() -> None:
    made = plan("app==1.0\n", WORLD, exclude_newer=CUTOFF)
    assert versions(made) == {"app": "1.0", "dep": "1.1"}
    assert after(made).endswith("dep==1.1\n")
    assert "pip would take dep 1.2, which was uploaded on" in change(made, "dep").reason
    again = plan(after(made), WORLD, exclude_newer=CUTOFF)
    assert not again.changed


def test_unpinned_line_is_held_too() -> None:
    made = plan("dep\n", WORLD, exclude_newer=CUTOFF)
    assert versions(made) == {"dep": "1.1"}
    assert "dep==1.1" in after(made)


def test_file_without_a_time_is_out_and_it_is_said() -> None:
    with pytest.raises(NoSolutionError, match=r"undated 1\.0 has no upload time on the index"):
        plan("undated\n", WORLD, exclude_newer=CUTOFF)


@pytest.mark.parametrize(
    ("time", "out"),
    [
        ("2026-10-31T23:59:59.999999Z", False),
        ("2026-10-31T23:59:59Z", False),
        ("2026-11-01T00:00:00Z", True),
        ("2026-11-01T01:59:00+02:00", False),
        ("2026-11-01T00:00:00", True),
        (None, True),
        ("yesterday", True),
    ],
)
def test_the_moment_itself_is_too_new(time: str | None, out: bool) -> None:
    file = DistFile("a-1-py3-none-any.whl", "u", upload_time=time, suffix=PURE)
    assert (too_new(file, CUTOFF) is not None) is out
    assert too_new(file, None) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-01", CUTOFF),
        ("2026-11-01T12:00Z", CUTOFF.replace(hour=12)),
        ("2026-11-01T12:00:00+02:00", CUTOFF.replace(hour=10)),
        ("2026-11-01 12:00", CUTOFF.replace(hour=12)),
        ("7d", datetime(2026, 11, 16, 11, tzinfo=timezone.utc)),
        ("2w", datetime(2026, 11, 9, 11, tzinfo=timezone.utc)),
        (" 36 h ", datetime(2026, 11, 21, 23, tzinfo=timezone.utc)),
    ],
)
def test_dates_times_and_ages_are_read(text: str, moment: datetime) -> None:
    assert parse_cutoff(text, NOW) == moment
    assert is_age(text) is ("-" not in text)


@pytest.mark.parametrize("text", ["", "soon", "7", "7 months", "-7d", "2026-13-01", "999999w"])
def test_anything_else_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(UsageError, match=r"7d, 2w, 36h"):
        parse_cutoff(text, NOW)
