"""What was learnt from indexes, kept between runs in one SQLite file.

The store only ever saves time. Whatever is wrong with it (broken, foreign, locked, read-only,
full disk) makes it forget, and never makes a run fail.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias, TypeVar, cast

from packaging.utils import NormalizedName

from pinfix.errors import IndexUnavailableError
from pinfix.index.compact import (
    dump_facts,
    dump_listing,
    dump_metadata,
    load_facts,
    load_listing,
    load_metadata,
    older_checksum,
)
from pinfix.index.listing import Listing
from pinfix.index.metadata import Metadata
from pinfix.index.sdist_facts import SdistFacts
from pinfix.records import record

# Raise it whenever a row would be written or read differently: older files are then rebuilt.
SCHEMA_VERSION = 7
# Marks the file as pinfix's own (SQLite's application_id); spells "pfix".
APPLICATION_ID = 0x70666978
# The largest: a listing is up to some MB long, and smaller pages took twice as long to write.
PAGE_BYTES = 65536
# How long a writer waits for another run's transaction, which takes milliseconds.
BUSY_SECONDS = 5.0

_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS listings (
    index_url TEXT NOT NULL,
    name TEXT NOT NULL,
    etag TEXT,
    fetched_at REAL NOT NULL,
    max_age REAL NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (index_url, name)
);
CREATE TABLE IF NOT EXISTS older (
    index_url TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (index_url, name)
);
CREATE TABLE IF NOT EXISTS metadata (file TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS facts (file TEXT PRIMARY KEY, body TEXT NOT NULL);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""

# One statement, so that another run's making of the tables is seen whole or not at all.
_IDENTITY = """
SELECT application_id, user_version, (SELECT count(*) FROM sqlite_master WHERE type = 'table')
FROM pragma_application_id, pragma_user_version
"""

_BOTH_HALVES = """
SELECT listings.body, older.body FROM listings JOIN older USING (index_url, name)
WHERE index_url=? AND name=?
"""

_Value = TypeVar("_Value")
# A query, and the values in it.
_Statement: TypeAlias = "tuple[str, tuple[Any, ...]]"


@record
class StoredListing:
    """A listing with what decides how long it may be used.

    ``fetched_at`` is in seconds since the epoch, ``max_age`` in seconds from then (RFC 9111),
    ``etag`` the server's validator (RFC 9110), None where it sent none.
    """

    listing: Listing
    etag: str | None
    fetched_at: float
    max_age: float

    def is_fresh(self, now: float) -> bool:
        """Whether the listing may be used at ``now`` without asking the index again."""
        return is_fresh(self.fetched_at, self.max_age, now)


def is_fresh(fetched_at: float, max_age: float, now: float) -> bool:
    """Whether what was fetched then may be used at ``now``; all in seconds."""
    # A clock that was set back must not keep a listing for years.
    return 0 <= now - fetched_at < max_age


class Store:
    """Listings by index and project; metadata and sdist facts by the file they were read from.

    Safe to use from several threads and from several runs at once. What is put is written by a
    thread of its own, so that no one who waits for an answer waits for the disk too.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection = _open_or_rebuild(path) if path is not None else None
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="pinfix-store")
        self._unwritten: dict[tuple[str, ...], object] = {}

    @classmethod
    def open(cls, path: Path | None) -> Store:
        """The store in the file ``path``, made where missing, rebuilt where it cannot be read.

        None, or a place that cannot be written, gives a store that remembers nothing.
        """
        return cls(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Writes what is not written yet and closes the file; it then remembers nothing."""
        self._writer.shutdown(wait=True)
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
                self._connection = None

    def flush(self) -> None:
        """Waits until all that was put is written."""
        with suppress(RuntimeError):  # Closed.
            self._writer.submit(_nothing).result()

    def get_listing(
        self, index_url: str, name: NormalizedName, lost: Callable[[], Listing] | None = None
    ) -> StoredListing | None:
        """What is kept of a project, fresh or not. ``index_url`` is without credentials.

        Older releases are read when one is asked for. Where they cannot be had any more, ``lost``
        gives another listing, or raises IndexUnavailableError, as is done without it.
        """
        unwritten = self._unwritten.get(("listing", index_url, name))
        if isinstance(unwritten, StoredListing):
            return unwritten
        row = self._read(
            "SELECT body, etag, fetched_at, max_age FROM listings WHERE index_url=? AND name=?",
            (index_url, name),
        )
        older = partial(self._older, index_url, name, lost)
        listing = _decoded(partial(load_listing, older=older), row)
        return StoredListing(listing, *row[1:]) if row and listing else None

    def _older(
        self,
        index_url: str,
        name: NormalizedName,
        lost: Callable[[], Listing] | None,
        checksum: int,
    ) -> bytes | Listing:
        """The older releases of a listing that was read.

        Where another run has put another listing in its place since, that one.
        """
        row = self._read(_BOTH_HALVES, (index_url, name))
        with suppress(ValueError, TypeError):
            body, older = row or (None, None)
            found = zlib.adler32(older)
            if found == checksum:
                return cast("bytes", older)
            if found == older_checksum(body):
                return load_listing(body, lambda _: older)
        self._execute(("DELETE FROM listings WHERE index_url=? AND name=?", (index_url, name)))
        if lost is None:
            raise IndexUnavailableError(index_url, f"what was kept of {name} is lost")
        return lost()

    def has_fresh_listing(self, index_url: str, name: NormalizedName, now: float) -> bool:
        """Whether ``get_listing`` would give one that may be used at ``now``. Reads no listing."""
        row = self._read(
            "SELECT fetched_at, max_age FROM listings WHERE index_url=? AND name=?",
            (index_url, name),
        )
        return row is not None and is_fresh(row[0], row[1], now)

    def put_listing(self, index_url: str, name: NormalizedName, stored: StoredListing) -> Listing:
        """Keeps a listing in place of an older one; gives the same one, which takes less memory.

        The caller's thread packs it: one writer would lag behind them all, and what waits for it
        would be most of the memory of a run.
        """
        if self._connection is None:
            return stored.listing
        body, older, listing = dump_listing(stored.listing)
        about = (index_url, name, stored.etag, stored.fetched_at, stored.max_age)
        self._write_later(
            ("listing", index_url, name),
            replace(stored, listing=listing),
            lambda: [
                ("INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?, ?, ?)", (*about, body)),
                ("INSERT OR REPLACE INTO older VALUES (?, ?, ?)", (index_url, name, older)),
            ],
        )
        return listing

    def renew_listing(
        self, index_url: str, name: NormalizedName, fetched_at: float, max_age: float
    ) -> None:
        """Starts a kept listing's time anew, after the index said that it did not change."""
        self.flush()
        query = "UPDATE listings SET fetched_at=?, max_age=? WHERE index_url=? AND name=?"
        self._execute((query, (fetched_at, max_age, index_url, name)))

    def get_metadata(self, file: str) -> Metadata | None:
        """The metadata of the wheel whose ``DistFile.identity`` is ``file``."""
        unwritten = self._unwritten.get(("metadata", file))
        if isinstance(unwritten, Metadata):
            return unwritten
        return _decoded(
            load_metadata, self._read("SELECT body FROM metadata WHERE file=?", (file,))
        )

    def has_metadata(self, file: str) -> bool:
        """Whether ``get_metadata`` would read it from the disk."""
        return self._read("SELECT 1 FROM metadata WHERE file=?", (file,)) is not None

    def put_metadata(self, file: str, metadata: Metadata) -> None:
        """Keeps a wheel's metadata for good: a file's content never changes."""
        self._write_later(
            ("metadata", file),
            metadata,
            lambda: [
                ("INSERT OR IGNORE INTO metadata VALUES (?, ?)", (file, dump_metadata(metadata)))
            ],
        )

    def get_facts(self, file: str) -> SdistFacts | None:
        """The facts of the sdist whose ``DistFile.identity`` is ``file``."""
        unwritten = self._unwritten.get(("facts", file))
        if isinstance(unwritten, SdistFacts):
            return unwritten
        return _decoded(load_facts, self._read("SELECT body FROM facts WHERE file=?", (file,)))

    def has_facts(self, file: str) -> bool:
        """Whether ``get_facts`` would read them from the disk."""
        return self._read("SELECT 1 FROM facts WHERE file=?", (file,)) is not None

    def put_facts(self, file: str, facts: SdistFacts) -> None:
        """Keeps an sdist's facts for good."""
        self._write_later(
            ("facts", file),
            facts,
            lambda: [("INSERT OR IGNORE INTO facts VALUES (?, ?)", (file, dump_facts(facts)))],
        )

    def _read(self, query: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        rows = self._execute((query, values))
        return rows[0] if rows else None

    def _write_later(
        self, key: tuple[str, ...], value: object, statements: Callable[[], Iterable[_Statement]]
    ) -> None:
        """Has the writer execute the statements; until then ``value`` is what is kept at ``key``."""

        def write() -> None:
            self._execute(*statements())
            if self._unwritten.get(key) is value:
                self._unwritten.pop(key, None)

        if self._connection is not None:
            self._unwritten[key] = value
            with suppress(RuntimeError):  # Closed meanwhile.
                self._writer.submit(write)

    def _execute(self, *statements: _Statement) -> list[tuple[Any, ...]]:
        """What the last of them gives; several are executed together, or none of them."""
        with self._lock:
            if self._connection is None or self._path is None:
                return []
            try:
                with self._connection:
                    if len(statements) > 1:
                        self._connection.execute("BEGIN IMMEDIATE")
                    rows = [self._connection.execute(*one).fetchall() for one in statements]
                return rows[-1]
            except sqlite3.OperationalError:
                return []  # Locked, read-only or full: as if nothing were kept.
            except sqlite3.DatabaseError:
                self._connection.close()
                self._connection = _open_or_rebuild(self._path, broken=True)
                return []


def _nothing() -> None:
    """What is done when all before it is done."""


def _decoded(decode: Callable[[Any], _Value], row: tuple[Any, ...] | None) -> _Value | None:
    if row is not None:
        with suppress(ValueError, TypeError):
            return decode(row[0])
    return None


def _open_or_rebuild(path: Path, *, broken: bool = False) -> sqlite3.Connection | None:
    """A connection to the store at ``path``, which is replaced where it is no readable one."""
    with suppress(OSError, sqlite3.Error):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = None if broken else _connect(path)
        if connection is None:
            for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
                leftover.unlink(missing_ok=True)
            connection = _connect(path)
        return connection
    return None


def _connect(path: Path) -> sqlite3.Connection | None:
    """A connection to the store at ``path``; None where the file is no store of this schema."""
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        application_id, user_version, tables = connection.execute(_IDENTITY).fetchone()
        if (application_id, user_version, tables) != (APPLICATION_ID, SCHEMA_VERSION, 4):
            if tables:
                connection.close()
                return None
            connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
            with suppress(sqlite3.OperationalError):  # Another run is just doing the same.
                connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        # With WAL this survives a kill. A power cut may break the file, which is then made anew;
        # to wait for the disk takes a thirtieth of a cold run.
        connection.execute("PRAGMA synchronous = OFF")
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError:
        connection.close()
        return None
    return connection
