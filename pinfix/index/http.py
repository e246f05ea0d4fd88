"""Questions to servers: attempts with back-off, redirects, whose credentials go where."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pinfix.credentials import without_credentials
from pinfix.errors import IndexUnavailableError
from pinfix.index.fetching import Answer, root_cause
from pinfix.index.freshness import asked_wait
from pinfix.index.logins import KeyringProvider, Login, Logins
from pinfix.index.retrying import PASSING_STATUS, PassingFailure, with_retries
from pinfix.index.urls import split_credentials
from pinfix.records import record

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

    from pinfix.index.connections import Pools

UNAUTHORIZED = 401
# In seconds; pip's own.
DEFAULT_TIMEOUT = 15.0
_MAX_REDIRECTS = 30
_CHUNK_BYTES = 1 << 16
_OUTAGE_HINT = "Try again later, or with --offline to use what earlier runs have kept."


@record
class Connection:
    """How servers are reached, beside what the environment says; the terms are pip's.

    ``cert`` is a CA bundle, ``client_cert`` a PEM file with certificate and key, ``timeout`` in
    seconds. The certificate of a trusted host (``host`` or ``host:port``) is not checked.
    """

    trusted_hosts: tuple[str, ...] = ()
    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    keyring: KeyringProvider = "auto"


class Http:
    """The same connections for all threads, and attempts with back-off."""

    def __init__(
        self,
        logins: Logins,
        connection: Connection,
        *,
        workers: int,
        retries: int,
        sleep: Callable[[float], object],
    ) -> None:
        self._logins = logins
        self._connection = connection
        self._workers = workers
        self._retries = retries
        self._sleep = sleep
        self._lock = threading.Lock()
        self._pools: Pools | None = None
        self._asked = False
        self._waiting: list[Callable[[], None]] = []

    @contextmanager
    def when_asked(self, start: Callable[[], None]) -> Iterator[None]:
        """Has ``start`` called with the first question in the block, at once if that was asked before."""
        with self._lock:
            asked = self._asked
            if not asked:
                self._waiting.append(start)
        if asked:
            start()
        try:
            yield
        finally:
            with self._lock:
                if start in self._waiting:
                    self._waiting.remove(start)

    @property
    def asked(self) -> bool:
        """Whether a server was asked anything yet."""
        return self._asked

    def _note_question(self) -> None:
        with self._lock:
            self._asked, waiting, self._waiting = True, self._waiting, []
        for start in waiting:
            start()

    def close(self) -> None:
        if self._pools is not None:
            self._pools.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: int) -> Answer:
        """One answer; IndexUnavailableError where none comes, or one longer than ``limit``."""
        self._note_question()
        login = self._logins.to_send(url)
        answer = self._get(url, headers or {}, login, limit)
        if answer.status == UNAUTHORIZED and self._logins.ask_keyring(url, login):
            answer = self._get(url, headers or {}, self._logins.for_url(url), limit)
        return answer

    def _get(self, url: str, headers: Mapping[str, str], login: Login | None, limit: int) -> Answer:
        answer = with_retries(
            lambda: self._attempt(url, headers, login, limit), self._retries, self._sleep
        )
        if not isinstance(answer, PassingFailure):
            return answer
        tried = f" ({self._retries + 1} attempts)" if self._retries else ""
        raise IndexUnavailableError(
            without_credentials(url), f"{answer.reason}{tried}", hint=_OUTAGE_HINT
        )

    def _attempt(
        self, url: str, headers: Mapping[str, str], login: Login | None, limit: int
    ) -> Answer | PassingFailure:
        from urllib3 import exceptions

        try:
            final, response = self._follow(url, headers, login)
            try:
                said = {key.lower(): value for key, value in response.headers.itermerged()}
                if response.status in PASSING_STATUS:
                    reason = f"the server answered {response.status} {response.reason}"
                    return PassingFailure(reason, asked_wait(said.get("retry-after"), time.time()))
                body = _body(response, final, limit)
                return Answer(without_credentials(final), response.status, said, body)
            finally:
                _let_go(response)
        except exceptions.SSLError as error:
            cause = root_cause(error)
            if any(sign in cause for sign in _GARBLED):
                return PassingFailure(f"the TLS connection broke off: {cause}")
            raise fatal(url, f"no trusted TLS connection: {cause}") from error
        except (
            exceptions.TimeoutError,
            exceptions.ProtocolError,
            exceptions.ProxyError,
            exceptions.DecodeError,
            exceptions.ClosedPoolError,
        ) as error:
            return PassingFailure(f"no complete answer: {root_cause(error)}")
        except (OSError, ValueError, exceptions.HTTPError) as error:
            raise fatal(url, root_cause(error)) from error

    def _follow(
        self, url: str, headers: Mapping[str, str], login: Login | None
    ) -> tuple[str, BaseHTTPResponse]:
        """The answer, unread, at the end of all redirects, and the address it came from.

        Credentials go no further than the server that they are for.
        """
        from pinfix.index.connections import authorization, normal

        place = normal(split_credentials(url)[0])
        for _ in range(_MAX_REDIRECTS):
            response = self._open_pools().get(place, {**headers, **authorization(login)})
            location = response.get_redirect_location()
            if not location:
                return place, response
            _let_go(response)
            moved = normal(split_credentials(urljoin(place, _as_sent(location)))[0])
            if urlsplit(moved).scheme not in ("http", "https"):
                raise fatal(url, f"it redirects to {moved}, which is on no web server")
            if not _is_same_server(place, moved):
                login = self._logins.from_netrc(moved)
            place = moved
        raise fatal(url, f"more than {_MAX_REDIRECTS} redirects")

    def _open_pools(self) -> Pools:
        from pinfix.index.connections import Pools

        with self._lock:
            if self._pools is None:
                self._pools = Pools(self._connection, self._workers)
            return self._pools


def _as_sent(location: str) -> str:
    """A Location with other letters than ASCII, which http.client takes for Latin-1, as UTF-8."""
    with suppress(UnicodeError):
        return location.encode("latin-1").decode()
    return location


def _is_same_server(place: str, moved: str) -> bool:
    """Whether credentials may go along: to the same place, or from http to https, as requests has it."""
    (scheme, host, port), (new_scheme, new_host, new_port) = _server(place), _server(moved)
    upgraded = (scheme, port, new_scheme, new_port) == ("http", 80, "https", 443)
    same = (scheme, port) == (new_scheme, new_port)
    return host == new_host and (same or upgraded)


def _server(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port, the usual one where none is named."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def fatal(url: str, reason: str) -> IndexUnavailableError:
    """The error for what no further attempt would change."""
    return IndexUnavailableError(without_credentials(url), reason)


# OpenSSL's words for what reached either side otherwise than it was sent. A certificate that is not
# trusted, or a server that speaks no TLS, is the same the next time.
_GARBLED = (
    *("UNEXPECTED_EOF", "ALERT_DECODE_ERROR", "ALERT_DECRYPT_ERROR"),
    *("ALERT_INTERNAL_ERROR", "BAD_RECORD_MAC"),
)


class TooLongError(IndexUnavailableError):
    """An answer longer than anything it can be."""


def too_long(url: str, limit: int) -> TooLongError:
    """The error for an answer of more than ``limit`` bytes."""
    return TooLongError(without_credentials(url), f"longer than {limit >> 20} MB")


def _body(response: BaseHTTPResponse, url: str, limit: int) -> bytes:
    promised = response.length_remaining
    if promised is not None and "content-encoding" not in response.headers:
        if promised > limit:
            raise too_long(url, limit)
        return response.read(decode_content=False)  # into one piece of memory
    body = io.BytesIO()  # which takes no second copy in the end, as joining would
    for chunk in response.stream(_CHUNK_BYTES, decode_content=True):
        if body.write(chunk) and body.tell() > limit:
            raise too_long(url, limit)
    return body.getvalue()


def _let_go(response: BaseHTTPResponse) -> None:
    """Keep the connection for the next question, unless more may come on it than is worth reading."""
    left = response.length_remaining
    if left is not None and left <= _CHUNK_BYTES:
        response.drain_conn()
    if not response.closed:
        response.close()
    response.release_conn()
