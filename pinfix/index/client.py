"""The client of real indexes: fetches, checks and remembers."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from packaging.utils import NormalizedName

from pinfix.credentials import without_credentials
from pinfix.errors import IndexUnavailableError
from pinfix.index.fetching import (
    MAX_WHEEL_BYTES,
    Answer,
    WheelMetadataFetcher,
    check_file,
    listing_in,
    usual_size,
)
from pinfix.index.freshness import max_age, may_be_kept
from pinfix.index.http import Connection, Http, TooLongError, fatal, too_long
from pinfix.index.listing import DistFile, Listing, merge_listings
from pinfix.index.local import (
    listing_paths,
    local_bytes,
    local_contents,
    local_index_listing,
    local_listing,
    local_metadata,
)
from pinfix.index.logins import Logins
from pinfix.index.memo import Memo
from pinfix.index.metadata import Metadata
from pinfix.index.room import Room
from pinfix.index.sdist_facts import SdistFacts
from pinfix.index.store import Store, StoredListing
from pinfix.index.urls import local_path, split_credentials
from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.index.contents import Contents

DEFAULT_CONNECTION = Connection()
DEFAULT_INDEX_URL = "https://pypi.org/simple/"
_A_DAY = 86400.0
# The longest known is 21 MB.
MAX_LISTING_BYTES = 64 << 20
MAX_SDIST_BYTES = 50 << 20
MAX_REQUIREMENTS_BYTES = 16 << 20
# Of whole files, which a dozen threads may ask for: each is held until it is read.
MAX_BYTES_AT_ONCE = 64 << 20
# So many answers take some 100 MB; an environment of 300 packages asks for a thousand.
MAX_REMEMBERED = 2000

# JSON where the server has it, HTML from any other (PEP 691, version and format selection).
ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.1, "
    "text/html; q=0.01"
)
_OFFLINE_HINT = "Run once without --offline, so that what is needed is kept."


# How several indexes come together: as pip does it, or each project from one of them.
IndexStrategy: TypeAlias = Literal["best-match", "first-index"]


@record
class IndexEvent:
    """Something was answered: ``subject`` is a project's or a file's name."""

    kind: Literal["listing", "metadata", "sdist"]
    subject: str
    source: Literal["store", "index"]


class IndexClient:
    """An ``Index`` (see ``pinfix.index.protocol``) over indexes on the network and in folders.

    With several indexes ``strategy`` decides: ``best-match`` merges them, as pip does;
    ``first-index`` takes a project from the first index that has it, the extra ones before the
    main one, as uv does. find-links count beside either.

    ``on_event`` is called from any thread. ``now`` gives seconds since the epoch; ``sleep``
    waits that many seconds between attempts, and a true result of it means to give up.
    """

    def __init__(
        self,
        *,
        index_url: str | None = DEFAULT_INDEX_URL,
        extra_index_urls: Iterable[str] = (),
        find_links: Iterable[str] = (),
        store: Store | None = None,
        offline: bool = False,
        refresh: bool = False,
        workers: int = 16,
        strategy: IndexStrategy = "best-match",
        connection: Connection = DEFAULT_CONNECTION,
        retries: int = 4,
        on_event: Callable[[IndexEvent], None] | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        self._store = store or Store(None)
        self._offline = offline
        self._refresh = refresh
        self._on_event = on_event or _ignore
        self._now = now
        self._closed = threading.Event()
        self._fresh_until = math.inf
        self._local_paths: set[Path] = set()
        self._used_lock = threading.Lock()
        links = tuple(find_links)
        # None: pip's --no-index, the links alone.
        indexes = (*([] if index_url is None else [index_url]), *extra_index_urls)
        self._strategy = strategy
        self._ambiguous: dict[NormalizedName, tuple[str, ...]] = {}
        self._links = [split_credentials(url)[0] for url in links]
        self._indexes = [f"{split_credentials(url)[0].rstrip('/')}/" for url in indexes]
        self._http = Http(
            Logins((*indexes, *links), connection.keyring),
            connection,
            workers=workers,
            retries=retries,
            sleep=sleep or self._closed.wait,
        )
        # One page at a time: to cut one up takes several times its length, and what one thread has
        # freed, another does not get.
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="pinfix-pages")
        self._room = Room(MAX_BYTES_AT_ONCE)
        self._wheels = WheelMetadataFetcher(self._http.get, self._room)
        # With nothing to wait for, more threads cost more than they save.
        self._memo = Memo(0 if offline else workers)

    def __enter__(self) -> IndexClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Drops what nobody waits for, and closes the connections; the store stays open."""
        self._closed.set()
        self._memo.close()
        self._reader.shutdown()
        self._http.close()

    @property
    def fresh_until(self) -> float:
        """When the first of the listings that were used has to be asked for again.

        In seconds since the epoch, a day from now at most; 0 where one must not be used again.
        """
        return min(self._fresh_until, self._now() + _A_DAY)

    @property
    def ambiguous(self) -> Mapping[NormalizedName, tuple[str, ...]]:
        """The projects that stand on several indexes of the network, which were merged.

        The addresses are without credentials.
        """
        return dict(self._ambiguous)

    @property
    def local_paths(self) -> frozenset[Path]:
        """The files and folders on this machine that were read, or would have been, if there."""
        with self._used_lock:
            return frozenset(self._local_paths)

    def _used(self, fresh_until: float) -> None:
        with self._used_lock:
            self._fresh_until = min(self._fresh_until, fresh_until)

    def _used_local(self, *paths: Path) -> None:
        with self._used_lock:
            self._local_paths.update(paths)

    def listing(self, name: NormalizedName) -> Listing:
        """What the indexes and find-links say of a project, merged as pip merges them."""
        return self._memo.get(("listing", name), partial(self._merged_listing, name))

    def metadata(self, file: DistFile) -> Metadata:
        """The core metadata of a wheel."""
        return self._memo.get(("metadata", file.identity), partial(self._kept_metadata, file))

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        """What reading a source distribution, without running it, shows."""
        return self._memo.get(("sdist", file.identity), partial(self._kept_facts, file))

    def contents(self, file: DistFile) -> Contents:
        """What lies inside a wheel or an sdist. It is not kept.

        Raises IndexUnavailableError where it cannot be had, UnusableFileError where it is broken.
        """
        from pinfix.index.contents import sdist_contents

        if not file.is_wheel:
            return sdist_contents(file.filename, self._whole_file(file, MAX_SDIST_BYTES))
        path = local_path(file.url)
        if path is not None:
            self._used_local(path)
            return local_contents(path, file)
        self._refuse_offline(file)
        return self._wheels.contents(file)

    def whole(self, file: DistFile) -> bytes:
        """All bytes of a file, checked by the hashes that are known. They are not kept.

        Raises IndexUnavailableError where it cannot be had, UnusableFileError where the server
        knows no such file.
        """
        return self._whole_file(file, MAX_WHEEL_BYTES if file.is_wheel else MAX_SDIST_BYTES)

    def requirements_file(self, url: str) -> bytes:
        """A requirements file that another one includes by its address. It is not kept."""
        if self._offline:
            raise IndexUnavailableError(
                without_credentials(url), "--offline fetches no included file"
            )
        answer = self._http.get(url, limit=MAX_REQUIREMENTS_BYTES)
        if answer.status != 200:
            raise fatal(url, f"the server answered {answer.status}")
        return answer.body

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        """Starts to fetch listings that will probably be asked for."""
        for name in () if self._offline else names:
            if self._must_ask(name):
                self._memo.start(("listing", name), partial(self._merged_listing, name))

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        """Starts to fetch metadata, or an sdist's facts, that will probably be asked for.

        Not before a server has to be asked at all: what the store has is read when needed.
        """
        for file in files if self._http.asked else ():
            if file.is_wheel:
                self._memo.start(("metadata", file.identity), partial(self._kept_metadata, file))
            else:
                self._memo.start(("sdist", file.identity), partial(self._kept_facts, file))

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        """Has ``start`` called once a server has to be asked in the block, at once if that was so before."""
        return self._http.when_asked(start)

    def forget(self) -> None:
        """Frees what the store can give again, once that is much: between two environments of a run."""
        if len(self._memo) > MAX_REMEMBERED and not (self._offline or self._refresh):
            self._memo.drop(self._is_kept)

    def _is_kept(self, question: tuple[str, str]) -> bool:
        """Whether the store has the answer, and will serve it."""
        kind, subject = question
        if kind == "listing":
            return not self._must_ask(NormalizedName(subject))
        if kind == "metadata":
            return self._store.has_metadata(subject)
        return self._store.has_facts(subject)

    def _must_ask(self, name: NormalizedName) -> bool:
        """Whether a listing has to be fetched; what the store has fresh is read when needed."""
        remote = [url for url in (*self._links, *self._indexes) if local_path(url) is None]
        return self._refresh or not all(
            self._store.has_fresh_listing(url, name, self._now()) for url in remote
        )

    def _merged_listing(self, name: NormalizedName) -> Listing:
        linked = [self._linked_listing(link, name) for link in self._links]
        linked = [listing for listing in linked if listing.releases]
        if self._strategy == "first-index":
            listings = (
                self._listing(url, name) for url in (*self._indexes[1:], *self._indexes[:1])
            )
            first = next((listing for listing in listings if listing.found), None)
            return merge_listings(name, [*linked, *([first] if first is not None else [])])
        found = {url: self._listing(url, name) for url in self._indexes}
        # What lies on this machine is nobody's to upload to.
        named = tuple(u for u, one in found.items() if one.found and local_path(u) is None)
        if len(named) > 1:
            self._ambiguous[name] = named
        return merge_listings(name, [*linked, *found.values()])

    def _linked_listing(self, link: str, name: NormalizedName) -> Listing:
        path = local_path(link)
        if path is not None:
            self._used_local(*listing_paths(path))
            return local_listing(path, name)
        return self._kept_listing(link, link, name)

    def _listing(self, index_url: str, name: NormalizedName) -> Listing:
        path = local_path(index_url)
        if path is not None:
            self._used_local(*listing_paths(path / name))
            return local_index_listing(path, name)
        return self._kept_listing(index_url, f"{index_url}{name}/", name)

    def _kept_listing(self, index_url: str, url: str, name: NormalizedName) -> Listing:
        """The listing at ``url`` from the store while it is fresh, else from the index."""
        stored = self._store.get_listing(
            index_url, name, partial(self._lost_listing, index_url, url, name)
        )
        if self._offline:
            if stored is None:
                raise IndexUnavailableError(
                    url, "nothing is kept of it, and --offline asks no index", hint=_OFFLINE_HINT
                )
        elif stored is None or self._refresh or not stored.is_fresh(self._now()):
            return self._fetched_listing(index_url, url, name, stored)
        self._on_event(IndexEvent("listing", name, "store"))
        self._used(stored.fetched_at + stored.max_age)
        return stored.listing

    def _lost_listing(self, index_url: str, url: str, name: NormalizedName) -> Listing:
        """The listing anew, where the store has lost of it what it had a moment ago."""
        if self._offline:
            reason = "what was kept of it is damaged, and --offline asks no index"
            raise IndexUnavailableError(url, reason, hint=_OFFLINE_HINT)
        return self._fetched_listing(index_url, url, name, None)

    def _fetched_listing(
        self, index_url: str, url: str, name: NormalizedName, stored: StoredListing | None
    ) -> Listing:
        headers = {"Accept": ACCEPT}
        if stored and stored.etag:
            headers["If-None-Match"] = stored.etag
        answer = self._http.get(url, headers, limit=MAX_LISTING_BYTES)
        self._on_event(IndexEvent("listing", name, "index"))
        fresh_for = max_age(answer.headers)
        self._used(self._now() + fresh_for if may_be_kept(answer.headers) else 0.0)
        if stored and answer.status == 304:
            self._store.renew_listing(index_url, name, self._now(), fresh_for)
            return stored.listing
        return self._reader.submit(self._read_listing, index_url, name, answer).result()

    def _read_listing(self, index_url: str, name: NormalizedName, answer: Answer) -> Listing:
        listing = listing_in(answer, name)
        if not may_be_kept(answer.headers):
            return listing
        etag = answer.headers.get("etag")
        kept = StoredListing(listing, etag, self._now(), max_age(answer.headers))
        return self._store.put_listing(index_url, name, kept)

    def _kept_metadata(self, file: DistFile) -> Metadata:
        path = local_path(file.url)
        if path is not None:
            self._used_local(path)
            return local_metadata(path, file)
        metadata = self._store.get_metadata(file.identity)
        if metadata is None:
            self._refuse_offline(file)
            metadata = self._wheels.fetch(file)
            self._store.put_metadata(file.identity, metadata)
            self._on_event(IndexEvent("metadata", file.filename, "index"))
        else:
            self._on_event(IndexEvent("metadata", file.filename, "store"))
        return metadata

    def _kept_facts(self, file: DistFile) -> SdistFacts:
        kept = self._store.get_facts(file.identity)
        if kept is not None:
            self._on_event(IndexEvent("sdist", file.filename, "store"))
            return kept
        from pinfix.index.sdist import read_sdist  # Takes 20 ms, and is seldom needed.

        try:
            with self._room.take(min(usual_size(file), MAX_SDIST_BYTES)):
                facts = read_sdist(file.filename, self._whole_file(file, MAX_SDIST_BYTES))
        except TooLongError:
            facts = SdistFacts(
                "unknown", f"larger than {MAX_SDIST_BYTES >> 20} MB", None, "", None, ()
            )
        self._store.put_facts(file.identity, facts)
        self._on_event(IndexEvent("sdist", file.filename, "index"))
        return facts

    def _whole_file(self, file: DistFile, limit: int) -> bytes:
        path = local_path(file.url)
        if path is not None:
            self._used_local(path)
            return local_bytes(path, file)
        self._refuse_offline(file)
        if file.size is not None and file.size > limit:
            raise too_long(file.url, limit)
        answer = self._http.get(file.url, limit=limit)
        check_file(file, answer)
        return answer.body

    def _refuse_offline(self, file: DistFile) -> None:
        if self._offline:
            raise IndexUnavailableError(
                file.url,
                "nothing is kept of this file, and --offline fetches none",
                hint=_OFFLINE_HINT,
            )


def _ignore(_: IndexEvent) -> None:
    """Nobody wants to know."""
