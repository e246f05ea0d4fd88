"""Environments that are as they were: not planned again, and told as if they had been."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pinfix import replay
from pinfix.errors import NoSolutionError
from pinfix.network import Access
from pinfix.pip_config import read_pip_config
from pinfix.planning import planner
from pinfix.planning.plan import Plan
from pinfix.requirements.tree import DocumentTree
from pinfix.resolve.demand import Policy
from pinfix.rulebook.own import OwnRules, parse_own
from pinfix.run import Job, Outcome, plan_each
from pinfix.targets.target import parse_target
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0", "1.1"]))
RULE = (
    '[[rule]]\nid = "b"\npackage = "bar"\naction = "cap"\nversions = "<1.1"\napplies = "always"\n'
)
RULE += 'reason = "r"\nevidence = ["e"]\n'


def own_rules(text: str) -> OwnRules:
    own = parse_own(text, "pinfix.toml")
    assert own is not None
    return own.rules


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as url:
        yield url


@dataclass
class Workplace:
    """A folder with two environments, ``a.txt`` and ``b.txt``, and what is planned in a run."""

    folder: Path
    url: str
    planned: list[str]

    def run(self, *, offline: bool = False, refresh: bool = False, **job: Any) -> Outcome:
        """A run over both files: its outcome, and in ``planned`` what it did not know."""
        self.planned.clear()
        given: dict[str, Any] = {
            "files": ["a.txt", "b.txt"],
            "targets": [parse_target("cp313-manylinux")],
            "rules": ["rust-free"],
        }
        config = read_pip_config({"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": self.url})
        access = Access("cache", config, offline=offline, refresh=refresh)
        return plan_each(Job(**given | {"configured": config.options} | job), access)


@pytest.fixture
def place(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("foo==1.0\n")
    (tmp_path / "b.txt").write_text("-r more.txt\n")
    (tmp_path / "more.txt").write_text("bar==${VERSION}\n")
    planned: list[str] = []
    make_plan = planner.make_plan

    def noting(tree: DocumentTree, *given: Any, **more: Any) -> Plan:
        planned.extend(document.path for document in tree.roots)
        return make_plan(tree, *given, **more)

    monkeypatch.setattr(planner, "make_plan", noting)
    return Workplace(tmp_path, url, planned)


ENVIRON = {"VERSION": "1.0"}


def test_only_the_environment_that_changed_is_planned_again(place: Workplace) -> None:
    first = place.run(environ=ENVIRON)
    assert place.planned == ["a.txt", "b.txt"]
    again = place.run(environ=ENVIRON)
    assert place.planned == []
    assert (again.plan, again.failures) == (first.plan, first.failures)
    (place.folder / "a.txt").write_text("foo==1.0\nbar\n")
    changed = place.run(environ=ENVIRON)
    assert place.planned == ["a.txt"]
    assert changed.plan is not None
    assert [entry.name for entry in changed.plan.closure] == ["bar", "bar", "foo"]


def test_included_files_and_variables_belong_to_an_environment(place: Workplace) -> None:
    place.run(environ=ENVIRON)
    place.run(environ=ENVIRON | {"OTHER": "1"})
    assert place.planned == []
    place.run(environ={"VERSION": "1.1"})
    assert place.planned == ["b.txt"]
    (place.folder / "more.txt").write_text("bar==${VERSION}  # more\n")
    place.run(environ=ENVIRON)
    assert place.planned == ["b.txt"]


@pytest.mark.parametrize(
    "other",
    [
        {"targets": [parse_target("cp312-manylinux")]},
        {"targets": [parse_target("cp313-manylinux", python="3.13.0")]},
        {"targets": [parse_target("cp313-manylinux"), parse_target("cp313-win_amd64")]},
        {"policy": Policy(prefer="nearest")},
        {"policy": Policy(allow_ancient=frozenset({"foo"}))},  # type: ignore[arg-type]
        {"rules": ["known-breaks"]},
        {"with_artifacts": False},
        {"own_rules": own_rules(RULE)},
        {"own_rules": own_rules(RULE.replace("<1.1", "<1.2"))},
        {"offline": True},
    ],
    ids=str,
)
def test_another_question_has_an_answer_of_its_own(
    place: Workplace, other: Mapping[str, Any]
) -> None:
    place.run(environ=ENVIRON)
    place.run(environ=ENVIRON, **other)
    assert place.planned == ["a.txt", "b.txt"]
    place.run(environ=ENVIRON, **other)
    assert place.planned == []


def test_rules_of_ones_own_count_by_what_they_say(place: Workplace) -> None:
    rules = place.folder / "rules.toml"
    rules.write_text(RULE)
    job: dict[str, Any] = {"rules": ["rules.toml"], "environ": {"VERSION": "1.1"}}
    first = place.run(**job)
    assert first.plan is not None
    assert [change.rule and change.rule.id for change in first.plan.changes] == [None, "b"]
    again = place.run(**job)
    assert place.planned == []
    assert again.plan == first.plan
    rules.write_text(RULE.replace('"r"', '"another"'))
    place.run(**job)
    assert place.planned == ["a.txt", "b.txt"]


def test_folder_of_packages_counts_by_what_is_in_it(place: Workplace) -> None:
    (place.folder / "a.txt").write_text("--find-links wheels\nfoo==1.1\n")
    (place.folder / "wheels").mkdir()
    place.run(environ=ENVIRON)
    place.run(environ=ENVIRON)
    assert place.planned == []
    (place.folder / "wheels" / "foo-1.2-py3-none-any.whl").touch()
    place.run(environ=ENVIRON)
    assert place.planned == ["a.txt"]


def test_refusal_is_kept_and_an_outage_is_not(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place.folder / "a.txt").write_text("nowhere==1\n")
    first = place.run(environ=ENVIRON)
    again = place.run(environ=ENVIRON)
    assert place.planned == []
    (failure,) = again.failures
    assert isinstance(failure.error, NoSolutionError)
    assert str(failure) == str(first.failures[0])
    (place.folder / "b.txt").write_text("qux\n")
    outage = place.run(offline=True)
    assert [failure.error.exit_code for failure in outage.failures] == [3, 4]
    place.run(offline=True)
    assert place.planned == ["b.txt"]


def test_offline_answer_holds_until_the_store_changes(place: Workplace) -> None:
    place.run(environ=ENVIRON)
    place.run(environ=ENVIRON, offline=True)
    place.run(environ=ENVIRON, offline=True)
    assert place.planned == []
    os.utime(place.folder / "cache" / "store.sqlite", (1, 1))
    place.run(environ=ENVIRON, offline=True)
    assert place.planned == ["a.txt", "b.txt"]


def test_refresh_asks_again_and_drops_what_was_known(place: Workplace) -> None:
    place.run(environ=ENVIRON)
    place.run(files=["a.txt"], refresh=True)
    assert place.planned == ["a.txt"]
    place.run(environ=ENVIRON)
    assert place.planned == ["a.txt", "b.txt"]


def test_answers_that_are_no_longer_fresh_are_asked_for_again(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.run(environ=ENVIRON)
    later = time.time() + 2 * 86400
    monkeypatch.setattr("time.time", lambda: later)
    place.run(environ=ENVIRON)
    assert place.planned == ["a.txt", "b.txt"]


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\n", "half", "flipped"])
def test_broken_record_is_no_record(place: Workplace, damage: bytes | str) -> None:
    first = place.run(environ=ENVIRON)
    for record in (place.folder / "cache" / "plans").iterdir():
        data = record.read_bytes()
        flipped = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
        broken = {"half": data[: len(data) // 2], "flipped": flipped}
        record.write_bytes(damage if isinstance(damage, bytes) else broken[damage])
    assert place.run(environ=ENVIRON).plan == first.plan
    assert place.planned == ["a.txt", "b.txt"]


class _Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("made",)


def test_record_loads_nothing_but_an_answer(place: Workplace) -> None:
    place.run(environ=ENVIRON)
    for record in (place.folder / "cache" / "plans").iterdir():
        replay.write_record(str(record), pickle.dumps(_Evil()))
    place.run(environ=ENVIRON)
    assert place.planned == ["a.txt", "b.txt"]
    assert not (place.folder / "made").exists()


def test_single_environment_keeps_nothing(place: Workplace) -> None:
    place.run(files=["a.txt"])
    assert not (place.folder / "cache" / "plans").exists()


def test_output_is_the_same_word_for_word(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("foo==1.0\n")
    (tmp_path / "b.txt").write_text("bar==1.0\nnowhere\n")
    (tmp_path / "c.txt").write_text("bar\n")
    options = ["--target", "cp313-manylinux", "--cache-dir", "cache", "--json", "-", "--check"]

    def run(*files: str) -> tuple[int, bytes, bytes]:
        done = subprocess.run(
            [sys.executable, "-m", "pinfix", *files, *options, "--index-url", url],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    with served(WORLD) as url:
        first = run("a.txt", "b.txt", "c.txt")
        other = run("b.txt", "a.txt")
    assert first[0] == 3
    # Nothing that could be worked with is left; only what was said of each environment.
    (tmp_path / "cache" / "store.sqlite").unlink()
    for record in (tmp_path / "cache" / "runs").iterdir():
        record.unlink()
    assert run("a.txt", "b.txt", "c.txt") == first
    assert run("b.txt", "a.txt") == other
