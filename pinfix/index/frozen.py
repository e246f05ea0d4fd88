"""An index as it was on one day, in one file: for tests, and for runs that must be repeatable."""

from __future__ import annotations

import gzip
import json
import lzma
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import astuple, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError, InputError
from pinfix.index.compact import dump_facts, file_row, load_facts, metadata_values, row_values
from pinfix.index.listing import DistFile, LazyReleases, Listing, Release
from pinfix.index.metadata import Metadata
from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.index.protocol import Index
    from pinfix.index.sdist_facts import SdistFacts

_Key = TypeVar("_Key")
_Answer = TypeVar("_Answer")

FORMAT = 1
# What reading anything else may raise.
_NO_FROZEN_INDEX = (
    OSError,
    EOFError,
    lzma.LZMAError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
)
# Stands in for the addresses of files that nobody read: the real ones do not compress.
_NOWHERE = "https://frozen.invalid"


@record
class FrozenIndex:
    """An ``Index`` (see ``pinfix.index.protocol``) that knows what was recorded, and no more.

    ``metadata`` and ``facts`` are by ``DistFile.identity``; ``recorded`` is the day, ISO 8601.
    """

    listings: Mapping[NormalizedName, Listing] = field(default_factory=dict)
    metadata_of: Mapping[str, Metadata] = field(default_factory=dict)
    facts_of: Mapping[str, SdistFacts] = field(default_factory=dict)
    recorded: str = ""

    @classmethod
    def load(cls, path: Path) -> FrozenIndex:
        """The index in a file that ``dump`` wrote. Raises InputError for any other file."""
        try:
            page = json.loads(_unpacked(path))
            if page["format"] != FORMAT:
                raise InputError(f"a frozen index of format {page['format']}", path=str(path))
            return cls(
                {name: _listing(name, said) for name, said in page["listings"].items()},
                {file: metadata_values(values) for file, values in page["metadata"].items()},
                {file: load_facts(json.dumps(said)) for file, said in page["facts"].items()},
                page["recorded"],
            )
        except _NO_FROZEN_INDEX as error:
            raise InputError(f"no frozen index: {error}", path=str(path)) from error

    def dump(self, path: Path) -> None:
        """Writes the index to ``path``, compressed where it ends in ``.gz`` or ``.xz``.

        The same index gives the same bytes. Files of releases that nobody looked into lose
        address, hash and size.
        """
        page = {
            "format": FORMAT,
            "recorded": self.recorded,
            "listings": {name: self._page(listing) for name, listing in self.listings.items()},
            "metadata": {file: astuple(said) for file, said in self.metadata_of.items()},
            "facts": {file: json.loads(dump_facts(said)) for file, said in self.facts_of.items()},
        }
        path.write_bytes(_packed(json.dumps(page, indent=0, sort_keys=True).encode(), path))

    def listing(self, name: NormalizedName) -> Listing:
        """The recorded listing."""
        return _recorded(self.listings, name, name, self.recorded)

    def metadata(self, file: DistFile) -> Metadata:
        """The recorded metadata."""
        return _recorded(self.metadata_of, file.identity, file.filename, self.recorded)

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        """The recorded facts."""
        return _recorded(self.facts_of, file.identity, file.filename, self.recorded)

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        """Nothing: all is here."""

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        """Nothing: all is here."""

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        """Nothing: all is here."""
        del start
        return nullcontext()

    def _page(self, listing: Listing) -> dict[str, Any]:
        releases = {
            str(version): [file_row(file) for file in self._files(listing.releases[version])]
            for version in listing.versions
        }
        return {
            "found": listing.found,
            "unreadable": sorted(listing.unreadable),
            "releases": releases,
        }

    def _files(self, release: Release) -> Iterable[DistFile]:
        files = (*release.wheels, *release.sdists)
        if any(
            file.identity in self.metadata_of or file.identity in self.facts_of for file in files
        ):
            return files
        return map(_bare, files)


class RecordingIndex:
    """An ``Index`` that passes every question on, and keeps the answers."""

    def __init__(self, inner: Index) -> None:
        self._inner = inner
        self._listings: dict[NormalizedName, Listing] = {}
        self._metadata: dict[str, Metadata] = {}
        self._facts: dict[str, SdistFacts] = {}

    def listing(self, name: NormalizedName) -> Listing:
        """The inner index's listing, kept."""
        return self._listings.setdefault(name, self._inner.listing(name))

    def metadata(self, file: DistFile) -> Metadata:
        """The inner index's metadata, kept."""
        return self._metadata.setdefault(file.identity, self._inner.metadata(file))

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        """The inner index's facts, kept."""
        return self._facts.setdefault(file.identity, self._inner.sdist_facts(file))

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        """Passed on; what is only fetched is not kept."""
        self._inner.prefetch_listings(names)

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        """Passed on; what is only fetched is not kept."""
        self._inner.prefetch_metadata(files)

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        """Passed on."""
        return self._inner.when_fetching(start)

    def frozen(self, recorded: str) -> FrozenIndex:
        """What was asked so far; ``recorded`` is the day, ISO 8601."""
        return FrozenIndex(dict(self._listings), dict(self._metadata), dict(self._facts), recorded)


def _recorded(answers: Mapping[_Key, _Answer], key: _Key, subject: str, day: str) -> _Answer:
    try:
        return answers[key]
    except KeyError:
        raise IndexUnavailableError(
            subject, f"not in the frozen index{day and f' of {day}'}", hint="Record it again."
        ) from None


def _bare(file: DistFile) -> DistFile:
    day = f"{file.upload_time[:10]}T00:00:00Z" if file.upload_time else None
    return replace(
        file,
        url=f"{_NOWHERE}/{file.filename}",
        sha256=None,
        other_hashes=(),
        size=None,
        upload_time=day,
    )


def _listing(name: str, said: Mapping[str, Any]) -> Listing:
    rows = {Version(version): rows for version, rows in said["releases"].items()}
    versions = tuple(sorted(rows, reverse=True))
    releases = LazyReleases(
        versions, lambda place: [row_values(row) for row in rows[versions[place]]]
    )
    return Listing(cast("NormalizedName", name), said["found"], releases, tuple(said["unreadable"]))


def _packed(data: bytes, path: Path) -> bytes:
    if path.suffix == ".gz":
        return gzip.compress(data, mtime=0)
    return lzma.compress(data) if path.suffix == ".xz" else data


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(data)
    return lzma.decompress(data) if path.suffix == ".xz" else data
