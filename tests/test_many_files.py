"""Many files in one run: each environment by itself, on all cores, and none for the others' faults."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pinfix import parallel
from pinfix.errors import (
    IndexUnavailableError,
    InputError,
    NoSolutionError,
    PinfixError,
    UnusableFileError,
    UsageError,
)
from pinfix.network import Access, Network
from pinfix.pip_config import read_pip_config
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
COUNT = 2 * parallel.MIN_ENVIRONMENTS


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as url:
        yield url


def run(folder: Path, url: str, *more: str) -> subprocess.CompletedProcess[str]:
    files = sorted(path.name for path in folder.glob("*.txt"))
    options = ["--target", "cp313-manylinux", "--cache-dir", "cache", "--index-url", url]
    return subprocess.run(
        [sys.executable, "-m", "pinfix", *files, *options, *more],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text)


def test_one_bad_file_keeps_no_other_from_being_rewritten(tmp_path: Path, url: str) -> None:
    write(tmp_path, bad="foo=!1\n", good="foo==1.0\n", hopeless="nowhere==1\n")
    done = run(tmp_path, url)
    assert done.returncode == 3
    assert (tmp_path / "good.txt").read_text() == "foo==1.1\n"
    assert (tmp_path / "hopeless.txt").read_text() == "nowhere==1\n"
    assert "error: bad.txt:1" in done.stderr
    assert "error: hopeless.txt: No set of versions" in done.stderr
    assert "1 change in 1 file" in done.stderr


def test_failures_are_in_the_json(tmp_path: Path, url: str) -> None:
    write(tmp_path, bad="foo=!1\n", good="foo==1.0\n")
    plan = json.loads(run(tmp_path, url, "--json", "-").stdout)
    (failure,) = plan["failures"]
    assert (failure["files"], failure["exit_code"]) == (["bad.txt"], 2)
    assert [change["file"] for change in plan["changes"]] == ["good.txt"]
    assert plan["error"] is None


def test_all_that_failed_is_said_where_nothing_can_be_done(tmp_path: Path, url: str) -> None:
    write(tmp_path, a="foo=!1\n", b="nowhere==1\n")
    done = run(tmp_path, url, "--json", "-")
    assert done.returncode == 3
    assert "error: a.txt:1" in done.stderr
    assert "error: b.txt: No set of versions" in done.stderr
    plan = json.loads(done.stdout)
    assert plan["error"]["exit_code"] == 3
    assert len(plan["failures"]) == 2


def test_what_is_written_of_all_files_is_not_written_of_some(tmp_path: Path, url: str) -> None:
    write(tmp_path, bad="foo=!1\n", good="foo==1.0\n")
    done = run(tmp_path, url, "--diff-file", "patch")
    assert done.returncode == 2
    assert not (tmp_path / "patch").exists()
    assert (tmp_path / "good.txt").read_text() == "foo==1.0\n"


def test_processes_come_to_what_one_would(tmp_path: Path, url: str) -> None:
    write(tmp_path, **{f"f{n}": "foo==1.0\nbar\n" for n in range(COUNT)}, bad="nowhere==1\n")
    done = run(tmp_path, url, "--json", "plan")
    assert done.returncode == 3, done.stderr
    plan = json.loads((tmp_path / "plan").read_text())
    assert [change["file"] for change in plan["changes"]] == [f"f{n}.txt" for n in range(COUNT)]
    for n in range(COUNT):
        assert (tmp_path / f"f{n}.txt").read_text() == "foo==1.1\nbar\n"
    assert [failure["files"] for failure in plan["failures"]] == [["bad.txt"]]
    assert "No set of versions" in plan["failures"][0]["message"]


def test_second_run_of_many_files_asks_nobody(tmp_path: Path) -> None:
    write(tmp_path, **{f"f{n}": "bar\n" for n in range(COUNT)})
    with served(WORLD) as url:
        first = run(tmp_path, url)
        assert first.returncode == 0, first.stderr
    assert run(tmp_path, url).stderr == first.stderr
    (record,) = (tmp_path / "cache" / "runs").iterdir()
    record.unlink()
    offline = run(tmp_path, url, "--offline")
    assert offline.returncode == 0, offline.stderr


def _dies_elsewhere(number: Any, network: Network, *, parent: int) -> int:
    if number == 3 and os.getpid() != parent:
        os._exit(9)
    return int(number) * 2


def test_process_that_is_killed_costs_time_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: 2)
    access = Access(str(tmp_path), read_pip_config({"PIP_CONFIG_FILE": os.devnull}))
    work = partial(_dies_elsewhere, parent=os.getpid())
    numbers: Any = list(range(COUNT))
    assert parallel.each_in_processes(work, numbers, access) == [n * 2 for n in range(COUNT)]


@pytest.mark.parametrize(
    "error",
    [
        InputError("no", path="a", line=1, column=2, source="x", hint="h"),
        NoSolutionError("none"),
        IndexUnavailableError("https://a.test", "down", hint="later"),
        UnusableFileError("a.whl", "is none"),
        UsageError("not so"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_through_from_other_processes(error: PinfixError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
