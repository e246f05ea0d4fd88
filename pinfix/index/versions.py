"""A project's versions, newest first, of which those that are looked at are parsed. No I/O.

The 287 projects of a large closure have 29,000 versions; to parse them, and to hash them as keys,
takes a quarter of a run that has all else at hand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import overload

from packaging.version import Version

_RELEASE = re.compile(r"(?:([0-9]+)!)?([0-9]+(?:\.[0-9]+)*)")


class LazyVersions(Sequence[Version]):
    """Versions by their texts, which are in normal form and sorted; equal to a tuple of them."""

    def __init__(self, texts: Sequence[str], prereleases: int) -> None:
        """``prereleases`` is the mask of those that are, bit 0 for the first."""
        self._texts = texts
        self.prereleases = prereleases
        self._parsed: list[Version | None] = [None] * len(texts)

    def release(self, place: int) -> tuple[int, tuple[int, ...]]:
        """Epoch and release number of one of them."""
        told = _RELEASE.match(self._texts[place])
        if told is None:
            return epoch_and_release(self[place])
        return int(told[1] or 0), tuple(map(int, told[2].split(".")))

    @overload
    def __getitem__(self, place: int) -> Version: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Version, ...]: ...
    def __getitem__(self, place: int | slice) -> Version | tuple[Version, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        version = self._parsed[place]
        if version is None:
            version = self._parsed[place] = Version(self._texts[place])
        return version

    def __len__(self) -> int:
        return len(self._texts)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, tuple | LazyVersions):
            return NotImplemented
        return tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def prerelease_mask(versions: Sequence[Version]) -> int:
    """The mask of the pre-releases (PEP 440) among ``versions``, bit 0 for the first."""
    if isinstance(versions, LazyVersions):
        return versions.prereleases
    return sum(1 << place for place, version in enumerate(versions) if version.is_prerelease)


def epoch_and_release(version: Version) -> tuple[int, tuple[int, ...]]:
    """The parts of a version that sort before all others."""
    return version.epoch, version.release


def release_at(versions: Sequence[Version], place: int) -> tuple[int, tuple[int, ...]]:
    """Epoch and release number of one of ``versions``, without parsing the rest of it."""
    if isinstance(versions, LazyVersions):
        return versions.release(place)
    return epoch_and_release(versions[place])
