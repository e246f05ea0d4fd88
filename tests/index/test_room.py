from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pinfix.index.room import Room


def test_no_more_is_held_at_once_than_there_is_room_for() -> None:
    room, lock = Room(10), threading.Lock()
    held: list[int] = []
    most: list[int] = []

    def work(size: int) -> None:
        with room.take(size):
            with lock:
                held.append(size)
                most.append(sum(held))
            with lock:
                held.remove(size)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [1, 9, 3, 4, 6, 10, 2, 5] * 50))
    assert max(most) <= 10
    assert len(most) == 400


def test_two_fit_that_have_room_together() -> None:
    room = Room(10)
    both = threading.Barrier(2, timeout=5)

    def work() -> None:
        with room.take(5):
            both.wait()  # breaks where the other has to wait for this one

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work), pool.submit(work)]:
            done.result()


def test_what_is_larger_than_the_room_comes_alone() -> None:
    room = Room(10)
    begun, release = threading.Event(), threading.Event()

    def work() -> None:
        with room.take(100):
            begun.set()
            release.wait(5)

    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(work)
        assert begun.wait(5)
        small = pool.submit(lambda: room.take(1).__enter__())
        with pytest.raises(TimeoutError):
            small.result(0.05)
        release.set()
        large.result(5)
        small.result(5)


def test_room_is_given_back_when_the_work_fails() -> None:
    room = Room(10)
    for _ in range(3):
        with pytest.raises(LookupError), room.take(10):
            raise LookupError
