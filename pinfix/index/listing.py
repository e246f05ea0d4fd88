"""What an index says of one project: PEP 691 JSON or PEP 503 HTML in, a Listing out. No I/O.

A listing can hold 15,000 files of which a search looks at a dozen, so files stay bare rows
until their release is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, field
from functools import cached_property

from packaging.utils import BuildTag, NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError
from pinfix.index.filenames import FileNameReader
from pinfix.index.json_page import (
    BETWEEN_FILES,
    NO_LISTING,
    FileTexts,
    Row,
    no_listing,
    said_of_file,
    split_page,
)
from pinfix.records import record


@record
class DistFile:
    """One wheel or source distribution, as its listing describes it.

    ``url`` is absolute and without fragment. ``yanked`` (PEP 592) is None for a file that is
    not, else the reason, which may be empty. ``size`` is in bytes, ``upload_time`` ISO 8601 as
    served (PEP 700). ``metadata_hash`` (PEP 658, 714) is the sha256 of the ``.metadata`` file,
    True where it exists without a hash, False where there is none, None where the listing does
    not say. ``suffix`` is a wheel's compressed tag set in lower case, ``cp311-cp311-
    manylinux_2_17_x86_64.manylinux2014_x86_64``, and empty for an sdist. ``other_hashes`` are
    (algorithm, hex digest), kept only where there is no sha256.
    """

    filename: str
    url: str
    requires_python: str | None = None
    yanked: str | None = None
    sha256: str | None = None
    size: int | None = None
    upload_time: str | None = None
    metadata_hash: str | bool | None = None
    suffix: str = ""
    build: BuildTag = ()
    other_hashes: tuple[tuple[str, str], ...] = ()

    @property
    def is_wheel(self) -> bool:
        """Whether this is a wheel; everything else is a source distribution."""
        return self.suffix != ""

    @property
    def identity(self) -> str:
        """What the content is remembered by: its sha256, or its address where there is none."""
        return f"sha256:{self.sha256}" if self.sha256 else self.url


@record
class Release:
    """One version's files, in the index's order."""

    version: Version
    wheels: tuple[DistFile, ...] = ()
    sdists: tuple[DistFile, ...] = ()


@record
class Listing:
    """One project on the index.

    ``found`` is False where the index knows no such project. ``releases`` iterates newest
    first, as ``versions`` does. ``unreadable`` are the wheels and sdists of this project whose
    names follow no rule.
    """

    name: NormalizedName
    found: bool = True
    releases: Mapping[Version, Release] = field(default_factory=dict)
    unreadable: tuple[str, ...] = ()
    versions: Sequence[Version] = field(init=False)

    def __post_init__(self) -> None:
        known = self.releases
        versions = known.versions if isinstance(known, LazyReleases) else tuple(known)
        object.__setattr__(self, "versions", versions)

    def release(self, place: int) -> Release:
        """The release of ``versions[place]``."""
        if isinstance(self.releases, LazyReleases):
            return self.releases.at(place)
        return self.releases[self.versions[place]]

    def wheels(self, place: int, fits: Callable[[str], bool]) -> list[DistFile]:
        """The wheels of ``versions[place]`` with a tag set that ``fits``, in the index's order."""
        if isinstance(self.releases, LazyReleases):
            return self.releases.wheels(place, fits)
        return [file for file in self.release(place).wheels if fits(file.suffix)]


class LazyReleases(Mapping[Version, Release]):
    """Releases made from rows when first asked for: 15,000 rows cost a fifth of as many files."""

    def __init__(self, versions: Sequence[Version], rows: Callable[[int], list[Row]]) -> None:
        """``rows`` gives those of the version at a place among ``versions``, newest first."""
        self.versions = versions
        self.rows = rows
        self._made: dict[int, Release] = {}

    def at(self, place: int) -> Release:
        """The release of ``versions[place]``."""
        release = self._made.get(place)
        if release is None:
            release = self._made[place] = make_release(self.versions[place], self.rows(place))
        return release

    def wheels(self, place: int, fits: Callable[[str], bool]) -> list[DistFile]:
        """As ``Listing.wheels``: where the release was not made yet, no other file is read."""
        if place not in self._made and isinstance(self.rows, FileTexts):
            return [DistFile(*row) for row in self.rows.wheels(place, fits)]
        return [file for file in self.at(place).wheels if fits(file.suffix)]

    @cached_property
    def _places(self) -> dict[Version, int]:
        return {version: place for place, version in enumerate(self.versions)}

    def __getitem__(self, version: Version) -> Release:
        return self.at(self._places[version])

    def __iter__(self) -> Iterator[Version]:
        return iter(self.versions)

    def __len__(self) -> int:
        return len(self.versions)

    def __contains__(self, version: object) -> bool:
        return version in self._places


def make_release(version: Version, rows: Iterable[Row]) -> Release:
    """The release that ``rows`` describe."""
    files = [DistFile(*row) for row in rows]
    return Release(
        version,
        tuple(file for file in files if file.suffix),
        tuple(file for file in files if not file.suffix),
    )


def parse_json_listing(data: bytes, base_url: str, name: NormalizedName) -> Listing:
    """The listing in a PEP 691 page (with PEP 700 and PEP 714 where served).

    Raises IndexUnavailableError where ``data`` is no such page. A page laid out as usual is
    only cut into its files; what is wrong inside a file is raised when its release is asked for.
    """
    try:
        split = split_page(data)
        page = json.loads(data) if split is None else split[0]
        _check_api_version(page.get("meta", {}).get("api-version", "1.0"), base_url)
        if split is not None:
            return _collect_texts(name, base_url, split[1])
        return _collect(name, (said_of_file(file, base_url) for file in page["files"]))
    except NO_LISTING as error:
        raise no_listing(base_url, error) from error


def parse_html_listing(data: bytes, base_url: str, name: NormalizedName) -> Listing:
    """The listing in a PEP 503 page (with PEP 592, 629, 658 and 714 where served).

    Raises IndexUnavailableError where the page cannot be read, or declares a newer major
    version of the API.
    """
    from pinfix.index.html_page import read_html_page  # 3 ms that most indexes never need.

    try:
        api_version, rows = read_html_page(data, base_url)
    except (AssertionError, ValueError) as error:  # The first: html.parser on a broken "<![".
        raise IndexUnavailableError(base_url, f"the answer is no HTML page ({error})") from error
    _check_api_version(api_version, base_url)
    return _collect(name, rows)


def parse_listing(data: bytes, content_type: str, base_url: str, name: NormalizedName) -> Listing:
    """The listing in ``data``, by its Content-Type (PEP 691), which is taken for HTML if empty.

    Raises IndexUnavailableError where it is neither JSON nor HTML.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == "application/json" or media_type.endswith("+json"):
        return parse_json_listing(data, base_url, name)
    if media_type in ("", "text/html", "application/xhtml+xml") or media_type.endswith("+html"):
        return parse_html_listing(data, base_url, name)
    # Anything else read as HTML has no links: an index that is ill would seem to be empty.
    raise IndexUnavailableError(base_url, f"the answer is {media_type}, neither JSON nor HTML")


def listing_of_files(name: NormalizedName, files: Iterable[tuple[str, str]]) -> Listing:
    """A listing of bare (file name, URL) pairs, such as a folder gives."""
    return _collect(name, ((filename, url, *_NOTHING_SAID) for filename, url in files))


def merge_listings(name: NormalizedName, listings: Iterable[Listing]) -> Listing:
    """One listing of several indexes', as pip merges them: the first file of a name wins."""
    found = [listing for listing in listings if listing.found]
    if len(found) == 1:
        return found[0]

    def rows(place: int) -> list[Row]:
        # A file's name says its version: within one, a name met before is the same file.
        version = versions[place]
        files: dict[str, DistFile] = {}
        for listing in found:
            release = listing.releases.get(version)
            for file in (*release.wheels, *release.sdists) if release is not None else ():
                files.setdefault(file.filename, file)
        return [astuple(file) for file in files.values()]

    every = {version for listing in found for version in listing.versions}
    versions = tuple(sorted(every, reverse=True))
    unreadable = dict.fromkeys(file for listing in found for file in listing.unreadable)
    return Listing(name, bool(found), LazyReleases(versions, rows), tuple(unreadable))


_NOTHING_SAID = (None, None, None, None, None, None, ())


def _collect(name: NormalizedName, described: Iterable[Row]) -> Listing:
    """Groups rows by version; a row here ends in other_hashes, suffix and build come in between."""
    reader = FileNameReader(name)
    groups: dict[Version, list[Row]] = {}
    unreadable = []
    for *said, other_hashes in described:
        try:
            known = reader.read(said[0])
        except ValueError:
            unreadable.append(said[0])
            continue
        if known is not None:
            row = (*said, known.suffix, known.build, other_hashes)
            groups.setdefault(known.version, []).append(row)
    versions = tuple(sorted(groups, reverse=True))
    releases = LazyReleases(versions, lambda place: groups[versions[place]])
    return Listing(name, True, releases, tuple(unreadable))


def _collect_texts(name: NormalizedName, base_url: str, files: list[tuple[str, bytes]]) -> Listing:
    """Groups the texts of files by version, by their names alone.

    ``files`` is left empty, and each group given up when it is put together: a page is up to 21 MB
    long, and is never there three times.
    """
    version_of = FileNameReader(name).version
    groups: dict[Version, list[bytes]] = {}
    unreadable = []
    files.reverse()
    while files:
        filename, text = files.pop()
        try:
            version = version_of(filename)
        except ValueError:
            unreadable.append(filename)
            continue
        if version is not None:
            groups.setdefault(version, []).append(text)
    versions = tuple(sorted(groups, reverse=True))
    texts = FileTexts(base_url, [BETWEEN_FILES.join(groups.pop(version)) for version in versions])
    releases = LazyReleases(versions, texts)
    return Listing(name, True, releases, tuple(unreadable))


def _check_api_version(version: str, base_url: str) -> None:
    # PEP 629: a minor version may be newer than what is known, a major one may not.
    if version.partition(".")[0] != "1":
        raise IndexUnavailableError(
            base_url, f"the index speaks version {version} of the simple API; pinfix knows 1.x"
        )
