"""Listings, metadata and sdist facts as small bytes for the store, and back. No I/O.

A listing's releases stand in blocks, newest first, with their files as a page of PEP 691 describes
them: reading it back parses no version and no file before it is asked for. All blocks but the first
are kept apart, and read when one of them is needed.
"""

from __future__ import annotations

import json
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, astuple, fields
from functools import partial
from itertools import accumulate
from typing import Any, TypeAlias, cast, overload

from packaging.utils import NormalizedName

from pinfix.index.json_page import BETWEEN_FILES, FileTexts, Row, file_text
from pinfix.index.listing import DistFile, LazyReleases, Listing, Release
from pinfix.index.metadata import Metadata
from pinfix.index.sdist_facts import SdistFacts
from pinfix.index.versions import LazyVersions, prerelease_mask

# The fastest level: level 6 saves a tenth of the space and takes twice as long.
_LEVEL = 1

# Gives the older releases of a listing, by their checksum: as they were put, or another listing that
# was put in its place since. Raises IndexUnavailableError where they cannot be had.
Older: TypeAlias = Callable[[int], bytes | Listing]

# Bytes of a checksum: what is damaged must not come out as files.
_SUM_BYTES = 4
# Releases are compressed together until they are so long: smaller blocks take more space, and of
# larger ones more has to be read for the few releases that a search looks at. Those are mostly the
# newest, so the first block is short, and each is twice as long as the one before it. Of 287
# projects 277 were asked for no other, which is a twenty-fifth of what all of them take.
_FIRST_BLOCK_BYTES = 1 << 12
_BLOCK_BYTES = 1 << 15


def dump_listing(listing: Listing) -> tuple[bytes, bytes, Listing]:
    """``listing`` as bytes for ``load_listing``: its newest releases, and the older ones.

    The first are a head and the newest block, a line for each release, as most of it is read; the
    other are compressed blocks of such lines. With them the same listing, in a fifth of the memory.
    """
    rows = listing.releases.rows if isinstance(listing.releases, LazyReleases) else None
    lines: Iterable[bytes]
    if isinstance(rows, FileTexts):
        base_url, lines = rows.base_url, rows.texts
    else:
        places = range(len(listing.versions))
        base_url, lines = "", (_texts(listing.release(place)) for place in places)
    newest: Sequence[bytes] = ()
    packed: list[bytes] = []
    counts: list[int] = []
    for block in _in_blocks(lines):
        if counts:
            packed.append(_packed(b"\n".join(block)))
        else:
            newest = block
        counts.append(len(block))
    versions, mask = list(map(str, listing.versions)), prerelease_mask(listing.versions)
    about = [listing.name, listing.found, listing.unreadable, base_url, versions, f"{mask:x}"]
    sizes, older = list(map(len, packed)), b"".join(packed)
    head = _line([*about, sizes, counts, zlib.adler32(older)])
    if isinstance(rows, FileTexts):
        texts = FileTexts(base_url, _Blocks(newest, sizes, counts, versions, lambda: older))
        releases = LazyReleases(LazyVersions(versions, mask), texts)
        listing = Listing(listing.name, listing.found, releases, listing.unreadable)
    return _sealed(b"\n".join([head, *newest])), older, listing


def _in_blocks(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    length, enough = 0, _FIRST_BLOCK_BYTES
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= enough:
            yield block
            block, length, enough = [], 0, min(2 * enough, _BLOCK_BYTES)
    if block:
        yield block


def load_listing(data: bytes, older: Older) -> Listing:
    """The listing that ``dump_listing`` wrote. Raises ValueError for anything else.

    ``older`` is asked for the other half once one of those releases is.
    """
    head, *newest = _opened(data).split(b"\n")
    name, found, unreadable, base_url, versions, mask, sizes, counts, checksum = json.loads(head)
    blocks = _Blocks(newest, sizes, counts, versions, partial(older, checksum))
    if len(blocks) != len(versions):
        raise ValueError("not as many releases as versions")
    texts = FileTexts(base_url, blocks)
    releases = LazyReleases(LazyVersions(versions, int(mask, 16)), texts)
    return Listing(cast("NormalizedName", name), found, releases, tuple(unreadable))


def older_checksum(data: bytes) -> int:
    """By what the older releases are known that belong to a listing. Raises ValueError."""
    checksum: int = json.loads(_opened(data).partition(b"\n")[0])[-1]
    return checksum


class _Blocks(Sequence[bytes]):
    """The texts of each version's files, a line for each, in blocks that are unpacked when they are asked for.

    One of them stays unpacked beside the newest: a search goes from the newest version to older
    ones, and remembers the releases that it has seen.
    """

    def __init__(
        self,
        newest: Sequence[bytes],
        sizes: Sequence[int],
        counts: Sequence[int],
        versions: Sequence[str],
        older: Callable[[], bytes | Listing],
    ) -> None:
        """``newest`` is the first block, ``older`` gives all others, which have these ``sizes``.

        ``counts`` says of each how many of the ``versions`` stand in it.
        """
        # How many versions stand in all blocks before each, and in all.
        self._starts = list(accumulate(counts, initial=0))
        self._newest = newest
        self._sizes = sizes
        self._versions = versions
        self._older = older
        self._others: bytes | Listing | None = None
        self._unpacked: tuple[int, Sequence[bytes]] = (0, newest)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[bytes]: ...
    def __getitem__(self, place: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(place, slice):
            return [self[one] for one in range(len(self))[place]]
        if not 0 <= place < len(self):
            raise IndexError(place)
        block = bisect_right(self._starts, place) - 1
        known, lines = self._unpacked  # in one step: threads may ask at once
        if known != block:
            lines = self._block(block)
            self._unpacked = (block, lines)
        return lines[place - self._starts[block]]

    def __len__(self) -> int:
        return self._starts[-1]

    def _block(self, number: int) -> Sequence[bytes]:
        if number == 0:
            return self._newest
        if self._others is None:
            self._others = self._older()
        if isinstance(self._others, Listing):
            return self._lines_now(self._others, number)
        start = sum(self._sizes[: number - 1])
        packed = memoryview(self._others)[start : start + self._sizes[number - 1]]
        return _unpacked(packed).split(b"\n")

    def _lines_now(self, listing: Listing, number: int) -> Sequence[bytes]:
        """What stands in another listing of the versions of one block; nothing of those it lacks."""
        places = {str(version): place for place, version in enumerate(listing.versions)}
        known = self._versions[self._starts[number] : self._starts[number + 1]]
        return [
            _texts(listing.release(places[version])) if version in places else b""
            for version in known
        ]


def _texts(release: Release) -> bytes:
    files = (*release.wheels, *release.sdists)
    return BETWEEN_FILES.join(file_text(astuple(file)) for file in files)


def dump_metadata(metadata: Metadata) -> bytes:
    """``metadata`` as bytes for ``load_metadata``."""
    return _sealed(_line(astuple(metadata)))


def load_metadata(data: bytes) -> Metadata:
    """The metadata that ``dump_metadata`` wrote. Raises ValueError for anything else."""
    return metadata_values(json.loads(_opened(data)))


def metadata_values(said: list[Any]) -> Metadata:
    """The metadata from the values of its fields, after they have been JSON."""
    name, version, requires, extras, python, warnings = said
    return Metadata(name, version, tuple(requires), tuple(extras), python, tuple(warnings))


def dump_facts(facts: SdistFacts) -> str:
    """``facts`` as JSON for ``load_facts``."""
    return json.dumps(asdict(facts))


def load_facts(data: str) -> SdistFacts:
    """The facts that ``dump_facts`` wrote. Raises ValueError or TypeError for anything else."""
    said = json.loads(data)
    return SdistFacts(**{key: _frozen(value) for key, value in said.items()})


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def file_row(file: DistFile) -> Row:
    """``file`` as JSON values, without the fields at the end that hardly any file has."""
    row = astuple(file)
    return row if row[-1] or row[-2] else row[:-2]


def row_values(row: list[Any]) -> Row:
    """The fields of a DistFile from what ``file_row`` gave, after it has been JSON."""
    if len(row) == _USUAL_FIELDS:
        return (*row, (), ())
    *said, build, other_hashes = row
    return (*said, tuple(build), tuple(map(tuple, other_hashes)))


# All but the build tag and the unusual hashes.
_USUAL_FIELDS = len(fields(DistFile)) - 2


def _line(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _sealed(text: bytes) -> bytes:
    """``text`` behind its checksum. To unpack it would take longer than to read so much more."""
    return zlib.adler32(text).to_bytes(_SUM_BYTES, "big") + text


def _opened(data: bytes) -> bytes:
    text = data[_SUM_BYTES:]
    if zlib.adler32(text).to_bytes(_SUM_BYTES, "big") != data[:_SUM_BYTES]:
        raise ValueError("not as it was written")
    return text


def _packed(text: bytes) -> bytes:
    return zlib.compress(text, _LEVEL)


def _unpacked(data: bytes | memoryview) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as error:
        raise ValueError(f"not a compressed row: {error}") from error
