"""How servers are reached: whom to trust, who one is, and what becomes of servers that are ill."""

from __future__ import annotations

import base64
import gzip
import os
import socket
import socketserver
import ssl
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from packaging.utils import NormalizedName

from pinfix.errors import IndexUnavailableError, UnusableFileError
from pinfix.index.client import IndexClient
from pinfix.index.connections import HostBook
from pinfix.index.http import Connection, Http, TooLongError, _is_same_server
from pinfix.index.listing import DistFile
from pinfix.index.logins import Logins
from tests.index.conftest import FakeIndex, Reply, serving
from tests.index.test_client import DEMO, JSON_TYPE, PAGE, json_page
from tests.index.wheels import make_wheel
from tests.loopback import running

# A certificate for localhost that signs itself, with its key.
PEM = str(Path(__file__).parent / "tls" / "localhost.pem")


def client(url: str, connection: Connection | None = None, **options: Any) -> IndexClient:
    options = {"sleep": lambda _: None, "retries": 1, **options}
    return IndexClient(index_url=f"{url}/simple", connection=connection or Connection(), **options)


def basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


# TLS


def tls_context(*, asks_client: bool = False) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(PEM)
    if asks_client:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(PEM)
    return context


@pytest.fixture
def secure() -> Iterator[FakeIndex]:
    index = FakeIndex("")
    index.serve(PAGE, json_page("demo-1.0.zip"))
    with serving(lambda: index, tls_context()) as port:
        index.url = f"https://localhost:{port}"
        yield index


def test_certificate_that_nobody_vouches_for_is_refused(secure: FakeIndex) -> None:
    with pytest.raises(IndexUnavailableError, match="no trusted TLS connection"):
        client(secure.url).listing(DEMO)


@pytest.mark.parametrize("named", ["localhost", "localhost:PORT"])
def test_certificate_of_a_trusted_host_is_not_checked(secure: FakeIndex, named: str) -> None:
    host = named.replace("PORT", secure.url.rpartition(":")[2])
    assert client(secure.url, Connection(trusted_hosts=(host,))).listing(DEMO).found
    other = Connection(trusted_hosts=("elsewhere.test", "localhost:1"))
    with pytest.raises(IndexUnavailableError, match="no trusted TLS connection"):
        client(secure.url, other).listing(DEMO)


def test_own_bundle_is_trusted(secure: FakeIndex) -> None:
    assert client(secure.url, Connection(cert=PEM)).listing(DEMO).found
    with pytest.raises(IndexUnavailableError, match=r"CA bundle /gone\.pem cannot be read"):
        client(secure.url, Connection(cert="/gone.pem")).listing(DEMO)


def test_client_certificate_is_presented() -> None:
    index = FakeIndex("")
    index.serve(PAGE, json_page("demo-1.0.zip"))
    with serving(lambda: index, tls_context(asks_client=True)) as port:
        url = f"https://localhost:{port}"
        assert client(url, Connection(cert=PEM, client_cert=PEM)).listing(DEMO).found
        with pytest.raises(IndexUnavailableError):
            client(url, Connection(cert=PEM)).listing(DEMO)
    with pytest.raises(IndexUnavailableError, match=r"client certificate /gone\.pem cannot be"):
        client(url, Connection(client_cert="/gone.pem")).listing(DEMO)


# A fatal alert: decode_error (RFC 8446, 6.2).
DECODE_ERROR = bytes([0x15, 3, 1, 0, 2, 2, 50])


@contextmanager
def garbling(port: int, times: int) -> Iterator[tuple[int, list[int]]]:
    """A way to a port that answers the first connections with an alert; its port, and who came."""
    came: list[int] = []

    class Way(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            came.append(1)
            if len(came) <= times:
                self.request.recv(1 << 16)
                self.request.sendall(DECODE_ERROR)
                return
            with socket.create_connection(("127.0.0.1", port)) as other:
                back = threading.Thread(target=copy_all, args=(other, self.request), daemon=True)
                back.start()
                copy_all(self.request, other)
                back.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Way)
    with running(server):
        yield int(server.server_address[1]), came


def copy_all(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


def test_tls_connection_that_breaks_off_is_tried_again(secure: FakeIndex) -> None:
    with garbling(int(secure.url.rpartition(":")[2]), 1) as (port, came):
        asking = client(f"https://localhost:{port}", Connection(cert=PEM))
        assert asking.listing(DEMO).found
        assert len(came) == 2
        asking.close()
    with garbling(1, 9) as (port, came):
        with pytest.raises(IndexUnavailableError, match=r"TLS connection broke off.*2 attempts"):
            client(f"https://localhost:{port}", Connection(cert=PEM)).listing(DEMO)
        assert len(came) == 2


# Proxies


def test_configured_proxy_is_used_for_every_host(
    index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "nowhere.invalid")
    connection = Connection(proxy=index.url)
    assert not client("http://nowhere.invalid", connection).listing(DEMO).found
    assert index.paths() == [f"http://nowhere.invalid{PAGE}"]


def test_proxy_without_a_scheme_is_spoken_to_in_http(index: FakeIndex) -> None:
    place = index.url.removeprefix("http://")
    for proxy in (place, f"//{place}"):
        assert not client("http://nowhere.invalid", Connection(proxy=proxy)).listing(DEMO).found
    assert index.paths() == [f"http://nowhere.invalid{PAGE}"] * 2


def test_credentials_of_a_proxy_are_for_the_proxy_alone(index: FakeIndex) -> None:
    connection = Connection(proxy=index.url.replace("http://", "http://me:s%40cret@"))
    assert not client("http://a:b@nowhere.invalid", connection).listing(DEMO).found
    (asked,) = index.asked
    assert asked.headers["proxy-authorization"] == basic("me:s@cret")
    assert asked.headers["authorization"] == basic("a:b")


def test_socks_proxy_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "socks", None)
    with pytest.raises(IndexUnavailableError, match="pip install PySocks"):
        client("http://nowhere.invalid", Connection(proxy="socks5://127.0.0.1:9")).listing(DEMO)


# Who one is


def test_indexes_on_one_host_have_their_own_credentials(index: FakeIndex) -> None:
    place = index.url.removeprefix("http://")
    index.serve("/one/simple/demo/", json_page("demo-1.0.zip"))
    index.serve("/two/simple/demo/", json_page("demo-2.0.zip"))
    indexes = [f"http://{login}@{place}/{path}/simple" for login, path in LOGINS.items()]
    with IndexClient(index_url=indexes[0], extra_index_urls=indexes[1:], retries=0) as both:
        assert len(both.listing(DEMO).versions) == 2
    assert {a.path.split("/")[1]: a.headers["authorization"] for a in index.asked} == {
        path: basic(login) for login, path in LOGINS.items()
    }


LOGINS = {"a:x": "one", "b:y": "two"}


def test_credentials_do_not_follow_a_redirect_to_another_host(index: FakeIndex) -> None:
    other = index.url.replace("127.0.0.1", "localhost")
    index.serve(PAGE, Reply(status=302, headers={"Location": f"{other}/moved/"}))
    index.serve("/moved/", json_page("demo-1.0.zip"))
    url = index.url.replace("http://", "http://me:s3cret@")
    assert client(url).listing(DEMO).found
    assert [asked.headers.get("authorization") for asked in index.asked] == [
        basic("me:s3cret"),
        None,
    ]


def test_redirect_within_a_host_keeps_the_credentials(index: FakeIndex) -> None:
    index.serve(PAGE, Reply(status=308, headers={"Location": "/moved/"}))
    index.serve("/moved/", json_page("demo-1.0.zip"))
    assert client(index.url.replace("http://", "http://me:s3cret@")).listing(DEMO).found
    assert [asked.headers.get("authorization") for asked in index.asked] == [basic("me:s3cret")] * 2


@pytest.mark.parametrize(
    ("place", "moved", "same"),
    [
        ("http://a/x", "http://a/y", True),
        ("http://a/x", "https://a/y", True),
        ("http://a:80/x", "https://a:443/y", True),
        ("http://A/x", "https://a/y", True),
        ("https://a/x", "http://a/y", False),
        ("http://a:8080/x", "https://a/y", False),
        ("http://a/x", "http://a:8080/y", False),
        ("https://a/x", "https://b/y", False),
        ("https://a/x", "https://a.b/y", False),
        ("https://a/x", "https://a:443/y", True),
        ("https://A:443/x", "https://a/y", True),
        ("http://a:8080/x", "https://a:8080/y", False),
        ("http://a:443/x", "https://a:443/y", False),
    ],
)
def test_credentials_go_along_as_requests_sends_them(place: str, moved: str, *, same: bool) -> None:
    assert _is_same_server(place, moved) is same
    assert requests.Session().should_strip_auth(place, moved) is not same


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_redirect_may_spell_its_scheme_in_capitals(index: FakeIndex, scheme: str) -> None:
    moved = index.serve("/moved/", json_page("demo-1.0.zip")).replace("http", scheme, 1)
    index.serve(PAGE, Reply(status=302, headers={"Location": moved}))
    assert client(index.url).listing(DEMO).found


def test_cookies_are_told_to_the_server_that_set_them(index: FakeIndex) -> None:
    index.serve(
        PAGE,
        Reply(status=302, headers={"Location": PAGE, "Set-Cookie": "seen=yes; Path=/"}),
        json_page("demo-1.0.zip"),
    )
    assert client(index.url).listing(DEMO).found
    assert [asked.headers.get("cookie") for asked in index.asked] == [None, "seen=yes"]
    with serving(lambda: index) as port:
        assert not client(f"http://localhost:{port}").listing(NormalizedName("other")).found
    assert "cookie" not in index.asked[-1].headers


def test_relative_addresses_are_those_of_the_normal_address(index: FakeIndex) -> None:
    index.serve("/a/%C3%A9/", Reply(body=b"x"))
    http = Http(Logins(()), Connection(), workers=1, retries=0, sleep=lambda _: None)
    assert http.get(f"{index.url}/a/b/../é/", limit=9).url == f"{index.url}/a/%C3%A9/"


def test_redirect_may_be_written_in_other_letters(index: FakeIndex) -> None:
    location = "/é/".encode().decode("latin-1")
    index.serve(PAGE, Reply(status=302, headers={"Location": location}))
    index.serve("/%C3%A9/", json_page("demo-1.0.zip"))
    assert client(index.url).listing(DEMO).found


def test_redirect_to_a_host_of_netrc_sends_what_is_for_that_host(
    index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine localhost login other password p")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    other = index.url.replace("127.0.0.1", "localhost")
    index.serve(
        PAGE, Reply(status=302, headers={"Location": f"{other.replace('//', '//x:y@')}/moved/"})
    )
    index.serve("/moved/", json_page("demo-1.0.zip"))
    assert client(index.url.replace("http://", "http://me:s3cret@")).listing(DEMO).found
    assert index.asked[1].headers["authorization"] == basic("other:p")


def test_credentials_in_an_address_count_before_those_of_the_host(
    index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login other password p")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    url = index.serve("/requirements.txt", Reply(body=b"demo"))
    own = url.replace("http://", "http://me:s3cr%C3%A9t@")
    assert client(index.url).requirements_file(own) == b"demo"
    assert (
        index.asked[0].headers["authorization"]
        == f"Basic {base64.b64encode('me:s3crét'.encode('latin-1')).decode()}"
    )


def test_user_alone_in_an_address_leaves_the_password_to_others(
    index: FakeIndex, keyring_command: Path
) -> None:
    url = index.serve("/requirements.txt", Reply(body=b"demo", login=basic("me:s3cret")))
    assert client(index.url).requirements_file(url.replace("//", "//me@")) == b"demo"
    assert [asked.headers.get("authorization") for asked in index.asked] == [
        basic("me:"),
        basic("me:s3cret"),
    ]


def test_no_netrc_is_read_where_the_variable_is_empty(
    index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password p")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", "")
    assert not client(index.url).listing(DEMO).found
    assert "authorization" not in index.asked[0].headers


@pytest.mark.parametrize(
    "content", ["", "machine 127.0.0.1 login", "\xff", "machine x login a password b"]
)
def test_netrc_without_a_word_on_the_host_is_none(
    content: str, index: FakeIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_bytes(content.encode("latin-1"))
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    assert not client(index.url).listing(DEMO).found
    assert "authorization" not in index.asked[0].headers


@pytest.fixture
def keyring_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ``keyring`` that knows one password, and writes down what it is asked for."""
    log = tmp_path / "asked"
    command = tmp_path / "bin" / "keyring"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\necho "$@" >> {log}\n[ "$3" = me ] && echo s3cret\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setitem(sys.modules, "keyring", None)
    return log


def test_keyring_command_is_asked_once_when_an_index_refuses(
    index: FakeIndex, keyring_command: Path
) -> None:
    index.serve(PAGE, Reply(**vars(json_page("demo-1.0.zip")) | {"login": basic("me:s3cret")}))
    made = client(index.url.replace("http://", "http://me@"))
    assert made.listing(DEMO).found
    made.listing(NormalizedName("other"))
    assert keyring_command.read_text() == f"get {index.url}/simple me\n"
    assert index.asked[-1].headers["authorization"] == basic("me:s3cret")


@pytest.mark.parametrize("provider", ["import", "disabled"])
def test_keyring_command_is_not_asked_where_it_must_not_be(
    index: FakeIndex, keyring_command: Path, provider: Any
) -> None:
    index.serve(PAGE, Reply(login=basic("me:s3cret")))
    made = client(index.url.replace("http://", "http://me@"), Connection(keyring=provider))
    with pytest.raises(IndexUnavailableError, match="answered 401"):
        made.listing(DEMO)
    assert not keyring_command.exists()


def test_keyring_module_knows_user_and_password(
    index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = index.url.removeprefix("http://")
    known = {host: types.SimpleNamespace(username="me", password="s3cret")}
    module = types.SimpleNamespace(get_credential=lambda service, user: known.get(service))
    monkeypatch.setitem(sys.modules, "keyring", module)
    index.serve(PAGE, Reply(**vars(json_page("demo-1.0.zip")) | {"login": basic("me:s3cret")}))
    assert client(index.url).listing(DEMO).found


def test_worker_that_was_refused_before_another_asked_the_keyring_tries_again_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def known(service: str, user: str | None) -> types.SimpleNamespace:
        asked.append(service)
        return types.SimpleNamespace(username="me", password="s3cret")

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_credential=known))
    logins = Logins(["https://a.test/simple"])
    page = "https://a.test/simple/demo/"
    assert logins.ask_keyring(page, None)
    assert logins.ask_keyring(page, None)
    assert not logins.ask_keyring(page, ("me", "s3cret"))
    assert asked == ["https://a.test/simple"]


def test_broken_keyring_leaves_the_refusal_as_it_is(
    index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(service: str, user: str | None) -> None:
        raise RuntimeError("no backend")

    monkeypatch.setitem(sys.modules, "keyring", types.SimpleNamespace(get_credential=broken))
    index.serve(PAGE, Reply(status=401))
    with pytest.raises(IndexUnavailableError, match="credentials for the index") as caught:
        client(index.url).listing(DEMO)
    assert f"{index.url}{PAGE}" in str(caught.value)


# Servers that are ill


def test_redirects_without_end_are_said_with_the_address(index: FakeIndex) -> None:
    index.serve(PAGE, Reply(status=302, headers={"Location": PAGE}))
    with pytest.raises(IndexUnavailableError, match="redirects") as caught:
        client(index.url).listing(DEMO)
    assert f"{index.url}{PAGE}" in str(caught.value)


def test_redirect_to_what_is_no_server_is_said(index: FakeIndex) -> None:
    index.serve(PAGE, Reply(status=302, headers={"Location": "file:///etc/passwd"}))
    with pytest.raises(IndexUnavailableError, match="file"):
        client(index.url).listing(DEMO)


def test_body_of_a_redirect_is_not_read_for_long(index: FakeIndex) -> None:
    endless = Reply(status=302, headers={"Location": "/moved/"}, length=1 << 40, body=b"x")
    index.serve(PAGE, endless)
    index.serve("/moved/", json_page("demo-1.0.zip"))
    assert client(index.url).listing(DEMO).found


def test_connection_is_kept_unless_much_is_still_to_come(
    index: FakeIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []
    real = HostBook.addresses

    def counted(book: HostBook, host: str, port: int | None) -> list[str]:
        connected.append(host)
        return real(book, host, port)

    monkeypatch.setattr(HostBook, "addresses", counted)
    http = Http(Logins(()), Connection(), workers=1, retries=0, sleep=lambda _: None)
    index.serve("/moved", Reply(status=302, headers={"Location": "/there"}, body=b"moved"))
    index.serve("/there", Reply(body=b"there"))
    index.serve("/ill", Reply(status=503, body=b"ill"))
    index.serve("/long", Reply(body=bytes(1 << 20)))
    for path in ("/moved", "/there", "/none"):
        http.get(f"{index.url}{path}", limit=10)
    with pytest.raises(IndexUnavailableError, match="503"):
        http.get(f"{index.url}/ill", limit=10)
    http.get(f"{index.url}/there", limit=10)
    assert len(connected) == 1
    with pytest.raises(TooLongError):
        http.get(f"{index.url}/long", limit=10)
    assert http.get(f"{index.url}/there", limit=10).body == b"there"
    assert len(connected) == 2


@pytest.mark.parametrize("times", [1, 2])
def test_server_that_stalls_is_asked_once_more(index: FakeIndex, times: int) -> None:
    good = json_page("demo-1.0.zip")
    stalling = Reply(**vars(good) | {"stall": 1.0})
    index.serve(PAGE, *[stalling] * times, good)
    asking = client(index.url, Connection(timeout=0.2))
    if times == 1:
        assert asking.listing(DEMO).found
    else:
        with pytest.raises(IndexUnavailableError, match=r"no complete answer.*\(2 attempts\)"):
            asking.listing(DEMO)


@pytest.mark.parametrize("difference", [-5, 5])
def test_length_that_is_not_true_is_no_listing(index: FakeIndex, difference: int) -> None:
    page = json_page("demo-1.0.zip")
    index.serve(PAGE, Reply(**vars(page) | {"length": len(page.body) + difference}))
    with pytest.raises(IndexUnavailableError) as caught:
        client(index.url).listing(DEMO)
    assert f"{index.url}{PAGE}" in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_that_recovers_is_used_and_one_that_does_not_is_named(
    index: FakeIndex, status: int
) -> None:
    ill = Reply(status=status)
    index.serve(PAGE, ill, json_page("demo-1.0.zip"))
    assert client(index.url).listing(DEMO).found
    index.serve(PAGE, ill)
    with pytest.raises(IndexUnavailableError, match=f"answered {status}") as caught:
        client(index.url).listing(DEMO)
    assert f"{index.url}{PAGE}" in str(caught.value)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("whole", [True, False])
def test_listing_that_is_cut_off_is_never_read(index: FakeIndex, part: float, whole: bool) -> None:
    page = json_page(*(f"demo-{n}.0.zip" for n in range(50)))
    cut = int(len(page.body) * part)
    # The server may notice, and end the connection early, or take what it has for the whole.
    ill = (
        Reply(page.body[:cut], headers=page.headers)
        if whole
        else Reply(page.body, headers=page.headers, cut=cut)
    )
    index.serve(PAGE, ill)
    with pytest.raises(IndexUnavailableError):
        client(index.url).listing(DEMO)


# Servers that mean harm


def test_listing_of_200_megabytes_is_refused_before_it_is_whole(index: FakeIndex) -> None:
    squeezed = gzip.compress(b"[" * (200 << 20), 1)
    page = Reply(squeezed, headers={"Content-Encoding": "gzip", "Content-Type": JSON_TYPE})
    index.serve(PAGE, page)
    with pytest.raises(IndexUnavailableError, match="longer than 64 MB") as caught:
        client(index.url).listing(DEMO)
    assert f"{index.url}{PAGE}" in str(caught.value)
    assert len(index.asked) == 1  # It will not be shorter the next time.


def test_file_names_that_climb_are_files_of_nobody(index: FakeIndex, tmp_path: Path) -> None:
    page = json_page("../../demo-1.0.zip", "demo-2.0.zip", "/etc/demo-3.0.zip", "..\\demo-4.0.zip")
    index.serve(PAGE, page)
    listing = client(index.url).listing(DEMO)
    assert [str(version) for version in listing.versions] == ["2.0"]


@pytest.mark.parametrize("damage", [slice(0, -22), slice(0, -1), slice(0, 40)])
def test_wheel_with_a_broken_directory_is_no_wheel(index: FakeIndex, damage: slice) -> None:
    data = make_wheel(padding=200_000)[damage]
    name = "demo-1.0-py3-none-any.whl"
    url = index.serve(f"/files/{name}", Reply(data, ranges=True))
    file = DistFile(name, url, suffix="py3-none-any", size=len(data), metadata_hash=False)
    with pytest.raises((UnusableFileError, IndexUnavailableError)) as caught:
        client(index.url).metadata(file)
    assert name in str(caught.value)
