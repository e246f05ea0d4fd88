from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest
from packaging.utils import NormalizedName

from pinfix.errors import IndexUnavailableError
from pinfix.index.client import IndexClient
from pinfix.index.connections import HostBook
from tests.index.conftest import FakeIndex, Reply

LOOKED_UP: list[str] = []


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names and their addresses; looking one up is noted."""
    names: dict[str, list[str]] = {}
    real = socket.getaddrinfo
    LOOKED_UP.clear()

    def look_up(host: str, port: int, *args: object, **said: object) -> list[object]:
        if host not in names:
            return real(host, port, *args, **said)  # type: ignore[arg-type]
        LOOKED_UP.append(host)
        if not names[host]:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_a_host_is_looked_up_once_for_all_threads(resolver: dict[str, list[str]]) -> None:
    resolver["index.example"] = ["127.0.0.1"]
    book = HostBook()
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: book.addresses("index.example", 443), range(8)))
    assert found == [["127.0.0.1"]] * 8
    assert LOOKED_UP == ["index.example"]


def test_a_failed_look_up_is_made_again(resolver: dict[str, list[str]]) -> None:
    resolver["index.example"] = []
    book = HostBook()
    assert book.addresses("index.example", 443) == ["index.example"]
    resolver["index.example"] = ["127.0.0.1"]
    assert book.addresses("index.example", 443) == ["127.0.0.1"]


def test_the_next_address_is_tried_where_one_does_not_answer(
    index: FakeIndex, resolver: dict[str, list[str]]
) -> None:
    resolver["index.example"] = ["127.0.0.99", "127.0.0.1"]  # The fake index is at the last.
    page = Reply(b'{"files": []}', headers={"Content-Type": "application/json"})
    index.serve("/demo/", page)
    url = index.url.replace("127.0.0.1", "index.example")
    with IndexClient(index_url=url, retries=0) as client:
        assert client.listing(NormalizedName("demo")).found
    assert index.asked[0].headers["host"].startswith("index.example:")
    assert LOOKED_UP == ["index.example"]


def test_a_host_without_address_is_named(resolver: dict[str, list[str]]) -> None:
    resolver["index.example"] = []
    with (
        IndexClient(index_url="http://index.example/", retries=0) as client,
        pytest.raises(
            IndexUnavailableError,
            match=r"http://index\.example/demo/: .*answer: Failed .*Temporary failure",
        ),
    ):
        client.listing(NormalizedName("demo"))
