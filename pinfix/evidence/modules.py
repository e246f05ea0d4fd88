"""The top-level modules that the packages of a closure bring, read off their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.errors import UnusableFileError

if TYPE_CHECKING:
    from pinfix.index.protocol import OpenIndex
    from pinfix.planning.plan import ClosureEntry


def modules_of(closure: Iterable[ClosureEntry], index: OpenIndex) -> Mapping[str, frozenset[str]]:
    """What each package brings, by its name; nothing for a file that cannot be read.

    Raises IndexUnavailableError.
    """
    return {entry.name: _modules(entry, index) for entry in closure}


def _modules(entry: ClosureEntry, index: OpenIndex) -> frozenset[str]:
    release = index.listing(canonicalize_name(entry.name)).releases[Version(entry.version)]
    named = set(entry.files.values())
    for file in (*release.wheels, *release.sdists):
        if file.filename in named:
            try:
                return index.contents(file).modules
            except UnusableFileError:
                return frozenset()
    return frozenset()
