"""Which of a project's versions a specifier holds for (PEP 440), without trying each of them.

A clause such as ``<2.1`` says nothing surprising of versions with another release number than its
own: those below hold, those above do not. Only the few that share it (``2.1rc1``, ``2.1.post1``,
``2.1+local``) have rules of their own, and are left to ``packaging``. Projects with two thousand
versions are asked about a thousand times in a hard search.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinfix.index.versions import epoch_and_release, release_at

if TYPE_CHECKING:
    from packaging.ranges import VersionRange
    from packaging.specifiers import Specifier

# By operator, whether it holds for what is below and above the release that it names.
_OUTSIDE: Final = {
    "<": (True, False),
    "<=": (True, False),
    ">": (False, True),
    ">=": (False, True),
    "==": (False, False),
    "!=": (True, True),
}
# The operators that hold for the very version that they name.
_WITH_ITSELF: Final = ("<=", ">=", "==")


class Matcher:
    """Masks of versions, of which bit 0 is the newest; pre-releases are included."""

    def __init__(self, versions: Sequence[Version]) -> None:
        """``versions`` are sorted, newest first."""
        self._versions = versions
        self._releases: list[tuple[int, ...] | None] = [None] * len(versions)

    def mask(self, wanted: SpecifierSet | VersionRange) -> int:
        """The versions that a specifier, or a range, holds for."""
        if not isinstance(wanted, SpecifierSet) or not all(map(_is_plain, wanted)):
            hits = wanted.filter(
                range(len(self._versions)), prereleases=True, key=self._versions.__getitem__
            )
            return sum(1 << index for index in hits)
        mask = (1 << len(self._versions)) - 1
        for clause in wanted:
            mask &= self._clause(clause)
        return mask

    def _clause(self, clause: Specifier) -> int:
        count = len(self._versions)
        version, named = _named_in(clause.version)
        # Places count from the oldest, bits from the newest.
        start = end = bisect_left(range(count), named, key=self._release)
        while end < count and self._release(end) == named:
            end += 1
        below, above = _OUTSIDE[clause.operator]
        itself = clause.operator in _WITH_ITSELF
        mask = ((1 << start) - 1) << (count - start) if below else 0
        mask |= (1 << (count - end)) - 1 if above else 0
        for index in range(count - end, count - start):
            other = self._versions[index]
            if itself if other == version else clause.contains(other, prereleases=True):
                mask |= 1 << index
        return mask

    def _release(self, place: int) -> tuple[int, ...]:
        known = self._releases[place]
        if known is None:
            told = release_at(self._versions, len(self._versions) - 1 - place)
            known = self._releases[place] = _sorted_by(*told)
        return known


def _is_plain(clause: Specifier) -> bool:
    return clause.operator in _OUTSIDE and not clause.version.endswith(".*")


@lru_cache(maxsize=4096)
def _named_in(text: str) -> tuple[Version, tuple[int, ...]]:
    """The version that a clause names, and its release as it sorts."""
    version = Version(text)
    return version, _sorted_by(*epoch_and_release(version))


def _sorted_by(epoch: int, release: tuple[int, ...]) -> tuple[int, ...]:
    """Epoch and release number as they sort: 1.0 and 1.0.0 are the same."""
    while release and not release[-1]:
        release = release[:-1]
    return (epoch, *release)
