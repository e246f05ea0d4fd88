"""Many environments or targets at once: processes that share them, each with a network of its own."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from pinfix.network import Network

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext

    from pinfix.network import Access

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

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
        with ProcessPoolExecutor(count, _context(), _open_network, (access,)) as pool:
            order = sorted(range(len(items)), key=lambda place: -weight(items[place]))
            answers = pool.map(partial(_worked, work), [items[place] for place in order])
            by_place = dict(zip(order, answers, strict=True))
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


_networks: list[Network] = []


def _open_network(access: Access) -> None:
    from multiprocessing.util import Finalize

    network = Network(access)
    _networks.append(network)
    Finalize(network, network.close, exitpriority=10)


def _worked(work: Callable[[_Item, Network], _Answer], item: _Item) -> _Answer:
    (network,) = _networks
    return work(item, network)
