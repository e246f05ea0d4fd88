"""Requests to servers: one session for all threads, attempts with back-off, whom to trust.

The only module with requests.
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pinfix.credentials import without_credentials
from pinfix.errors import IndexUnavailableError
from pinfix.index.fetching import Answer, root_cause
from pinfix.index.freshness import asked_wait
from pinfix.index.logins import KeyringProvider, Logins
from pinfix.index.retrying import PASSING_STATUS, PassingFailure, with_retries
from pinfix.index.tls import trusting_context, unchecked_context
from pinfix.index.urls import origin
from pinfix.records import record

if TYPE_CHECKING:
    import ssl

    import requests
    from requests.adapters import HTTPAdapter

UNAUTHORIZED = 401
# In seconds; pip's own.
DEFAULT_TIMEOUT = 15.0
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
    """One session for all threads, with one TLS context, and attempts with back-off."""

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
        if self._session is not None:
            self._session.close()

    def get(self, url: str, headers: Mapping[str, str] | None = None, *, limit: int) -> Answer:
        """One answer; IndexUnavailableError where none comes, or one longer than ``limit``."""
        self._note_question()
        login = self._logins.for_url(url)
        answer = self._get(url, headers, limit)
        if answer.status == UNAUTHORIZED and self._logins.ask_keyring(url, login):
            answer = self._get(url, headers, limit)
        return answer

    def _get(self, url: str, headers: Mapping[str, str] | None, limit: int) -> Answer:
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
                auth=self._logins.for_url(url),
                timeout=self._connection.timeout,
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
            raise fatal(url, f"no trusted TLS connection: {root_cause(error)}") from error
        except (
            ConnectionError,
            requests.exceptions.ConnectionError,
            requests.exceptions.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            return PassingFailure(f"no complete answer: {root_cause(error)}")
        except (OSError, ValueError) as error:  # RequestException is an OSError.
            raise fatal(url, root_cause(error)) from error

    def _open_session(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = _new_session(self._connection, self._workers)
            return self._session


def fatal(url: str, reason: str) -> IndexUnavailableError:
    """The error for what no further attempt would change."""
    return IndexUnavailableError(without_credentials(url), reason)


class TooLongError(IndexUnavailableError):
    """An answer longer than anything it can be."""


def too_long(url: str, limit: int) -> TooLongError:
    """The error for an answer of more than ``limit`` bytes."""
    return TooLongError(without_credentials(url), f"longer than {limit >> 20} MB")


def _body(response: requests.Response, limit: int) -> bytes:
    body = io.BytesIO()  # which takes no second copy in the end, as joining would
    for chunk in response.iter_content(1 << 16):
        if body.write(chunk) and body.tell() > limit:
            raise too_long(response.url, limit)
    promised = response.headers.get("content-length", "")
    if promised.isdecimal() and response.raw.tell() < int(promised):
        raise ConnectionError("the connection ended early")  # urllib3 1 says nothing.
    return body.getvalue()


def _new_session(connection: Connection, workers: int) -> requests.Session:
    """A session that makes one TLS context, and one look-up of each host, for all connections.

    One context per connection took 1,988 ms for 96 requests by 8 workers, one for all 550 ms.
    REQUESTS_CA_BUNDLE, proxies and netrc hold as requests says, SSL_CERT_FILE as OpenSSL does.
    """
    import requests
    import urllib3
    from urllib3.exceptions import InsecureRequestWarning

    class OneEnvironmentSession(requests.Session):
        """Reads the environment once per host: per request it took 25 ms of a cold run."""

        def merge_environment_settings(self, url: Any, *given: Any) -> Any:
            host = origin(url)
            if host not in settings:  # All requests give the same settings of their own.
                settings[host] = super().merge_environment_settings(url, *given)
                if connection.proxy is not None:
                    settings[host]["proxies"] = dict.fromkeys(("http", "https"), connection.proxy)
            return dict(settings[host])

    settings: dict[Any, Any] = {}
    session = OneEnvironmentSession()
    trusted = session.merge_environment_settings("https://", {}, None, None, None)["verify"]
    checked = _adapter(trusting_context(connection.cert or trusted), connection, workers)
    session.mount("https://", checked)
    session.mount("http://", checked)
    if connection.trusted_hosts:
        urllib3.disable_warnings(InsecureRequestWarning)  # somebody said so
        unchecked = _adapter(unchecked_context(), connection, workers)
        for host in connection.trusted_hosts:
            session.mount(f"https://{host}/", unchecked)
            if ":" not in host:  # Whatever the port.
                session.mount(f"https://{host}:", unchecked)
    session.headers["User-Agent"] = "pinfix"
    return session


def _adapter(context: ssl.SSLContext, connection: Connection, workers: int) -> HTTPAdapter:
    """What makes all its connections with one TLS context."""
    from requests.adapters import HTTPAdapter

    from pinfix.index.connections import HostBook, pool_classes

    if connection.client_cert is not None:
        _present(context, connection.client_cert)
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
            # Said again, since urllib3 sets the context to what it is told here.
            conn.cert_reqs = context.verify_mode

    # One connection for each worker, and one for the thread that asks.
    return SharingAdapter(pool_connections=workers + 1, pool_maxsize=workers + 1)


def _present(context: ssl.SSLContext, certificate: str) -> None:
    try:
        context.load_cert_chain(certificate)
    except OSError as error:
        raise OSError(
            f"the client certificate {certificate} cannot be read: {error.strerror or error}"
        ) from error
