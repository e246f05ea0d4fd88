"""The top-level modules that the packages of a closure bring, read off their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.errors import UnusableFileError

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.index.listing import DistFile
    from pinfix.index.protocol import OpenIndex
    from pinfix.planning.plan import ClosureEntry


def modules_of(closure: Iterable[ClosureEntry], index: OpenIndex) -> Mapping[str, frozenset[str]]:
    """What each package brings, by its name; nothing for a file that cannot be read.

    Raises IndexUnavailableError.
    """
    return {entry.name: _modules(entry, index) for entry in closure}


def modules_named(
    requirements: Mapping[NormalizedName, SpecifierSet], index: OpenIndex
) -> Mapping[str, frozenset[str]]:
    """What the newest version that each requirement admits brings, for whatever it was built.

    Where it admits none, the newest of all. Nothing for one that the index does not have. Raises IndexUnavailableError.
    """
    found: dict[str, frozenset[str]] = {}
    for name, specifier in requirements.items():
        listing = index.listing(name)
        admitted = specifier.filter(listing.versions, prereleases=True)
        version = next(iter((*admitted, *listing.versions)), None)
        if version is not None:
            release = listing.releases[version]
            found[name] = _first_readable((*release.wheels, *release.sdists), index)
    return found


def _modules(entry: ClosureEntry, index: OpenIndex) -> frozenset[str]:
    release = index.listing(canonicalize_name(entry.name)).releases[Version(entry.version)]
    named = set(entry.files.values())
    files = [file for file in (*release.wheels, *release.sdists) if file.filename in named]
    return _first_readable(files[:1], index)


def _first_readable(files: Iterable[DistFile], index: OpenIndex) -> frozenset[str]:
    for file in files:
        with suppress(UnusableFileError):
            return index.contents(file).modules
    return frozenset()
