from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError, UnusableFileError
from pinfix.index.client import IndexClient, IndexEvent
from pinfix.index.environment import proxy_for
from pinfix.index.listing import DistFile, Listing
from pinfix.index.store import Store
from tests.index.conftest import FakeIndex, Reply
from tests.index.keeping import execute
from tests.index.wheels import METADATA, make_wheel, sha256

DEMO = NormalizedName("demo")
PAGE = "/simple/demo/"
JSON_TYPE = "application/vnd.pypi.simple.v1+json"

MakeClient = Callable[..., IndexClient]


@pytest.fixture
def client_of(index: FakeIndex) -> Iterator[MakeClient]:
    """Makes clients of the fake index that wait no time between attempts."""
    clients: list[IndexClient] = []

    def make(**options: Any) -> IndexClient:
        options = {"index_url": f"{index.url}/simple", "sleep": lambda _: None, **options}
        clients.append(IndexClient(**options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "store") as store:
        yield store


def json_page(*filenames: str, **headers: str) -> Reply:
    files = [{"filename": name, "url": f"/files/{name}", "hashes": {}} for name in filenames]
    body = json.dumps({"meta": {"api-version": "1.1"}, "files": files}).encode()
    return Reply(body, headers={"Content-Type": JSON_TYPE, **headers})


def versions(listing: Listing) -> list[str]:
    return [str(version) for version in listing.versions]


# Listings


def test_a_json_listing_is_asked_for_and_read(index: FakeIndex, client_of: MakeClient) -> None:
    index.serve(PAGE, json_page("demo-1.0-py3-none-any.whl"))
    listing = client_of().listing(DEMO)
    (release,) = listing.releases.values()
    assert release.wheels[0].url == f"{index.url}/files/demo-1.0-py3-none-any.whl"
    assert index.asked[0].headers["accept"].startswith(f"{JSON_TYPE}, ")
    assert "text/html; q=0.01" in index.asked[0].headers["accept"]


def test_an_index_that_speaks_only_html_is_read_as_well(
    index: FakeIndex, client_of: MakeClient
) -> None:
    page = b'<a href="../../files/demo-1.0.tar.gz#sha256=aa">demo</a>'
    index.serve(PAGE, Reply(page, headers={"Content-Type": "text/html"}))
    (release,) = client_of().listing(DEMO).releases.values()
    assert release.sdists[0].url == f"{index.url}/files/demo-1.0.tar.gz"


def test_a_redirected_listing_is_relative_to_where_it_was_found(
    index: FakeIndex, client_of: MakeClient
) -> None:
    index.serve(PAGE, Reply(status=301, headers={"Location": "/moved/here/"}))
    page = b'<a href="demo-1.0.zip">demo</a>'
    index.serve("/moved/here/", Reply(page, headers={"Content-Type": "text/html"}))
    (release,) = client_of().listing(DEMO).releases.values()
    assert release.sdists[0].url == f"{index.url}/moved/here/demo-1.0.zip"


def test_a_listing_is_asked_for_once(index: FakeIndex, client_of: MakeClient) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip"))
    client = client_of()
    client.prefetch_listings([DEMO, DEMO])
    assert client.listing(DEMO) is client.listing(DEMO)
    assert index.paths() == [PAGE]


def test_working_ahead_starts_with_the_first_question(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip", **{"Cache-Control": "max-age=60"}))
    first, started = client_of(store=store), []
    with first.when_fetching(lambda: started.append("over")):
        pass
    with first.when_fetching(lambda: started.append("first")):
        assert started == []
        first.listing(DEMO)
    assert started == ["first"]
    with first.when_fetching(lambda: started.append("late")):
        assert started == ["first", "late"]
    store.flush()
    again = client_of(store=store)
    with again.when_fetching(lambda: started.append("again")):
        again.prefetch_listings([DEMO])
        again.listing(DEMO)
    assert started == ["first", "late"]
    assert index.paths() == [PAGE]


@pytest.mark.parametrize("status", [404, 410])
def test_only_a_missing_page_means_that_there_is_no_such_project(
    index: FakeIndex, client_of: MakeClient, status: int
) -> None:
    index.serve(PAGE, Reply(status=status))
    assert not client_of().listing(DEMO).found


@pytest.mark.parametrize("status", [400, 401, 403, 500, 503])
def test_a_refusal_or_an_outage_is_not_a_missing_project(
    index: FakeIndex, client_of: MakeClient, status: int
) -> None:
    index.serve(PAGE, Reply(status=status))
    with pytest.raises(IndexUnavailableError, match=f"answered {status}") as caught:
        client_of().listing(DEMO)
    assert caught.value.url == f"{index.url}{PAGE}"


def test_nobody_listening_is_an_unavailable_index(client_of: MakeClient) -> None:
    client = client_of(index_url="http://127.0.0.1:9/simple/", retries=1)
    with pytest.raises(
        IndexUnavailableError, match=r"answer: Failed .*refused \(2 attempts\)"
    ) as caught:
        client.listing(DEMO)
    assert "--offline" in str(caught.value)


def test_passing_failures_are_tried_again(index: FakeIndex, client_of: MakeClient) -> None:
    page = json_page("demo-1.0.zip")
    cut = Reply(page.body, headers=page.headers, cut=20)
    index.serve(PAGE, Reply(status=500), Reply(status=502), cut, page)
    assert versions(client_of().listing(DEMO)) == ["1.0"]
    assert len(index.asked) == 4


def test_a_body_that_is_always_truncated_is_an_unavailable_index(
    index: FakeIndex, client_of: MakeClient
) -> None:
    page = json_page("demo-1.0.zip")
    index.serve(PAGE, Reply(page.body, headers=page.headers, cut=20))
    with pytest.raises(IndexUnavailableError, match="no complete answer"):
        client_of(retries=1).listing(DEMO)
    assert len(index.asked) == 2


def test_retry_after_is_honoured_within_bounds(index: FakeIndex, client_of: MakeClient) -> None:
    waits: list[float] = []
    busy = [Reply(status=429, headers={"Retry-After": wait}) for wait in ("7", "100000")]
    index.serve(PAGE, *busy, Reply(status=503), json_page("demo-1.0.zip"))
    client_of(sleep=waits.append).listing(DEMO)
    assert waits[:2] == [7.0, 30.0]
    assert 0.75 <= waits[2] <= 1.25


def test_an_unreadable_ca_bundle_is_named(
    client_of: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    with pytest.raises(IndexUnavailableError, match=r"CA bundle .*gone\.pem cannot be read"):
        client_of(index_url="https://127.0.0.1:9/").listing(DEMO)


def test_a_server_that_cannot_be_trusted_is_not_tried_again(
    index: FakeIndex, client_of: MakeClient
) -> None:
    waits: list[float] = []
    url = index.url.replace("http://127.0.0.1", "https://localhost")
    client = client_of(index_url=url, sleep=waits.append)
    with pytest.raises(IndexUnavailableError, match="no trusted TLS connection"):
        client.listing(DEMO)
    assert waits == []


def test_the_environment_is_read_once_for_each_host(
    index: FakeIndex, client_of: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def counted(url: str) -> str | None:
        asked.append(url)
        return proxy_for(url)

    monkeypatch.setattr("pinfix.index.connections.proxy_for", counted)
    client = client_of()
    for name in ("a", "b", "c"):
        assert not client.listing(NormalizedName(name)).found
    assert len(asked) == 1


def test_a_proxy_of_the_environment_is_used_but_for_the_hosts_that_need_none(
    index: FakeIndex, client_of: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", index.url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    client = client_of(
        index_url="http://nowhere.invalid/simple/", extra_index_urls=[f"{index.url}/simple/"]
    )
    assert not client.listing(NormalizedName("demo")).found
    assert index.paths() == ["http://nowhere.invalid/simple/demo/", "/simple/demo/"]


def test_credentials_of_netrc_are_sent(
    index: FakeIndex, client_of: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    client = client_of()
    for name in ("a", "b"):
        client.listing(NormalizedName(name))
    assert [asked.headers["authorization"] for asked in index.asked] == ["Basic bWU6c2VjcmV0"] * 2


def test_all_connections_share_one_tls_context(monkeypatch: pytest.MonkeyPatch) -> None:
    import ssl

    made: list[ssl.SSLContext] = []
    make = ssl.create_default_context
    monkeypatch.setattr(
        ssl, "create_default_context", lambda **said: made.append(make(**said)) or made[-1]
    )
    used: list[object] = []

    def refuse(self: ssl.SSLContext, *_: object, **__: object) -> None:
        used.append(self)
        raise ssl.SSLError("enough seen")

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", refuse)
    listener = socket.create_server(("127.0.0.1", 0))
    with (
        listener,
        IndexClient(index_url=f"https://127.0.0.1:{listener.getsockname()[1]}/") as client,
    ):
        for name in ("one", "two"):
            with pytest.raises(IndexUnavailableError, match="enough seen"):
                client.listing(NormalizedName(name))
    assert used == [made[0], made[0]]
    assert len(made) == 1


def test_a_closed_client_tries_nothing_again(index: FakeIndex, client_of: MakeClient) -> None:
    index.serve(PAGE, Reply(status=503))
    asked = threading.Event()

    def seen(_: float) -> bool:
        asked.set()
        return client_closed.wait(5)

    client_closed = threading.Event()
    client = client_of(sleep=seen)
    client.prefetch_listings([DEMO])
    assert asked.wait(5)
    client_closed.set()
    client.close()
    assert len(index.asked) == 1


# Keeping listings


def test_a_fresh_listing_is_not_asked_for_again(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip", **{"Cache-Control": "max-age=60"}))
    client_of(store=store, now=lambda: 1000.0).listing(DEMO)
    assert versions(client_of(store=store, now=lambda: 1059.0).listing(DEMO)) == ["1.0"]
    assert len(index.asked) == 1
    client_of(store=store, now=lambda: 1060.0).listing(DEMO)
    assert len(index.asked) == 2


def test_a_listing_without_caching_headers_is_fresh_for_ten_minutes(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip"))
    for now, asked in [(0.0, 1), (599.0, 1), (600.0, 2)]:
        client_of(store=store, now=lambda now=now: now).listing(DEMO)
        assert len(index.asked) == asked


def test_a_stale_listing_is_validated_by_its_etag(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    headers = {"ETag": '"v1"', "Cache-Control": "max-age=60"}
    index.serve(PAGE, json_page("demo-1.0.zip", **headers))
    for now, asked in [(0.0, 1), (100.0, 2), (130.0, 2)]:
        found = client_of(store=store, now=lambda now=now: now).listing(DEMO)
        assert versions(found) == ["1.0"]
        assert len(index.asked) == asked
    assert index.asked[1].headers["if-none-match"] == '"v1"'
    index.serve(PAGE, json_page("demo-2.0.zip", ETag='"v2"'))
    assert versions(client_of(store=store, now=lambda: 500.0).listing(DEMO)) == ["2.0"]


def test_refresh_asks_though_the_listing_is_fresh(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip"))
    client_of(store=store).listing(DEMO)
    index.serve(PAGE, json_page("demo-2.0.zip"))
    assert versions(client_of(store=store, refresh=True).listing(DEMO)) == ["2.0"]


LOSE_OLDER = "UPDATE older SET body = X'00'"
MANY = [f"demo-1.{number}-py3-none-any.whl" for number in range(400)]


def test_listing_whose_older_releases_were_lost_is_asked_for_again(
    index: FakeIndex, client_of: MakeClient, store: Store, tmp_path: Path
) -> None:
    index.serve(PAGE, json_page(*MANY, ETag='"v1"', **{"Cache-Control": "max-age=60"}))
    client_of(store=store).listing(DEMO)
    store.flush()
    execute(tmp_path / "store", LOSE_OLDER)
    listing = client_of(store=store).listing(DEMO)
    assert listing.release(0).wheels[0].filename == MANY[-1]
    assert index.paths() == [PAGE]
    for place in (399, 100, 50, 300):
        assert listing.release(place).wheels[0].filename == MANY[399 - place]
    assert listing.release(1).wheels[0].filename == MANY[-2]
    assert index.paths() == [PAGE, PAGE]
    assert "if-none-match" not in index.asked[1].headers
    store.flush()
    assert client_of(store=store).listing(DEMO).release(399).wheels
    assert index.paths() == [PAGE, PAGE]


def test_offline_says_that_what_was_kept_is_damaged(
    index: FakeIndex, client_of: MakeClient, store: Store, tmp_path: Path
) -> None:
    index.serve(PAGE, json_page(*MANY))
    client_of(store=store).listing(DEMO)
    store.flush()
    execute(tmp_path / "store", LOSE_OLDER)
    listing = client_of(store=store, offline=True).listing(DEMO)
    with pytest.raises(IndexUnavailableError, match="simple/demo/: what was kept of it is damaged"):
        listing.release(399)
    with pytest.raises(IndexUnavailableError, match="nothing is kept of it"):
        client_of(store=store, offline=True).listing(DEMO)


def test_no_store_is_obeyed(index: FakeIndex, client_of: MakeClient, store: Store) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip", **{"Cache-Control": "no-store"}))
    client_of(store=store).listing(DEMO)
    with pytest.raises(IndexUnavailableError):
        client_of(store=store, offline=True).listing(DEMO)


def test_offline_uses_what_is_kept_however_old_and_asks_nobody(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    wheel = make_wheel()
    name = "demo-1.0-py3-none-any.whl"
    index.serve(PAGE, json_page(name))
    index.serve(f"/files/{name}", Reply(BIG, ranges=True))
    client = client_of(store=store, now=lambda: 0.0)
    file = next(iter(client.listing(DEMO).releases.values())).wheels[0]
    client.metadata(file)
    asked = len(index.asked)
    offline = client_of(store=store, offline=True)
    assert versions(offline.listing(DEMO)) == ["1.0"]
    assert offline.metadata(file).requires_dist == ("six>=1.9",)
    with pytest.raises(IndexUnavailableError, match="--offline asks no index"):
        offline.listing(NormalizedName("other"))
    with pytest.raises(IndexUnavailableError, match="--offline fetches none"):
        offline.metadata(
            DistFile("x-1-py3-none-any.whl", f"{index.url}/x.whl", sha256=sha256(wheel))
        )
    assert len(index.asked) == asked


# Several indexes, find-links, folders


def test_indexes_are_merged_and_the_first_file_of_a_name_wins(
    index: FakeIndex, client_of: MakeClient
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip"))
    index.serve("/extra/demo/", json_page("demo-1.0.zip", "demo-2.0.zip"))
    index.serve("/extra/only/", json_page("only-1.zip"))
    client = client_of(extra_index_urls=[f"{index.url}/extra/"])
    assert versions(client.listing(DEMO)) == ["2.0", "1.0"]
    assert client.listing(NormalizedName("only")).found
    assert not client.listing(NormalizedName("none")).found


def test_projects_that_several_indexes_have_are_known(
    index: FakeIndex, client_of: MakeClient
) -> None:
    index.serve(PAGE, json_page("demo-1.0.zip"))
    index.serve("/private/demo/", json_page("demo-2.0.zip"))
    index.serve("/private/own/", json_page("own-2.0.zip"))
    private = index.url.replace("http://", "http://me:s3cret@") + "/private"
    both = client_of(extra_index_urls=[private])
    assert versions(both.listing(DEMO)) == ["2.0", "1.0"]
    assert versions(both.listing(NormalizedName("own"))) == ["2.0"]
    assert both.ambiguous == {DEMO: (f"{index.url}/simple/", f"{index.url}/private/")}


def test_first_index_is_the_extra_one_and_is_the_only_one(
    index: FakeIndex, client_of: MakeClient
) -> None:
    index.serve(PAGE, json_page("demo-3.0.zip"))
    index.serve("/private/demo/", json_page("demo-2.0.zip"))
    index.serve("/simple/other/", json_page("other-1.0.zip"))
    safe = client_of(extra_index_urls=[f"{index.url}/private"], strategy="first-index")
    assert versions(safe.listing(DEMO)) == ["2.0"]
    assert PAGE not in index.paths()
    assert versions(safe.listing(NormalizedName("other"))) == ["1.0"]
    assert not safe.listing(NormalizedName("none")).found
    assert safe.ambiguous == {}


def test_find_links_are_folders_pages_and_addresses(
    index: FakeIndex, client_of: MakeClient, tmp_path: Path
) -> None:
    (tmp_path / "demo-1.0-py3-none-any.whl").write_bytes(make_wheel())
    (tmp_path / "other-9.zip").touch()
    page = tmp_path / "links.html"
    page.write_text('<a href="sub/demo-2.0.zip">demo</a>')
    flat = index.serve(
        "/flat.html", Reply(b'<a href="demo-3.0.zip">x</a><a href="other-1.zip">y</a>')
    )
    links = [str(tmp_path), tmp_path.as_uri(), page.as_uri(), flat]
    listing = client_of(find_links=links).listing(DEMO)
    assert versions(listing) == ["3.0", "2.0", "1.0"]
    wheel = listing.releases[listing.versions[2]].wheels[0]
    assert wheel.url == (tmp_path / "demo-1.0-py3-none-any.whl").as_uri()
    assert client_of().metadata(wheel).requires_dist == ("six>=1.9",)


def test_an_index_may_be_a_folder(client_of: MakeClient, tmp_path: Path) -> None:
    for name in ("demo", "paged", "json"):
        (tmp_path / name).mkdir()
    (tmp_path / "demo" / "demo-1.0.zip").touch()
    (tmp_path / "paged" / "index.html").write_text('<a href="paged-2.0.zip">x</a>')
    (tmp_path / "json" / "index.json").write_bytes(json_page("json-3.0.zip").body)
    client = client_of(index_url=tmp_path.as_uri())
    found = [versions(client.listing(NormalizedName(name))) for name in ("demo", "paged", "json")]
    assert found == [["1.0"], ["2.0"], ["3.0"]]
    assert not client.listing(NormalizedName("none")).found


def test_a_folder_that_is_not_there_is_an_unavailable_index(
    client_of: MakeClient, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(IndexUnavailableError, match="no folder"):
        client_of(index_url=gone.as_uri()).listing(DEMO)
    with pytest.raises(IndexUnavailableError, match="no folder"):
        client_of(index_url=str(gone)).listing(DEMO)
    with pytest.raises(IndexUnavailableError, match="cannot be read"):
        client_of(find_links=[str(gone)]).listing(DEMO)


# Credentials


def test_credentials_go_to_their_own_host_and_nowhere_else(
    index: FakeIndex, client_of: MakeClient, store: Store, tmp_path: Path
) -> None:
    index.serve(PAGE, json_page("demo-1.0-py3-none-any.whl"))
    with_login = index.url.replace("http://", "http://me:s3cret@")
    client = client_of(index_url=f"{with_login}/simple/", store=store)
    (release,) = client.listing(DEMO).releases.values()
    assert release.wheels[0].url.startswith(index.url)
    with pytest.raises(UnusableFileError) as caught:
        client.metadata(release.wheels[0])
    assert all(asked.headers["authorization"].startswith("Basic ") for asked in index.asked)
    other = index.url.replace("127.0.0.1", "localhost")
    with pytest.raises(UnusableFileError):
        client.metadata(DistFile("x-1-py3-none-any.whl", f"{other}/x.whl", suffix="py3-none-any"))
    assert "authorization" not in index.asked[-1].headers
    assert "s3cret" not in str(caught.value)
    store.close()
    assert b"s3cret" not in (tmp_path / "store").read_bytes()


# Metadata


def wheel_file(index: FakeIndex, data: bytes, reply: Reply | None = None, **said: Any) -> DistFile:
    name = "demo-1.0-py3-none-any.whl"
    url = index.serve(f"/files/{name}", reply or Reply(data, ranges=True))
    said = {"sha256": sha256(data), "size": len(data), "metadata_hash": False, **said}
    return DistFile(name, url, suffix="py3-none-any", **said)


BIG = make_wheel(padding=200_000)


def test_the_metadata_file_is_used_where_the_listing_names_it(
    index: FakeIndex, client_of: MakeClient
) -> None:
    data = METADATA.encode()
    file = wheel_file(index, BIG, metadata_hash=sha256(data))
    index.serve("/files/demo-1.0-py3-none-any.whl.metadata", Reply(data))
    assert client_of().metadata(file).requires_dist == ("six>=1.9",)
    assert index.paths() == ["/files/demo-1.0-py3-none-any.whl.metadata"]


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_promised_metadata_file_that_is_missing_is_read_from_the_wheel(
    index: FakeIndex, client_of: MakeClient, status: int
) -> None:
    file = wheel_file(index, BIG, metadata_hash=True)
    index.serve("/files/demo-1.0-py3-none-any.whl.metadata", Reply(status=status))
    assert client_of(retries=0).metadata(file).name == "Demo"
    assert len(index.asked) == 2


def test_a_large_wheel_is_read_by_its_tail(index: FakeIndex, client_of: MakeClient) -> None:
    assert client_of().metadata(wheel_file(index, BIG)).requires_dist == ("six>=1.9",)
    assert [asked.headers["range"] for asked in index.asked] == ["bytes=-64000"]


def test_a_wheel_that_begins_with_its_metadata_takes_one_more_range(
    index: FakeIndex, client_of: MakeClient
) -> None:
    data = make_wheel(padding=200_000, metadata_first=True)
    assert client_of().metadata(wheel_file(index, data)).name == "Demo"
    assert index.asked[1].headers["range"].startswith("bytes=0-")
    assert len(index.asked) == 2


def test_a_small_wheel_is_fetched_whole_and_checked(
    index: FakeIndex, client_of: MakeClient
) -> None:
    data = make_wheel()
    assert client_of().metadata(wheel_file(index, data)).name == "Demo"
    assert "range" not in index.asked[0].headers
    with pytest.raises(IndexUnavailableError, match=r"sha256 is .*, the listing says 00"):
        client_of().metadata(wheel_file(index, data, sha256="00"))


@pytest.mark.parametrize("status", [200, 416, 501])
def test_a_server_without_ranges_gives_the_whole_wheel(
    index: FakeIndex, client_of: MakeClient, status: int
) -> None:
    whole = Reply(BIG)
    file = wheel_file(index, BIG)
    index.serve("/files/demo-1.0-py3-none-any.whl", Reply(BIG, status=status), whole)
    assert client_of().metadata(file).name == "Demo"
    index.serve("/files/demo-1.0-py3-none-any.whl", Reply(BIG[:-1] + b"x", status=status), whole)
    if status == 200:
        with pytest.raises(IndexUnavailableError, match="sha256 is"):
            client_of().metadata(file)


@pytest.mark.parametrize("size", [None, len(BIG)])
def test_the_size_need_not_be_known(
    index: FakeIndex, client_of: MakeClient, size: int | None
) -> None:
    assert client_of().metadata(wheel_file(index, BIG, size=size)).name == "Demo"


def test_metadata_that_is_not_what_the_listing_says_is_refused(
    index: FakeIndex, client_of: MakeClient
) -> None:
    file = wheel_file(index, BIG, metadata_hash="00")
    index.serve("/files/demo-1.0-py3-none-any.whl.metadata", Reply(METADATA.encode()))
    with pytest.raises(IndexUnavailableError, match="the listing says 00") as caught:
        client_of().metadata(file)
    assert caught.value.url.endswith(".whl.metadata")
    index.serve("/files/demo-1.0-py3-none-any.whl.metadata", Reply(status=404))
    with pytest.raises(IndexUnavailableError, match="the listing says 00"):
        client_of().metadata(file)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(BIG, status=206, headers={"Content-Range": "bytes 0-9/10"}), "not the range"),
        (Reply(BIG, status=206), "not the range"),
    ],
)
def test_a_wheel_that_cannot_be_had_is_an_unavailable_index(
    index: FakeIndex, client_of: MakeClient, reply: Reply, reason: str
) -> None:
    with pytest.raises(IndexUnavailableError, match=reason):
        client_of().metadata(wheel_file(index, BIG, reply))


def test_a_wheel_that_is_none_is_unusable_and_others_may_serve(
    index: FakeIndex, client_of: MakeClient
) -> None:
    reply = Reply(b"junk" * 50_000, ranges=True)
    with pytest.raises(UnusableFileError, match="not a readable wheel"):
        client_of().metadata(wheel_file(index, BIG, reply))


def test_a_wheel_that_the_server_does_not_have_is_unusable_and_others_may_serve(
    index: FakeIndex, client_of: MakeClient
) -> None:
    sentence = r"the listing names this file, but the server has none \(404\)"
    with pytest.raises(UnusableFileError, match=sentence):
        client_of().metadata(wheel_file(index, BIG, Reply(status=404)))


def many_wheels(index: FakeIndex, count: int, *, ranges: bool) -> list[DistFile]:
    names = [f"demo-{number}-py3-none-any.whl" for number in range(count)]
    for name in names:
        index.serve(f"/files/{name}", Reply(BIG, ranges=ranges))
    return [
        DistFile(name, f"{index.url}/files/{name}", size=len(BIG), suffix="py3-none-any")
        for name in names
    ]


def asked_beside(index: FakeIndex) -> list[bool]:
    return [path.endswith(".metadata") for path in index.paths()]


def test_unannounced_metadata_files_are_not_asked_for_where_ranges_are_answered(
    index: FakeIndex, client_of: MakeClient
) -> None:
    client = client_of()
    for file in many_wheels(index, 3, ranges=True):
        assert client.metadata(file).name == "Demo"
    assert asked_beside(index) == [False] * 3


def test_unannounced_metadata_files_are_not_asked_for_in_vain_again(
    index: FakeIndex, client_of: MakeClient
) -> None:
    client = client_of()
    for file in many_wheels(index, 4, ranges=False):
        client.metadata(file)
    assert asked_beside(index) == [False, True, False, False, False]


def test_unannounced_metadata_files_are_used_where_there_are_no_ranges(
    index: FakeIndex, client_of: MakeClient
) -> None:
    files = many_wheels(index, 4, ranges=False)
    for file in files:
        index.serve(f"/files/{file.filename}.metadata", Reply(METADATA.encode()))
    client = client_of()
    for file in files:
        client.metadata(file)
    assert asked_beside(index) == [False, True, True, True]


@pytest.mark.parametrize("said", [None, True])
def test_a_page_that_is_no_metadata_file_is_not_taken_for_one(
    index: FakeIndex, client_of: MakeClient, said: bool | None
) -> None:
    file = wheel_file(index, BIG, Reply(BIG), metadata_hash=said)
    index.serve("/files/demo-1.0-py3-none-any.whl.metadata", Reply(b"<html>Welcome!</html>"))
    client = client_of()
    client.metadata(*many_wheels(index, 1, ranges=False))  # Shows that there are no ranges.
    assert client.metadata(file).name == "Demo"
    assert asked_beside(index) == [False, True, False]


def test_metadata_is_kept_for_good_by_the_files_hash(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    file = wheel_file(index, BIG)
    first = client_of(store=store).metadata(file)
    assert client_of(store=store, refresh=True).metadata(file) == first
    assert len(index.asked) == 1


def test_metadata_of_many_wheels_is_fetched_at_once(
    index: FakeIndex, client_of: MakeClient
) -> None:
    threads: set[str] = set()
    events: list[IndexEvent] = []

    def seen(event: IndexEvent) -> None:
        threads.add(threading.current_thread().name)
        events.append(event)

    client = client_of(on_event=seen, workers=4)
    files = many_wheels(index, 12, ranges=True)
    client.prefetch_metadata(files)
    assert not threads  # as long as no server was asked, the store may have it all
    client.metadata(files[0])
    client.prefetch_metadata(files)
    assert {client.metadata(file).name for file in files} == {"Demo"}
    assert len(threads) > 1
    assert sorted(event.subject for event in events) == sorted(file.filename for file in files)
    assert {event.kind for event in events} == {"metadata"}


# Source distributions


def sdist() -> bytes:
    import io
    import tarfile

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in {
            "setup.py": "from setuptools import setup\nsetup(name='demo')\n",
            "PKG-INFO": "Metadata-Version: 2.2\nName: demo\nVersion: 1.0\nRequires-Dist: six\n",
            "demo.py": "",
        }.items():
            info = tarfile.TarInfo(f"demo-1.0/{name}")
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


def test_an_sdist_is_checked_read_and_kept(
    index: FakeIndex, client_of: MakeClient, store: Store
) -> None:
    data = sdist()
    url = index.serve("/files/demo-1.0.tar.gz", Reply(data))
    file = DistFile("demo-1.0.tar.gz", url, sha256=sha256(data))
    facts = client_of(store=store).sdist_facts(file)
    assert facts.kind == "pure"
    assert facts.requires_dist == ("six",)
    assert client_of(store=store, offline=True).sdist_facts(file) == facts
    with pytest.raises(IndexUnavailableError, match="sha256 is"):
        client_of().sdist_facts(DistFile("demo-1.0.tar.gz", url, sha256="00"))
    with pytest.raises(IndexUnavailableError, match="md5 is"):
        client_of().sdist_facts(DistFile("demo-1.0.tar.gz", url, other_hashes=(("md5", "00"),)))


# Remembering


def test_what_the_store_has_is_freed_and_read_from_there(
    index: FakeIndex, client_of: MakeClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinfix.index.client.MAX_REMEMBERED", 2)
    index.serve(PAGE, json_page("demo-1.0.zip"))
    data = sdist()
    url = index.serve("/files/demo-1.0.tar.gz", Reply(data))
    source = DistFile("demo-1.0.tar.gz", url, sha256=sha256(data))
    wheel = wheel_file(index, BIG)
    client = client_of(store=store)
    listing, metadata = client.listing(DEMO), client.metadata(wheel)
    store.flush()
    client.forget()
    assert client.listing(DEMO) is listing  # it is not yet much
    facts = client.sdist_facts(source)
    store.flush()
    asked = len(index.asked)
    client.forget()
    assert client.listing(DEMO) is not listing
    assert versions(client.listing(DEMO)) == versions(listing)
    assert client.metadata(wheel) is not metadata
    assert client.metadata(wheel) == metadata
    assert client.sdist_facts(source) is not facts
    assert client.sdist_facts(source) == facts
    assert len(index.asked) == asked


@pytest.mark.parametrize(
    ("options", "headers"),
    [({"refresh": True}, {}), ({"store": None}, {}), ({}, {"Cache-Control": "no-store"})],
)
def test_what_would_have_to_be_asked_for_again_is_remembered(
    index: FakeIndex,
    client_of: MakeClient,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    headers: dict[str, str],
) -> None:
    monkeypatch.setattr("pinfix.index.client.MAX_REMEMBERED", 0)
    index.serve(PAGE, json_page("demo-1.0.zip", **headers))
    client = client_of(**{"store": store, **options})
    listing = client.listing(DEMO)
    store.flush()
    client.forget()
    assert client.listing(DEMO) is listing
    assert index.paths() == [PAGE]


def test_outage_is_remembered_and_not_met_again(
    index: FakeIndex, client_of: MakeClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinfix.index.client.MAX_REMEMBERED", 0)
    index.serve(PAGE, Reply(status=503))
    client = client_of(store=store, retries=0)
    for _ in range(2):
        with pytest.raises(IndexUnavailableError, match="answered 503"):
            client.listing(DEMO)
        client.forget()
    assert index.paths() == [PAGE]


def test_an_sdist_too_large_to_read_is_unknown_and_not_fetched(
    index: FakeIndex, client_of: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DistFile("demo-1.0.tar.gz", f"{index.url}/files/demo-1.0.tar.gz", size=1 << 30)
    assert client_of().sdist_facts(file).kind == "unknown"
    assert index.asked == []
    monkeypatch.setattr("pinfix.index.client.MAX_SDIST_BYTES", 10)
    url = index.serve("/files/demo-1.0.tar.gz", Reply(sdist()))
    assert client_of().sdist_facts(DistFile("demo-1.0.tar.gz", url)).kind == "unknown"


@pytest.mark.live
def test_the_real_index_answers_json_and_gives_metadata() -> None:
    with IndexClient() as client:
        listing = client.listing(NormalizedName("six"))
        release = listing.releases[Version("1.16.0")]
        assert release.wheels[0].size
        assert client.metadata(release.wheels[0]).version == "1.16.0"
        assert not client.listing(NormalizedName("pinfix-no-such-project-zz9")).found
