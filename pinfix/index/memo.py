"""Answers that are worked out once, in a pool of threads or by whoever cannot wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar, cast

_Answer = TypeVar("_Answer")


class Memo:
    """Remembers the answer, or the error, of each question for as long as it lives.

    Without ``workers`` nothing is answered before it is asked for, and nobody waits for another:
    two threads that ask at once may both do the work. Errors are then not remembered.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool = ThreadPoolExecutor(max(workers, 1), thread_name_prefix="pinfix-index")
        self._lock = threading.Lock()
        self._futures: dict[Hashable, Future[Any]] = {}
        self._answers: dict[Hashable, Any] = {}
        self._closed = False

    def start(self, key: Hashable, work: Callable[[], object]) -> None:
        """Has a worker answer ``key``, unless that was asked before."""
        with self._lock:
            if self._workers and key not in self._futures and not self._closed:
                self._futures[key] = self._pool.submit(work)

    def get(self, key: Hashable, work: Callable[[], _Answer]) -> _Answer:
        """The answer to ``key``, waiting for it; raises what ``work`` raised.

        What no worker has begun is done here and now: an answer that is needed must not queue
        behind hundreds that only may be.
        """
        if not self._workers:
            if key not in self._answers:
                self._answers[key] = work()
            return cast("_Answer", self._answers[key])
        with self._lock:
            future = self._futures.get(key)
            mine = future is None or future.cancel()
            if mine:
                future = self._futures[key] = Future()
                # Begun: another thread that asks may wait for it, but not take it over.
                future.set_running_or_notify_cancel()
        assert future is not None
        if mine:
            try:
                future.set_result(work())
            except BaseException as error:
                future.set_exception(error)
                raise
        return cast("_Answer", future.result())

    def __len__(self) -> int:
        """How many questions are remembered that a worker may answer."""
        return len(self._futures)

    def drop(self, unneeded: Callable[[Any], bool]) -> None:
        """Forget the answers to those questions for which ``unneeded`` holds, but no error."""
        with self._lock:
            known = list(self._futures.items())
        answered = [
            key
            for key, future in known
            if future.done() and not future.cancelled() and future.exception() is None
        ]
        dropped = list(filter(unneeded, answered))
        with self._lock:
            for key in dropped:
                self._futures.pop(key, None)

    def close(self) -> None:
        """Drops what no worker has begun, and waits for the rest."""
        with self._lock:
            self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)
