"""Connections that look each host up once.

Eight workers that connect at once make eight look-ups of one name at once; resolvers drop some
of such a burst, and then the connection waits five seconds, or fails.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError


class HostBook:
    """The addresses of hosts, looked up one after the other and remembered."""

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
