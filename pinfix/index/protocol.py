"""What the rest of pinfix asks of an index, whichever stands behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from packaging.utils import NormalizedName

from pinfix.index.listing import DistFile, Listing
from pinfix.index.metadata import Metadata

if TYPE_CHECKING:
    from pinfix.index.contents import Contents
    from pinfix.index.sdist_facts import SdistFacts


class Index(Protocol):
    """An index. Each method may block; each answer is the same object for the same question.

    All raise IndexUnavailableError where the index cannot be reached or answers nonsense; a
    project that does not exist is a Listing that is not ``found``.
    """

    def listing(self, name: NormalizedName) -> Listing:
        """What the index says of a project."""
        ...

    def metadata(self, file: DistFile) -> Metadata:
        """The core metadata of a wheel. Raises UnusableFileError where the file is no wheel."""
        ...

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        """What reading a source distribution, without running it, shows."""
        ...

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        """Starts to fetch listings that will probably be asked for. Never blocks or raises."""
        ...

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        """Starts to fetch metadata (of an sdist: its facts) that will probably be asked for.

        Never blocks or raises.
        """
        ...

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        """Has ``start`` called once something has to be fetched in the block, at once if that was so before.

        Until then every answer is at hand, and working ahead only takes time. ``start`` is called
        from any thread, and must not block or raise.
        """
        ...


class OpenIndex(Index, Protocol):
    """An index whose files can be looked into."""

    def contents(self, file: DistFile) -> Contents:
        """What lies inside a wheel or an sdist. Raises UnusableFileError where it is broken."""
        ...
