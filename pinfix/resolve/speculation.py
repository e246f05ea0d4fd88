"""Reading ahead: what the search will probably ask for is asked of the index before it does.

From each requirement the likely version is guessed, and from its metadata the next ones, so that
the listings and metadata of a whole closure are fetched side by side instead of one by one. A guess
changes nothing but the time at which an answer is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

from pinfix.errors import PinfixError
from pinfix.resolve.facts import NO_EXTRA

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.resolve.demand import Demand
    from pinfix.resolve.world import WheelWorld

# They wait for answers most of the time; more of them help only where the index is far away.
WORKERS: Final = 16


@contextmanager
def reading_ahead(world: WheelWorld, demands: Sequence[Demand]) -> Iterator[None]:
    """Read ahead from these demands while the block runs, as soon as the index has to be asked."""
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="pinfix-ahead")
    reader = _Reader(world, pool)

    def start() -> None:
        for demand in demands:
            for target in demand.targets:
                reader.follow(demand.name, demand.specifier, demand.extras, target)

    try:
        with world.facts.index.when_fetching(start):
            yield
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _Reader:
    """The guesses made so far, so that none is made twice."""

    def __init__(self, world: WheelWorld, pool: ThreadPoolExecutor) -> None:
        self._world = world
        self._pool = pool
        self._seen: set[object] = set()
        self._lock = Lock()

    def follow(
        self,
        name: NormalizedName,
        specifier: SpecifierSet,
        extras: Iterable[NormalizedName],
        target: int,
    ) -> None:
        """Read what a requirement will probably come to, on one of the pool's threads."""
        wanted = (NO_EXTRA, *sorted(extras))
        if self._is_new((name, str(specifier), wanted, target)):
            try:
                self._pool.submit(self._read, name, specifier, wanted, target)
            except RuntimeError:
                return  # the search has ended, and the pool with it

    def _read(
        self, name: NormalizedName, specifier: SpecifierSet, extras: Iterable[str], target: int
    ) -> None:
        try:
            package = self._world.facts.package(name)
            index = self._world.choose(name, target, package.matching(specifier))
            if index is None:
                index = self._world.choose(name, target, package.everything)
            if index is None:
                return
            for extra in extras:
                if self._is_new((name, index, extra, target)):
                    for found in self._world.facts.dependencies(name, target, index, extra):
                        self.follow(found.name, found.specifier, found.extras, target)
        except PinfixError:
            return  # the search will meet it again, if it matters

    def _is_new(self, key: object) -> bool:
        with self._lock:
            if key in self._seen:
                return False
            self._seen.add(key)
            return True
