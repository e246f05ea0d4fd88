"""Connections to servers: one TLS context, and one look-up of each host, for all of them.

urllib3 stands here without requests around it, which takes half a millisecond more for each of a
run's hundred questions.
"""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from pinfix.index.cookies import Cookies
from pinfix.index.environment import ca_bundle, proxy_for, with_scheme
from pinfix.index.tls import trusting_context, unchecked_context
from pinfix.index.urls import origin, split_credentials

if TYPE_CHECKING:
    import ssl

    from pinfix.index.http import Connection
    from pinfix.index.logins import Login

_HEADERS = {"User-Agent": "pinfix", "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}


class Pools:
    """The connections to each server, and how it is reached: by which proxy, checked or not.

    One TLS context per connection took 1,988 ms for 96 requests by 8 workers, one for all 550 ms.
    What requests and pip read from the environment holds: REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, the
    proxies; SSL_CERT_FILE as OpenSSL does. Raises OSError for a certificate that cannot be read.
    """

    def __init__(self, connection: Connection, workers: int) -> None:
        self._connection = connection
        # One connection for each worker, and one for the thread that asks.
        self._size = workers + 1
        self._book = HostBook()
        self._lock = threading.Lock()
        self._checked = self._with_client_cert(trusting_context(connection.cert or ca_bundle()))
        self._cookies = Cookies()
        self._managers: dict[object, urllib3.PoolManager] = {}
        self._by_origin: dict[tuple[str, str], urllib3.PoolManager] = {}

    def get(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """What the server says to one question, a redirect too; the body is not read yet.

        Raises urllib3's HTTPError, and ValueError for what is no address.
        """
        response = self._manager(url).request(
            "GET",
            url,
            headers={**_HEADERS, **self._cookies.header(url), **headers},
            timeout=self._connection.timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        self._cookies.keep(url, response)
        return response

    def close(self) -> None:
        """Close all connections."""
        for manager in self._managers.values():
            manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        place = origin(url)
        with self._lock:
            known = self._by_origin.get(place)
            if known is None:
                # The environment is read once for each server: for each request it took 25 ms.
                given = self._connection.proxy
                proxy = with_scheme(given) if given else proxy_for(url)
                trusted = self._is_trusted(place[1])
                known = self._managers.get((proxy, trusted))
                if known is None:
                    context = self._unchecked() if trusted else self._checked
                    known = self._managers[proxy, trusted] = self._made(proxy, context)
                self._by_origin[place] = known
            return known

    def _unchecked(self) -> ssl.SSLContext:
        urllib3.disable_warnings(InsecureRequestWarning)  # somebody said so
        return self._with_client_cert(unchecked_context())

    def _is_trusted(self, server: str) -> bool:
        """Whether ``--trusted-host`` names the server: as host, or host:port."""
        host = server.rpartition(":")[0] if ":" in server.rpartition("]")[2] else server
        return bool({server, host}.intersection(map(str.lower, self._connection.trusted_hosts)))

    def _made(self, proxy: str | None, context: ssl.SSLContext) -> urllib3.PoolManager:
        sizes: dict[str, Any] = {"num_pools": self._size, "maxsize": self._size}
        if proxy is None:
            manager = urllib3.PoolManager(**sizes, ssl_context=context)
            manager.pool_classes_by_scheme = pool_classes(self._book)
            return manager
        return _through(proxy, context, self._checked, sizes)

    def _with_client_cert(self, context: ssl.SSLContext) -> ssl.SSLContext:
        if self._connection.client_cert is not None:
            _present(context, self._connection.client_cert)
        return context


def _through(
    proxy: str, context: ssl.SSLContext, checked: ssl.SSLContext, sizes: Mapping[str, Any]
) -> urllib3.PoolManager:
    """The connections by way of a proxy, with the credentials in its address.

    ``context`` is for the servers behind it, ``checked`` for the proxy itself.
    """
    place, login = split_credentials(proxy)
    if proxy.lower().startswith("socks"):
        try:
            import_module("socks")
        except ImportError as error:
            raise ValueError("a SOCKS proxy needs PySocks: pip install PySocks") from error
        from urllib3.contrib.socks import SOCKSProxyManager

        user, password = login or (None, None)
        return SOCKSProxyManager(place, user, password, ssl_context=context, **sizes)
    headers = authorization(login, "Proxy-Authorization")
    return urllib3.ProxyManager(
        place,
        ssl_context=context,
        proxy_ssl_context=checked,
        proxy_headers=headers,
        **sizes,
    )


def normal(url: str) -> str:
    """An address as it is asked for: escaped, without detours in its path (RFC 3986)."""
    return urllib3.util.parse_url(url).url


def authorization(login: Login | None, header: str = "Authorization") -> dict[str, str]:
    """The header that says who asks (RFC 7617), in Latin-1 where that can say it, as requests does."""
    if login is None:
        return {}
    said = ":".join(login)
    try:
        data = said.encode("latin-1")
    except UnicodeEncodeError:
        data = said.encode()
    return {header: f"Basic {b64encode(data).decode()}"}


def _present(context: ssl.SSLContext, certificate: str) -> None:
    try:
        context.load_cert_chain(certificate)
    except OSError as error:
        raise OSError(
            f"the client certificate {certificate} cannot be read: {error.strerror or error}"
        ) from error


class HostBook:
    """The addresses of hosts, looked up one after the other and remembered.

    Eight workers that connect at once make eight look-ups of one name at once; resolvers drop some
    of such a burst, and then the connection waits five seconds, or fails.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._addresses: dict[tuple[str, int | None], list[str]] = {}

    def addresses(self, host: str, port: int | None) -> list[str]:
        """The numeric addresses of ``host``; just ``host`` where it cannot be looked up now."""
        with self._lock:
            known = self._addresses.get((host, port))
            if known is None:
                try:
                    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
                except OSError:
                    return [host]  # To connect will fail as well, and say why.
                known = [str(address[0]) for *_, address in found]
                self._addresses[host, port] = known
            return known


def pool_classes(book: HostBook) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools by scheme, as a urllib3 PoolManager holds them, that use ``book``."""

    class BookedHTTPConnection(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, book)

    class BookedHTTPSConnection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connect(self, super()._new_conn, book)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = BookedHTTPConnection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = BookedHTTPSConnection

    return {"http": PlainPool, "https": SecurePool}


def _connect(
    connection: HTTPConnection, connect: Callable[[], socket.socket], book: HostBook
) -> socket.socket:
    """What ``connect`` gives for the first of the host's addresses that answers.

    Certificates are checked afterwards, for the host's name.
    """
    host = connection.host
    *others, last = book.addresses(host, connection.port)
    try:
        for address in others:
            connection.host = address
            with suppress(HTTPError):
                return connect()
        connection.host = last
        return connect()
    finally:
        connection.host = host
