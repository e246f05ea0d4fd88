"""Many environments or targets at once: processes that share them, each with a network of its own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pinfix.network import Network
from pinfix.records import record

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from pinfix.network import Access

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

# From <malloc.h>; and how many bytes are so many that they are given back at once.
_M_MMAP_THRESHOLD: Final = -3
_LARGE_PIECE: Final = 256 << 10
# Fewer are done before the processes have started.
MIN_ENVIRONMENTS: Final = 4


def is_worth_it(items: Sequence[object]) -> bool:
    """Whether there are environments, or other things to do, and cores enough."""
    return len(items) >= MIN_ENVIRONMENTS and _cores() > 1


def each_in_processes(
    work: Callable[[_Item, Network], _Answer],
    items: Sequence[_Item],
    access: Access,
    weight: Callable[[_Item], int] = lambda _: 0,
) -> list[_Answer]:
    """The answer for each item, in their order; the heaviest is begun first.

    ``work`` and its answers have to be picklable, and it must raise nothing that is expected.
    """
    # These take a while to import, and one file needs none.
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    count = min(_cores(), len(items))
    try:
        with ProcessPoolExecutor(count, _context(), _begin, (access, work, items)) as pool:
            order = sorted(range(len(items)), key=lambda place: -weight(items[place]))
            by_place = dict(zip(order, pool.map(_worked, order), strict=True))
            return [by_place[place] for place in range(len(items))]
    except BrokenProcessPool:
        # One was killed, for its memory most likely: one after the other takes less.
        with Network(access) as network:
            return [work(item, network) for item in items]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _context() -> BaseContext:
    import multiprocessing

    # A fork spares the imports, but only Linux makes one safely, and only of a single thread.
    alone = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if alone else "spawn")


@record
class _Share:
    """What a process works with. It is there from the start, so that an item is named by its place."""

    network: Network
    work: Callable[[Any, Network], Any]
    items: Sequence[Any]


_shares: list[_Share] = []


def _begin(access: Access, work: Callable[[Any, Network], Any], items: Sequence[Any]) -> None:
    from multiprocessing.util import Finalize

    _give_memory_back()
    network = Network(access)
    _shares.append(_Share(network, work, items))
    Finalize(network, network.close, exitpriority=10)


def _give_memory_back() -> None:
    """Have the C library give large pieces of memory back as soon as they are freed.

    glibc keeps what each of a dozen threads has freed for that thread: 320 MB after forty files that
    were asked for with nothing at hand, of which 65 were in use.
    """
    if sys.platform == "linux":
        import ctypes

        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_PIECE)


def _worked(place: int) -> Any:
    (share,) = _shares
    return share.work(share.items[place], share.network)
