"""A listing as it comes back from the store."""

from __future__ import annotations

from pinfix.index.compact import dump_listing, load_listing
from pinfix.index.listing import Listing


def kept_and_read(listing: Listing) -> Listing:
    """The listing that is read from what is kept of this one."""
    newest, older, _ = dump_listing(listing)
    return load_listing(newest, lambda _: older)
