"""The client of real indexes: fetches, checks and remembers. The only module with requests."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from packaging.utils import NormalizedName

from pinfix.credentials import without_credentials
from pinfix.errors import IndexUnavailableError
from pinfix.index.fetching import Answer, WheelMetadataFetcher, check_file, listing_in, root_cause
from pinfix.index.freshness import asked_wait, max_age, may_be_kept
from pinfix.index.listing import DistFile, Listing, merge_listings
from pinfix.index.local import local_bytes, local_index_listing, local_listing, local_metadata
from pinfix.index.memo import Memo
from pinfix.index.metadata import Metadata
from pinfix.index.retrying import PASSING_STATUS, PassingFailure, with_retries
from pinfix.index.sdist_facts import SdistFacts
from pinfix.index.store import Store, StoredListing
from pinfix.index.tls import trusting_context
from pinfix.index.urls import local_path, origin, split_credentials

if TYPE_CHECKING:
    import requests

DEFAULT_INDEX_URL = "https://pypi.org/simple/"
MAX_LISTING_BYTES = 256 << 20
MAX_SDIST_BYTES = 50 << 20
MAX_REQUIREMENTS_BYTES = 16 << 20

# JSON where the server has it, HTML from any other (PEP 691, version and format selection).
ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html; q=0.1, "
    "text/html; q=0.01"
)
_OFFLINE_HINT = "Run once without --offline, so that what is needed is kept."
_OUTAGE_HINT = "Try again later, or with --offline to use what earlier runs have kept."


@dataclass(frozen=True, slots=True)
class IndexEvent:
    """Something was answered: ``subject`` is a project's or a file's name."""

    kind: Literal["listing", "metadata", "sdist"]
    subject: str
    source: Literal["store", "index"]


class IndexClient:
    """An ``Index`` (see ``pinfix.index.protocol``) over indexes on the network and in folders.

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
        timeout: float = 15.0,
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
        self._freshness_lock = threading.Lock()
        links = tuple(find_links)
        # None: pip's --no-index, the links alone.
        indexes = (*([] if index_url is None else [index_url]), *extra_index_urls)
        self._links = [split_credentials(url)[0] for url in links]
        self._indexes = [f"{split_credentials(url)[0].rstrip('/')}/" for url in indexes]
        logins = ((origin(url), split_credentials(url)[1]) for url in (*indexes, *links))
        self._http = _Http(
            {place: login for place, login in logins if login},
            workers=workers,
            timeout=timeout,
            retries=retries,
            sleep=sleep or self._closed.wait,
        )
        self._wheels = WheelMetadataFetcher(self._http.get)
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
        self._http.close()

    @property
    def fresh_until(self) -> float:
        """When the first of the listings that were used has to be asked for again.

        In seconds since the epoch; 0 where something was read that may change unseen.
        """
        return 0.0 if self._fresh_until == math.inf else self._fresh_until

    def _used(self, fresh_until: float) -> None:
        with self._freshness_lock:
            self._fresh_until = min(self._fresh_until, fresh_until)

    def listing(self, name: NormalizedName) -> Listing:
        """What the indexes and find-links say of a project, merged as pip merges them."""
        return self._memo.get(("listing", name), partial(self._merged_listing, name))

    def metadata(self, file: DistFile) -> Metadata:
        """The core metadata of a wheel."""
        return self._memo.get(("metadata", file.identity), partial(self._kept_metadata, file))

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        """What reading a source distribution, without running it, shows."""
        return self._memo.get(("sdist", file.identity), partial(self._kept_facts, file))

    def requirements_file(self, url: str) -> bytes:
        """A requirements file that another one includes by its address. It is not kept."""
        if self._offline:
            raise IndexUnavailableError(
                without_credentials(url), "--offline fetches no included file"
            )
        answer = self._http.get(url, limit=MAX_REQUIREMENTS_BYTES)
        if answer.status != 200:
            raise _fatal(url, f"the server answered {answer.status}")
        return answer.body

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        """Starts to fetch listings that will probably be asked for."""
        for name in names:
            if self._must_ask(name):
                self._memo.start(("listing", name), partial(self._merged_listing, name))

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        """Starts to fetch metadata, or an sdist's facts, that will probably be asked for."""
        for file in files:
            if file.is_wheel:
                self._memo.start(("metadata", file.identity), partial(self._kept_metadata, file))
            else:
                self._memo.start(("sdist", file.identity), partial(self._kept_facts, file))

    def when_fetching(self, start: Callable[[], None]) -> None:
        """Has ``start`` called once a server has to be asked, now if that was so already."""
        self._http.when_asked(start)

    def _must_ask(self, name: NormalizedName) -> bool:
        """Whether a listing has to be fetched; what the store has fresh is read when needed."""
        remote = [url for url in (*self._links, *self._indexes) if local_path(url) is None]
        return self._refresh or not all(
            self._store.has_fresh_listing(url, name, self._now()) for url in remote
        )

    def _merged_listing(self, name: NormalizedName) -> Listing:
        linked = [self._linked_listing(link, name) for link in self._links]
        linked = [listing for listing in linked if listing.releases]
        return merge_listings(name, [*linked, *(self._listing(url, name) for url in self._indexes)])

    def _linked_listing(self, link: str, name: NormalizedName) -> Listing:
        path = local_path(link)
        if path is not None:
            self._used(0.0)
            return local_listing(path, name)
        return self._kept_listing(link, link, name)

    def _listing(self, index_url: str, name: NormalizedName) -> Listing:
        path = local_path(index_url)
        if path is not None:
            self._used(0.0)
            return local_index_listing(path, name)
        return self._kept_listing(index_url, f"{index_url}{name}/", name)

    def _kept_listing(self, index_url: str, url: str, name: NormalizedName) -> Listing:
        """The listing at ``url`` from the store while it is fresh, else from the index."""
        stored = self._store.get_listing(index_url, name)
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
        listing = listing_in(answer, name)
        if may_be_kept(answer.headers):
            etag = answer.headers.get("etag")
            kept = StoredListing(listing, etag, self._now(), fresh_for)
            self._store.put_listing(index_url, name, kept)
        return listing

    def _kept_metadata(self, file: DistFile) -> Metadata:
        path = local_path(file.url)
        if path is not None:
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
            facts = read_sdist(file.filename, self._whole_file(file))
        except _TooLongError:
            facts = SdistFacts(
                "unknown", f"larger than {MAX_SDIST_BYTES >> 20} MB", None, "", None, ()
            )
        self._store.put_facts(file.identity, facts)
        self._on_event(IndexEvent("sdist", file.filename, "index"))
        return facts

    def _whole_file(self, file: DistFile) -> bytes:
        path = local_path(file.url)
        if path is not None:
            return local_bytes(path, file)
        self._refuse_offline(file)
        if file.size is not None and file.size > MAX_SDIST_BYTES:
            raise _too_long(file.url, MAX_SDIST_BYTES)
        answer = self._http.get(file.url, limit=MAX_SDIST_BYTES)
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


class _Http:
    """One session for all threads, with one TLS context, and attempts with back-off."""

    def __init__(
        self,
        logins: Mapping[tuple[str, str], tuple[str, str]],
        *,
        workers: int,
        timeout: float,
        retries: int,
        sleep: Callable[[float], object],
    ) -> None:
        self._logins = logins
        self._workers = workers
        self._timeout = timeout
        self._retries = retries
        self._sleep = sleep
        self._lock = threading.Lock()
        self._session: requests.Session | None = None
        self._asked = False
        self._waiting: list[Callable[[], None]] = []

    def when_asked(self, start: Callable[[], None]) -> None:
        """Has ``start`` called with the first question, now if that was asked already."""
        with self._lock:
            asked = self._asked
            if not asked:
                self._waiting.append(start)
        if asked:
            start()

    def _note_question(self) -> None:
        with self._lock:
            self._asked, waiting, self._waiting = True, self._waiting, []
        for start in waiting:
            start()

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: int) -> Answer:
        """One answer; IndexUnavailableError where none comes, or one longer than ``limit``."""
        self._note_question()
        answer = with_retries(
            lambda: self._attempt(url, headers or {}, limit), self._retries, self._sleep
        )
        if not isinstance(answer, PassingFailure):
            return answer
        tried = f" ({self._retries + 1} attempts)" if self._retries else ""
        raise IndexUnavailableError(
            without_credentials(url), f"{answer.reason}{tried}", hint=_OUTAGE_HINT
        )

    def _attempt(self, url: str, headers: Mapping[str, str], limit: int) -> Answer | PassingFailure:
        import requests

        try:
            with self._open_session().get(
                url,
                headers=dict(headers),
                auth=self._logins.get(origin(url)),
                timeout=self._timeout,
                stream=True,
            ) as response:
                said = {key.lower(): value for key, value in response.headers.items()}
                if response.status_code in PASSING_STATUS:
                    reason = f"the server answered {response.status_code} {response.reason}"
                    wait = asked_wait(said.get("retry-after"), time.time())
                    return PassingFailure(reason, wait)
                final = without_credentials(response.url)
                return Answer(final, response.status_code, said, _body(response, limit))
        except requests.exceptions.SSLError as error:
            raise _fatal(url, f"no trusted TLS connection: {root_cause(error)}") from error
        except (
            ConnectionError,
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            return PassingFailure(f"no complete answer: {root_cause(error)}")
        except (OSError, ValueError) as error:  # RequestException is an OSError.
            raise _fatal(url, root_cause(error)) from error

    def _open_session(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = _new_session(self._workers)
            return self._session


def _fatal(url: str, reason: str) -> IndexUnavailableError:
    return IndexUnavailableError(without_credentials(url), reason)


class _TooLongError(IndexUnavailableError):
    """An answer longer than anything it can be."""


def _too_long(url: str, limit: int) -> _TooLongError:
    return _TooLongError(without_credentials(url), f"longer than {limit >> 20} MB")


def _body(response: requests.Response, limit: int) -> bytes:
    chunks, length = [], 0
    for chunk in response.iter_content(1 << 16):
        chunks.append(chunk)
        length += len(chunk)
        if length > limit:
            raise _too_long(response.url, limit)
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and response.raw.tell() < int(promised):
        raise ConnectionError("the connection ended early")  # urllib3 1 says nothing.
    return b"".join(chunks)


def _new_session(workers: int) -> requests.Session:
    """A session that makes one TLS context, and one look-up of each host, for all connections.

    One context per connection took 1,988 ms for 96 requests by 8 workers, one for all 550 ms.
    REQUESTS_CA_BUNDLE, proxies and netrc hold as requests says, SSL_CERT_FILE as OpenSSL does.
    """
    import requests
    from requests.adapters import HTTPAdapter

    from pinfix.index.connections import HostBook, pool_classes

    class OneEnvironmentSession(requests.Session):
        """Reads the environment once per host: per request it took 25 ms of a cold run."""

        def merge_environment_settings(self, url: Any, *given: Any) -> Any:
            host = origin(url)
            if host not in settings:  # All requests give the same settings of their own.
                settings[host] = super().merge_environment_settings(url, *given)
            return dict(settings[host])

    settings: dict[Any, Any] = {}
    session = OneEnvironmentSession()
    context = trusting_context(
        session.merge_environment_settings("https://", {}, None, None, None)["verify"]
    )

    pools = pool_classes(HostBook())

    class SharingAdapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, ssl_context=context, **kwargs)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return super().proxy_manager_for(proxy, ssl_context=context, **kwargs)

        def build_connection_pool_key_attributes(
            self, request: Any, verify: Any, cert: Any = None
        ) -> Any:
            # The context holds the trusted certificates; named here they would be read again
            # for every connection.
            return super().build_connection_pool_key_attributes(request, True, cert)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            conn.cert_reqs = "CERT_REQUIRED"

    # One connection for each worker, and one for the thread that asks.
    adapter = SharingAdapter(pool_connections=workers + 1, pool_maxsize=workers + 1)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["User-Agent"] = "pinfix"
    return session
