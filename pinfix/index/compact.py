"""Listings, metadata and sdist facts as small bytes for the store, and back. No I/O.

A listing is one line per release, newest first, so that reading it back parses the versions
but no file: each line is decoded when its release is asked for.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from dataclasses import asdict, astuple, fields
from typing import TYPE_CHECKING, Any, cast

from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.index.listing import DistFile, LazyReleases, Listing, Row
from pinfix.index.metadata import Metadata

if TYPE_CHECKING:
    from pinfix.index.sdist import SdistFacts

# The fastest level: level 6 saves a tenth of the space and takes twice as long.
_LEVEL = 1


def dump_listing(listing: Listing) -> bytes:
    """``listing`` as bytes for ``load_listing``."""
    head = [listing.name, listing.found, listing.unreadable]
    lines = [_line(head)]
    lines += [f"{version}\t{_line(list(_rows(listing, version)))}" for version in listing.versions]
    return zlib.compress("\n".join(lines).encode(), _LEVEL)


def load_listing(data: bytes) -> Listing:
    """The listing that ``dump_listing`` wrote. Raises ValueError for anything else."""
    head, *lines = _text(data).split("\n")
    name, found, unreadable = json.loads(head)
    texts: dict[Version, str] = {}
    for line in lines:
        version, _, rows = line.partition("\t")
        texts[Version(version)] = rows
    releases = LazyReleases(
        texts, lambda version: list(map(row_values, json.loads(texts[version])))
    )
    return Listing(cast("NormalizedName", name), found, releases, tuple(unreadable))


def dump_metadata(metadata: Metadata) -> bytes:
    """``metadata`` as bytes for ``load_metadata``."""
    return zlib.compress(_line(astuple(metadata)).encode(), _LEVEL)


def load_metadata(data: bytes) -> Metadata:
    """The metadata that ``dump_metadata`` wrote. Raises ValueError for anything else."""
    return metadata_values(json.loads(_text(data)))


def metadata_values(said: list[Any]) -> Metadata:
    """The metadata from the values of its fields, after they have been JSON."""
    name, version, requires, extras, python, warnings = said
    return Metadata(name, version, tuple(requires), tuple(extras), python, tuple(warnings))


def dump_facts(facts: SdistFacts) -> str:
    """``facts`` as JSON for ``load_facts``."""
    return json.dumps(asdict(facts))


def load_facts(data: str) -> SdistFacts:
    """The facts that ``dump_facts`` wrote. Raises ValueError or TypeError for anything else."""
    from pinfix.index.sdist import SdistFacts

    said = json.loads(data)
    return SdistFacts(**{key: _frozen(value) for key, value in said.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def file_row(file: DistFile) -> Row:
    """``file`` as JSON values, without the fields at the end that hardly any file has."""
    return _trimmed(astuple(file))


def row_values(row: list[Any]) -> Row:
    """The fields of a DistFile from what ``file_row`` gave, after it has been JSON."""
    if len(row) == _USUAL_FIELDS:
        return (*row, (), ())
    *said, build, other_hashes = row
    return (*said, tuple(build), tuple(map(tuple, other_hashes)))


# All but the build tag and the unusual hashes.
_USUAL_FIELDS = len(fields(DistFile)) - 2


def _trimmed(row: Row) -> Row:
    return row if row[-1] or row[-2] else row[:-2]


def _rows(listing: Listing, version: Version) -> Iterable[Row]:
    releases = listing.releases
    if isinstance(releases, LazyReleases):
        return map(_trimmed, releases.rows(version))
    release = releases[version]
    return map(file_row, (*release.wheels, *release.sdists))


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _text(data: bytes) -> str:
    try:
        return zlib.decompress(data).decode()
    except zlib.error as error:
        raise ValueError(f"not a compressed row: {error}") from error
