from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from pinfix.index.memo import Memo


@pytest.fixture
def memo() -> Iterator[Memo]:
    memo = Memo(workers=1)
    yield memo
    memo.close()


def test_each_answer_is_worked_out_once(memo: Memo) -> None:
    worked: list[int] = []
    memo.start("a", lambda: worked.append(1))
    memo.start("a", lambda: worked.append(2))
    memo.get("a", lambda: worked.append(3))
    assert worked == [1]


def test_an_error_is_remembered_too(memo: Memo) -> None:
    def fail() -> None:
        raise LookupError("gone")

    for _ in range(2):
        with pytest.raises(LookupError, match="gone"):
            memo.get("a", fail)
        fail = list[None]  # type: ignore[assignment]  # Would succeed, if it were asked again.


def test_a_needed_answer_overtakes_those_that_wait_for_a_worker(memo: Memo) -> None:
    release = threading.Event()
    memo.start("slow", release.wait)
    memo.start("needed", lambda: "by the worker")
    assert memo.get("needed", lambda: "by the caller") == "by the caller"
    release.set()
    assert memo.get("slow", lambda: False) is True


def test_closing_drops_what_nobody_has_begun() -> None:
    memo = Memo(workers=1)
    release = threading.Event()
    worked: list[str] = []
    memo.start("slow", release.wait)
    memo.start("dropped", lambda: worked.append("dropped"))
    threading.Timer(0.02, release.set).start()
    memo.close()
    memo.start("late", lambda: worked.append("late"))
    assert worked == []


def test_without_workers_only_who_asks_works() -> None:
    memo = Memo(0)
    memo.start("question", lambda: pytest.fail("answered before it was asked for"))
    assert memo.get("question", lambda: "answer") == "answer"
    assert memo.get("question", lambda: pytest.fail("worked out twice")) == "answer"
    memo.close()
