"""A listing as it comes back from the store, and what others do to the store meanwhile."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pinfix.index.compact import dump_listing, load_listing
from pinfix.index.listing import Listing


def kept_and_read(listing: Listing) -> Listing:
    """The listing that is read from what is kept of this one."""
    newest, older, _ = dump_listing(listing)
    return load_listing(newest, lambda _: older)


def execute(path: Path, query: str, *values: object) -> None:
    """Change the store at ``path`` behind whoever has it open."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(query, values)
