"""An index on this machine's loopback, which serves what each test tells it to."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.loopback import running


@dataclass
class Reply:
    """One answer.

    ``cut`` ends the connection after that many bytes of the body, ``stall`` waits so many seconds
    before the body, ``length`` is a Content-Length that is not true, ``login`` the Authorization
    without which it is refused.
    """

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    ranges: bool = False
    stall: float = 0.0
    length: int | None = None
    login: str | None = None


@dataclass
class Asked:
    path: str
    headers: dict[str, str]


@dataclass
class FakeIndex:
    """What is served: a reply per path, or replies in turn, of which the last one stays."""

    url: str
    pages: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def serve(self, path: str, *replies: Reply) -> str:
        self.pages[path] = list(replies)
        return f"{self.url}{path}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def next_reply(self, path: str) -> Reply:
        replies = self.pages.get(path, [Reply(status=404)])
        return replies.pop(0) if len(replies) > 1 else replies[0]


def _handler(index: Callable[[], FakeIndex]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Buffered: otherwise each answer waits 40 ms for the client's delayed acknowledgement.
        wbufsize = -1

        def do_GET(self) -> None:
            headers = {key.lower(): value for key, value in self.headers.items()}
            index().asked.append(Asked(self.path, headers))
            reply = index().next_reply(self.path)
            status, body, extra = _ranged(reply, headers.get("range"))
            if reply.headers.get("ETag") and headers.get("if-none-match") == reply.headers["ETag"]:
                status, body = 304, b""
            if reply.login is not None and headers.get("authorization") != reply.login:
                status, body = 401, b""
            self.send_response(status)
            for key, value in {**reply.headers, **extra}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(reply.length or len(body)))
            self.end_headers()
            if reply.stall:
                self.wfile.flush()
                time.sleep(reply.stall)
            self.wfile.write(body if reply.cut is None else body[: reply.cut])
            self.close_connection = reply.cut is not None or reply.length is not None

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler


def _ranged(reply: Reply, wanted: str | None) -> tuple[int, bytes, dict[str, str]]:
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
    if not reply.ranges or not found or reply.status != 200:
        return reply.status, reply.body, {}
    size = len(reply.body)
    start = int(found[1]) if found[1] else max(0, size - int(found[2]))
    end = min(int(found[2]) + 1, size) if found[1] and found[2] else size
    return 206, reply.body[start:end], {"Content-Range": f"bytes {start}-{end - 1}/{size}"}


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: clients hang up on what is too long, too slow or not trusted."""


@contextmanager
def serving(index_of: Callable[[], FakeIndex], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on the loopback; gives its port."""
    server = _QuietServer(("127.0.0.1", 0), _handler(index_of))
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    with running(server):
        yield int(server.server_address[1])


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[int, list[FakeIndex]]]:
    current: list[FakeIndex] = []
    with serving(lambda: current[0]) as port:
        yield port, current


@pytest.fixture
def index(_server: tuple[int, list[FakeIndex]]) -> FakeIndex:
    port, current = _server
    current[:] = [FakeIndex(f"http://127.0.0.1:{port}")]
    return current[0]
