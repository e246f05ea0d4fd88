from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinfix.buildlog import cures, events, host
from pinfix.buildlog.causes import GONE_AT_RUN_TIME, SIGNS
from pinfix.buildlog.cleaning import LONGEST, clean
from pinfix.buildlog.diagnosis import diagnose
from pinfix.buildlog.naming import folder_package
from pinfix.report.diagnosis import diagnosis_json, diagnosis_text
from tests.buildlog.reading import LOGS, pieces

ALL_LOGS = [path.read_bytes() for path in sorted(LOGS.glob("*.log"))]
ALL_LINES = sorted({line for data in ALL_LOGS for line in data.splitlines()})


@pytest.mark.parametrize(
    ("line", "tried"),
    [
        ("pip install --only-binary=all -r requirements.txt", "--only-binary=all"),
        ("pip install --only-binary all -r requirements.txt", "--only-binary=all"),
        ("pip install --no-compile -r requirements.txt", "--no-compile"),
        ("RUN apt-get install -y --no-install-recommends rustc", "installing Rust with the system's packages"),
        ("RUN apk add --no-cache cargo", "installing Rust with the system's packages"),
        ("curl --proto '=https' -sSf https://sh.rustup.rs | sh -s -- -y", "rustup"),
        ("ENV CRYPTOGRAPHY_DONT_BUILD_RUST=1", "CRYPTOGRAPHY_DONT_BUILD_RUST"),
        ("pip install --only-binary=:all: -r requirements.txt", None),
        ("pip install --only-binary=allpairs x", None),
        ("the system's package manager or via https://rustup.rs/", None),
    ],
)  # fmt: skip
def test_what_people_try_is_named(line: str, tried: str | None) -> None:
    found = diagnose([f"{line}\n{line}\n".encode()]).false_cures
    assert [one.tried for one in found] == ([] if tried is None else [tried])


@pytest.mark.parametrize(
    ("log", "file"),
    [
        ("Collecting a (from -r requirements.txt (line 1))", "requirements.txt"),
        ("Collecting a (from b->-r ./reqs/prod.txt (line 1))", "reqs/prod.txt"),
        ("Collecting a (from -r /tmp/build_23/requirements-dev.txt (line 1))", "requirements-dev.txt"),
        (r"Collecting a (from -r C:\app\requirements.txt (line 1))", "requirements.txt"),
        ("$ uv sync --locked", "pyproject.toml"),
        ("RUN poetry install --no-root", "pyproject.toml"),
        ("pip install x", "requirements.txt"),
    ],
)  # fmt: skip
def test_the_file_to_mend(log: str, file: str) -> None:
    assert diagnose([log.encode()]).file == file


def test_nothing_is_recognised_in_what_is_no_log() -> None:
    assert diagnose([b"To be, or not to be\n" * 10]).verdict == "nothing-recognised"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(ALL_LINES) | st.binary(max_size=40), max_size=80), st.integers(1, 97)
)
def test_lines_in_any_order_come_to_a_diagnosis(parts: list[bytes], size: int) -> None:
    data = b"\n".join(parts)
    found = diagnose(pieces(data, size))
    assert found == diagnose([data])
    for failure in found.failures:
        assert 1 <= failure.quote.line <= data.count(b"\n") + 1
    targets = [] if found.host.target is None else [found.host.target]
    assert diagnosis_text(found, targets, width=80)
    assert diagnosis_json(found, targets)


def every_pattern() -> list[re.Pattern[str]]:
    sentences = [pattern for _, pattern, _ in events._SENTENCES]
    clues = [sentence.pattern for sentence in host._SENTENCES]
    tried = [pattern for _, pattern, _, _ in cures._KNOWN]
    return [*(sign.pattern for sign in SIGNS), GONE_AT_RUN_TIME, *sentences, *clues, *tried]


BITS = [
    *("a", "1", " ", "-", ".", "/", "\\", "(", "'", "`", ":", "=", "_", "|", "[", "a-", "a.", "a ", "1."),
    *("lib/", "C:\\", "gcc", "cargo/", "python", "error: ", "Collecting a (from ", "fatal error: a.h"),
    *("failed to open `", "apt-get ", "pip-install-a/", "`a` (v1) depends on ", "a==1", "command '"),
]  # fmt: skip


@pytest.mark.parametrize("bit", BITS)
def test_no_pattern_is_slow_on_a_line_of_one_thing(bit: str) -> None:
    text = (bit * LONGEST)[:LONGEST]
    start = time.perf_counter()
    for pattern in every_pattern():
        pattern.search(text)
    clean(text)
    folder_package(text)
    assert time.perf_counter() - start < 2.0


def test_reading_is_linear() -> None:
    data = b"".join(data for data in ALL_LOGS if not data.startswith(b"\xff\xfe"))

    def seconds(copies: int) -> float:
        start = time.perf_counter()
        diagnose(pieces(data * copies, 1 << 16))
        return time.perf_counter() - start

    assert seconds(40) < 12 * max(seconds(10), 0.05)
