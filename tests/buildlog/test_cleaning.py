from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.buildlog.cleaning import LONGEST, clean, read_lines
from tests.buildlog.reading import lines, pieces


@pytest.mark.parametrize(
    "raw",
    [
        "Jan 5 10:12:13 AM  Collecting x",
        "Jan 05 10:12:13 PM Collecting x",
        "2024-01-01T00:00:00.0000000Z Collecting x",
        "2025-03-01T10:00:00.123456789Z Collecting x",
        "[2020-12-07T12:43:12.322Z] Collecting x",
        "2024-02-08 20:50:32,470 > Collecting x",
        "2024-06-01T10:00:00.000000Z 01O Collecting x",
        "[20:15:35.199] Collecting x",
        "14:56:39.080 | Collecting x",
        "15:16:47.405  Collecting x",
        "#12 3.456 Collecting x",
        "5.924 Collecting x",
        "295.8 Collecting x",
        " => => # Collecting x",
        "Step #1: Collecting x",
        'Step #3 - "build": Collecting x',
        "web_1  | Collecting x",
        "app-1 | Collecting x",
        "remote: Collecting x",
        "2026-06-03T02:09:30.252322+00:00 app[web.1]: Collecting x",
        "Jan  5 10:12:13 host build[4711]: Collecting x",
        "Oct 20 12:17:51 PM  #10 6.913 Collecting x",
        "build\tInstall\t2024-10-24T08:01:02.1234567Z Collecting x",
        "2024-10-24T08:01:02.1234567Z ##[error]Collecting x",
        "::error file=x,line=1::Collecting x",
        "> Collecting x",
        "\x1b[1;32mCollecting\x1b[0m x",
        "\x1b]8;;https://example.org\x07Collecting\x1b]8;;\x07 x",
        "[36mCollecting[39m x",
        "^[[31mCollecting^[[0m x",
        "\\x1b[31mCollecting x",
        "Collecting -\b\\\b|\bx",
        "\x1b[?25lCollecting x\x1b[?25h",
        "Col\x00lecting x",
        "Collecting x   ",
    ],
)
def test_what_stands_around_a_line_goes(raw: str) -> None:
    assert clean(raw) == "Collecting x"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("#12 3.456   Downloading x", "  Downloading x"),
        ("Jan 5 10:12:13 AM    Downloading x", "  Downloading x"),
        ("remote:          Downloading x", "         Downloading x"),
        ("==> Using Python version 3.13.4", "==> Using Python version 3.13.4"),
        ("-----> Installing Python 3.13", "-----> Installing Python 3.13"),
        ("#12 [5/8] RUN pip install", "[5/8] RUN pip install"),
        ("  865 |     const Py_UNICODE *u", "  865 |     const Py_UNICODE *u"),
        ("42435 |                 int ret", "42435 |                 int ret"),
        ("  ╰─> [6 lines of output]", "  ╰─> [6 lines of output]"),
        ("uvicorn[standard]==0.22", "uvicorn[standard]==0.22"),
        ("#12 DONE 3.4s", "DONE 3.4s"),
    ],
)
def test_indentation_and_what_is_no_prefix_stay(raw: str, text: str) -> None:
    assert clean(raw) == text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_encodings(encoding: str) -> None:
    data = "one\r\nCollecting x==1.2\r\n".encode(encoding)
    assert [(one.number, one.text) for one in read_lines([data])] == [
        (1, "one"),
        (2, "Collecting x==1.2"),
    ]


def test_what_powershell_appended_in_utf_16_is_read_too() -> None:
    data = b"Collecting x\n" + "Failed to build x\n".encode("utf-16-le")
    assert [one.text for one in read_lines([data])] == ["Collecting x", "Failed to build x"]


def test_line_feeds_alone_count_lines() -> None:
    found = lines("one\n\n 10%\r 50%\rERROR: three\r\r\nfour")
    assert [(one.number, one.text) for one in found] == [
        (1, "one"),
        (3, " 10%"),
        (3, " 50%"),
        (3, "ERROR: three"),
        (4, "four"),
    ]


def test_only_the_beginning_of_a_long_line_is_kept() -> None:
    data = b"x" * 3_000_000 + b"\nnext"
    first, second = read_lines(pieces(data, 65536))
    assert first.text == "x" * LONGEST
    assert (second.number, second.text) == (2, "next")


def test_what_stands_after_a_megabyte_of_progress_is_seen() -> None:
    data = b" 10%\r" * 200_000 + b"ERROR: no\n"
    *_, last = read_lines(pieces(data, 65536))
    assert last.text == "ERROR: no"


@given(
    st.lists(st.sampled_from(["a", "\n", "\r", "é", "\x1b[1m", "×", " ", "#1 2.3 "]), max_size=60),
    st.integers(1, 7),
)
def test_the_size_of_the_pieces_does_not_matter(parts: list[str], size: int) -> None:
    data = ("Collecting x\n" * 50 + "".join(parts)).encode()
    assert list(read_lines(pieces(data, size))) == list(read_lines([data]))
