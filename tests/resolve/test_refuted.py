"""What a failure shows of other questions, and what shows at a glance that there is no answer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from pinfix.errors import NoSolutionError
from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.refuted import Refuted
from tests.fake_index import CP311, CP313, CP313_WINDOWS, FakeIndex, index, project
from tests.fixing import fixed, plan, versions


class _Failure(Unsolvable):
    """A failure that rests on some demands."""

    def __init__(self, *demands: int, complete: bool = True) -> None:
        super().__init__(object(), complete=complete)  # type: ignore[arg-type]
        self._demands = demands

    def parties(self) -> tuple[frozenset[int], frozenset[object]]:  # type: ignore[override]
        return frozenset(self._demands), frozenset()


def test_narrower_question_fails_for_the_same_reason() -> None:
    refuted = Refuted()
    refuted.note({0: 0b0110, 1: 0b1, 2: 0b1111}, _Failure(0, 1), 0)
    assert refuted.covers({0: 0b0110, 1: 0b1, 2: 0b0001}, 0)
    assert refuted.covers({0: 0b0010, 1: 0b1, 2: -1}, 0)
    assert not refuted.covers({0: 0b1010, 1: 0b1, 2: 0b1111}, 0)
    assert not refuted.covers({0: -1, 1: 0b1, 2: 0b1111}, 0)


def test_search_that_was_cut_short_shows_nothing() -> None:
    refuted = Refuted()
    refuted.note({0: 1}, _Failure(0, complete=False), 0)
    assert not refuted.covers({0: 1}, 0)


def test_failure_does_not_count_once_more_is_let_in() -> None:
    refuted = Refuted()
    refuted.note({0: 1}, _Failure(0), 0)
    assert not refuted.covers({0: 1}, 1)
    refuted.note({0: 1}, _Failure(0), 1)
    assert refuted.covers({0: 1}, 1)


class _Alone(FakeIndex):
    """An index that nothing is read ahead from."""

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        del start
        return nullcontext()


def test_what_nothing_serves_is_refused_before_anything_else_is_looked_at() -> None:
    world = index(
        project("app", ["1.0"], requires=["dep<2"]),
        project("dep", ["1.0", "2.0"]),
        project("win", {"1.0": CP313_WINDOWS, "2.0": CP313_WINDOWS}),
    )
    alone = _Alone(world.projects)
    with pytest.raises(NoSolutionError) as refusal:
        plan("app==1.0\nwin==1.0\n", alone)
    assert "win==1.0 (another version would do)" in str(refusal.value)
    assert "win is for Windows" in str(refusal.value)
    assert "app" not in str(refusal.value)
    assert "dep" not in alone.asked


def test_yanked_version_that_only_a_dependency_names_is_no_reason_to_refuse() -> None:
    world = index(
        project("foo", {"1.0": CP313}, yanked={"1.0": "broken"}),
        project("bar", ["1.0"], requires=["foo==1.0"]),
    )
    assert versions(plan("bar==1.0\nfoo>=1\n", world)) == {"foo": "1.0", "bar": "1.0"}


def test_independent_conflicts_are_each_undone_by_one_move() -> None:
    world = index(
        *(
            made
            for number in range(4)
            for made in (
                project(f"a{number}", ["1.0", "2.0"], requires={"1.0": [f"b{number}<2"]}),
                project(f"b{number}", ["1.0", "2.0"]),
            )
        )
    )
    text = "".join(f"a{number}==1.0\nb{number}==2.0\n" for number in range(4))
    assert fixed(text, world).count("a") == 4
    moved = [change.package for change in plan(text, world).changes]
    assert [name[1] for name in moved] == ["0", "1", "2", "3"]


def test_wheel_for_another_python_alone_is_refused_with_what_would_help() -> None:
    world = index(project("foo", {"1.0": CP311}), project("bar", ["1.0"]))
    with pytest.raises(NoSolutionError, match=r"foo 1.0 has wheels for cp311"):
        plan("foo==1.0\nbar==1.0\n", world)
