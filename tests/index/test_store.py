from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError
from pinfix.index.listing import Listing, parse_json_listing
from pinfix.index.metadata import Metadata
from pinfix.index.sdist import SdistFacts
from pinfix.index.store import Store, StoredListing
from pinfix.index.versions import prerelease_mask
from tests.index.keeping import execute, kept_and_read

FOO = NormalizedName("foo")
INDEX = "https://index.example/simple/"
METADATA = Metadata("foo", "1.0", ("six>=1",), ("x",), ">=3.8", ("a warning",))
FACTS = SdistFacts("c", "setup.py: Extension", ("six",), "PKG-INFO", None, ("setuptools",), "note")


def a_page(*versions: str) -> bytes:
    files = [
        {
            "filename": f"foo-{version}-1b-py3-none-any.whl",
            "url": f"https://files.example/foo-{version}-1b-py3-none-any.whl",
            "hashes": {"md5": "aa"},
        }
        for version in versions
    ]
    files.append({"filename": "foo-0.1.zip", "url": "https://files.example/é.zip", "hashes": {}})
    return json.dumps({"files": files}).encode()


def a_listing(*versions: str) -> Listing:
    return parse_json_listing(a_page(*versions), INDEX, FOO)


def a_stored(listing: Listing, *, fetched_at: float = 100.0) -> StoredListing:
    return StoredListing(listing, '"etag"', fetched_at, 600.0)


def same(one: Listing, other: Listing) -> bool:
    return dict(one.releases) == dict(other.releases) and one.versions == other.versions


def test_what_is_put_is_got_by_a_later_run(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "store.sqlite"
    listing = a_listing("1.0", "2.0")
    with Store.open(path) as store:
        assert same(store.put_listing(INDEX, FOO, a_stored(listing)), listing)
        store.put_metadata("sha256:aa", METADATA)
        store.put_facts("sha256:bb", FACTS)
    with Store.open(path) as store:
        found = store.get_listing(INDEX, FOO)
        assert found is not None
        assert (found.etag, found.fetched_at, found.max_age) == ('"etag"', 100.0, 600.0)
        assert same(found.listing, listing)
        assert store.get_metadata("sha256:aa") == METADATA
        assert store.get_facts("sha256:bb") == FACTS
        assert store.get_listing("https://other.example/", FOO) is None
        assert store.get_metadata("sha256:bb") is None


def test_a_project_that_is_not_there_is_remembered_too(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        store.put_listing(INDEX, FOO, a_stored(Listing(FOO, found=False)))
        found = store.get_listing(INDEX, FOO)
    assert found is not None
    assert not found.listing.found


def test_renewing_starts_the_time_anew_and_keeps_the_listing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        store.put_listing(INDEX, FOO, a_stored(a_listing("1.0")))
        store.renew_listing(INDEX, FOO, 5000.0, 60.0)
        found = store.get_listing(INDEX, FOO)
    assert found is not None
    assert (found.fetched_at, found.max_age, found.etag) == (5000.0, 60.0, '"etag"')


@pytest.mark.parametrize(
    ("now", "fresh"), [(100.0, True), (699.0, True), (700.0, False), (50.0, False)]
)
def test_a_listing_is_fresh_for_its_max_age(now: float, fresh: bool) -> None:
    assert a_stored(a_listing()).is_fresh(now) is fresh


def garbage(path: Path) -> None:
    path.write_bytes(b"this is no database" * 1000)


def foreign(path: Path) -> None:
    execute(path, "CREATE TABLE listings (something TEXT)")


def other_schema(path: Path) -> None:
    Store.open(path).close()
    execute(path, "PRAGMA user_version = 999")


def truncated(path: Path) -> None:
    with Store.open(path) as store:
        for number in range(200):
            store.put_metadata(f"sha256:{number}", METADATA)
    path.write_bytes(path.read_bytes()[:5000])


def empty(path: Path) -> None:
    path.touch()


@pytest.mark.parametrize("damage", [garbage, foreign, other_schema, truncated, empty])
def test_a_file_that_is_no_store_is_rebuilt(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "store"
    damage(path)
    with Store.open(path) as store:
        store.put_metadata("sha256:aa", METADATA)
        store.flush()
        store.put_metadata("sha256:aa", METADATA)  # The first may be what finds the damage.
    with Store.open(path) as store:
        assert store.get_metadata("sha256:aa") == METADATA


def test_damage_found_while_reading_costs_only_what_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        for number in range(200):
            store.put_metadata(f"sha256:{number}", METADATA)
        store.close()
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with Store.open(path) as store:
        assert store.get_metadata("sha256:7") is None
        store.put_metadata("sha256:7", METADATA)
        store.flush()
        assert store.get_metadata("sha256:7") == METADATA


def test_a_row_that_cannot_be_decoded_is_as_if_missing(tmp_path: Path) -> None:
    path = tmp_path / "store"
    Store.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO metadata VALUES ('sha256:aa', ?)", (b"junk",))
    connection.execute("INSERT INTO facts VALUES ('sha256:aa', '{\"kind\": \"c\"}')")
    connection.execute("INSERT INTO listings VALUES (?, 'foo', NULL, 1, 1, 7)", (INDEX,))
    connection.commit()
    connection.close()
    with Store.open(path) as store:
        assert store.get_metadata("sha256:aa") is None
        assert store.get_facts("sha256:aa") is None
        assert store.get_listing(INDEX, FOO) is None


@pytest.mark.parametrize("place", ["a-folder", "a-file/store", None])
def test_a_place_that_cannot_be_written_gives_a_store_that_forgets(
    tmp_path: Path, place: str | None
) -> None:
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-file").touch()
    with Store.open(place and tmp_path / place) as store:
        store.put_metadata("sha256:aa", METADATA)
        assert store.get_metadata("sha256:aa") is None


def test_a_store_locked_by_another_run_is_passed_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinfix.index.store.BUSY_SECONDS", 0.01)
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.put_metadata("sha256:aa", METADATA)
        store.flush()
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        store.put_metadata("sha256:bb", METADATA)
        assert store.get_metadata("sha256:bb") == METADATA  # Not written, and not lost.
        store.flush()
        other.execute("ROLLBACK")
        other.close()
        assert store.get_metadata("sha256:aa") == METADATA
        assert store.get_metadata("sha256:bb") is None


def test_full_disk_costs_only_what_could_not_be_kept(tmp_path: Path) -> None:
    # No file may grow beyond 2 MB, which is how a full disk shows.
    script = f"""
import resource, signal
from pathlib import Path
from pinfix.index.metadata import Metadata
from pinfix.index.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
with Store.open(Path({str(tmp_path / "store")!r})) as store:
    for number in range(300):
        noise = tuple(f"a{{hash((number, n))}}" for n in range(2000))
        store.put_metadata(f"sha256:{{number}}", Metadata("foo", "1", noise))
    store.flush()
    print(sum(store.get_metadata(f"sha256:{{n}}") is not None for n in range(300)))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert 0 < int(done.stdout) < 300
    with Store.open(tmp_path / "store") as store:
        store.put_metadata("sha256:after", METADATA)
        store.flush()
        assert store.get_metadata("sha256:after") == METADATA


def test_two_runs_and_their_threads_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store"
    opened: list[Store] = []

    def run(number: int) -> None:
        store = Store.open(path)
        opened.append(store)
        for row in range(25):
            store.put_metadata(f"sha256:{number}-{row}", METADATA)
        store.flush()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        for row in range(25):
            assert opened[0].get_metadata(f"sha256:{number}-{row}") == METADATA
    for store in opened:
        store.close()


def test_a_run_that_was_killed_leaves_a_readable_store(tmp_path: Path) -> None:
    path, copy = tmp_path / "store", tmp_path / "copy"
    with Store.open(path) as store:
        store.put_metadata("sha256:aa", METADATA)
        store.flush()
        for ending in ("", "-wal"):  # What lies on the disk while the run is under way.
            Path(f"{copy}{ending}").write_bytes(Path(f"{path}{ending}").read_bytes())
    with Store.open(copy) as store:
        assert store.get_metadata("sha256:aa") == METADATA


def test_a_closed_store_forgets(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store")
    store.close()
    store.put_metadata("sha256:aa", METADATA)
    assert store.get_metadata("sha256:aa") is None


def test_a_stored_listing_keeps_every_field_of_every_file() -> None:
    listing = a_listing("1.0", "2.0rc1", "2!1.0+local")
    again = kept_and_read(kept_and_read(listing))
    assert same(again, listing)
    assert prerelease_mask(again.versions) == prerelease_mask(listing.versions) == 0b010
    file = again.releases[again.versions[0]].wheels[0]
    assert (file.build, file.other_hashes) == ((1, "b"), (("md5", "aa"),))
    assert hash(file)


def test_a_listing_that_was_damaged_is_as_if_missing(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.put_listing(INDEX, FOO, a_stored(a_listing("1.0")))
    connection = sqlite3.connect(path)
    (body,) = connection.execute("SELECT body FROM listings").fetchone()
    damaged = body[:-3] + bytes([body[-3] ^ 1]) + body[-2:]
    connection.execute("UPDATE listings SET body = ?", (damaged,))
    connection.commit()
    connection.close()
    with Store.open(path) as store:
        assert store.get_listing(INDEX, FOO) is None


PAGE = a_page(*(f"1.{number}" for number in range(400)))
MANY = parse_json_listing(PAGE, INDEX, FOO)


def test_older_releases_are_read_when_one_of_them_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.put_listing(INDEX, FOO, a_stored(MANY))
    with Store.open(path) as store:
        read = store.get_listing(INDEX, FOO)
        assert read is not None
        newest, *_, oldest = MANY.versions
        execute(path, "UPDATE older SET name = 'elsewhere'")
        assert read.listing.releases[newest] == MANY.releases[newest]
        execute(path, "UPDATE older SET name = ?", FOO)
        assert read.listing.releases[oldest] == MANY.releases[oldest]
        assert same(read.listing, MANY)
    assert same(MANY, parse_json_listing(PAGE, INDEX, FOO))  # what was put needs no store


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM older",
        "UPDATE older SET body = 7",
        "UPDATE older SET body = X'00' || substr(body, 2)",
    ],
)
def test_listing_whose_older_releases_are_not_what_they_were_is_dropped(
    tmp_path: Path, change: str
) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.put_listing(INDEX, FOO, a_stored(MANY))
    with Store.open(path) as store:
        found = store.get_listing(INDEX, FOO)
        assert found is not None
        execute(path, change)
        with pytest.raises(IndexUnavailableError, match="kept of foo is lost") as refused:
            found.listing.release(300)
        assert INDEX in str(refused.value)
        assert store.get_listing(INDEX, FOO) is None


@contextmanager
def read_before(path: Path, now: Listing) -> Iterator[Listing]:
    """What one run has read of MANY, in whose place another has then put this listing."""
    with Store.open(path) as store, Store.open(path) as another:
        store.put_listing(INDEX, FOO, a_stored(MANY))
        store.flush()
        found = another.get_listing(INDEX, FOO)
        assert found is not None
        store.put_listing(INDEX, FOO, a_stored(now, fetched_at=700.0))
        store.flush()
        yield found.listing


def test_the_same_listing_in_its_place_serves_as_well(tmp_path: Path) -> None:
    again = parse_json_listing(PAGE, INDEX, FOO)
    with read_before(tmp_path / "store", again) as read:
        assert same(read, MANY)


def test_another_listing_in_its_place_tells_of_the_same_versions(tmp_path: Path) -> None:
    # Meanwhile one is released, one is yanked, and one is no longer there.
    page = json.loads(a_page("2.0", *(f"1.{number}" for number in range(400) if number != 7)))
    (yanked,) = (file for file in page["files"] if file["filename"].startswith("foo-1.9-"))
    yanked["yanked"] = "bad"
    now = parse_json_listing(json.dumps(page).encode(), INDEX, FOO)
    with read_before(tmp_path / "store", now) as read:
        assert read.versions == MANY.versions
        gone, changed, same_as_ever = map(Version, ("1.7", "1.9", "1.11"))
        assert read.releases[gone].wheels == ()
        assert read.releases[changed].wheels[0].yanked == "bad"
        assert read.releases[same_as_ever] == MANY.releases[same_as_ever]


def test_both_halves_of_a_listing_are_put_or_none(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.put_listing(INDEX, FOO, a_stored(a_listing("1.0")))
        store.flush()
        execute(path, "DROP TABLE older")  # so that only the first half can be put
        store.put_listing(INDEX, FOO, a_stored(MANY))
        store.flush()
        found = store.get_listing(INDEX, FOO)
        assert found is not None
        assert same(found.listing, a_listing("1.0"))
