"""Whole runs over the frozen index, compared verbatim; ``record.py`` writes what is expected."""

from __future__ import annotations

import pytest

from pinfix.index.frozen import FrozenIndex
from pinfix.run import Job, plan_job
from tests.cases.case import FROZEN, Case, cases

CASES = list(cases())
SOLVED = [case for case in CASES if case.expected().get("exit") == b"0\n"]


@pytest.fixture(scope="module")
def frozen() -> FrozenIndex:
    return FrozenIndex.load(FROZEN)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_run_comes_to_what_was_recorded(case: Case, frozen: FrozenIndex) -> None:
    outcome = case.outcome(frozen)
    for name, expected in case.expected().items():
        assert outcome[name].decode("utf-8", "replace") == expected.decode("utf-8", "replace")
    assert outcome == case.expected()


@pytest.mark.parametrize("case", SOLVED, ids=lambda case: case.name)
def test_second_run_changes_nothing(
    case: Case,
    frozen: FrozenIndex,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path_factory.mktemp(case.name)
    for file in case.plan(frozen).files:
        (folder / file.path).write_bytes(file.after)
    monkeypatch.chdir(folder)
    again = case.job()
    job = Job(again.files, again.targets, again.rules, again.policy)
    assert not plan_job(job, lambda _sources: frozen).changed


def test_the_frozen_index_stays_small() -> None:
    assert FROZEN.stat().st_size < 1_500_000
