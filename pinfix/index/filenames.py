"""Names of wheels and source distributions, read many thousand at a time.

The rules are those of ``packaging.utils``; each distinct project spelling, version, build tag
and tag set is given to it once and remembered, because a listing of 15,000 files holds only a
few hundred of each.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from packaging.tags import parse_tag
from packaging.utils import BuildTag, NormalizedName, canonicalize_name, parse_wheel_filename
from packaging.version import Version

# What pip takes for a source distribution, longest ending first.
SDIST_ENDINGS = (
    ".tar.gz",
    ".tar.bz2",
    ".tar.xz",
    ".tar.lzma",
    ".tar.lz",
    ".tar",
    ".tgz",
    ".tbz",
    ".txz",
    ".tlz",
    ".zip",
)


class FileName(NamedTuple):
    """What a file's name says. ``suffix`` is the compressed tag set, empty for an sdist."""

    version: Version
    suffix: str = ""
    build: BuildTag = ()


def tag_set_in(filename: str) -> str:
    """What stands for the tags in a wheel's file name, as it stands there."""
    stem = filename.rsplit("-", 3)[0]
    return filename[len(stem) + 1 : -len(".whl")]


def tags_and_build(filename: str) -> tuple[str, BuildTag]:
    """The compressed tag set and the build tag in a file's name that has been read before.

    Both are empty for a source distribution. Raises ValueError for what is no tag set.
    """
    if not filename.endswith(".whl"):
        return "", ()
    parts = filename.split("-")
    return _tag_set(tag_set_in(filename)), _build_tag(parts[2]) if len(parts) == 6 else ()


class FileNameReader:
    """Reads the names of one project's files."""

    def __init__(self, name: NormalizedName) -> None:
        self._name = name
        self._spellings: dict[str, NormalizedName] = {}
        self._versions: dict[str, Version] = {}
        self._stems: dict[str, tuple[Version, BuildTag]] = {}

    def read(self, filename: str) -> FileName | None:
        """What ``filename`` says, or None: another project's, or neither wheel nor sdist.

        Raises ValueError for a file of this project whose name follows no rule.
        """
        if filename.endswith(".whl"):
            return self._read_wheel(filename)
        for ending in SDIST_ENDINGS:
            if filename.endswith(ending):
                return self._read_sdist(filename[: -len(ending)])
        return None

    def version(self, filename: str) -> Version | None:
        """The version in ``filename``, or None; raises ValueError. Both as ``read`` does.

        Short of the rest, which is half of the time of ``read``.
        """
        if filename.endswith(".whl"):
            stem = filename.rsplit("-", 3)[0]
            if stem in self._stems:
                _tag_set(filename[len(stem) + 1 : -4])
                return self._stems[stem][0]
        known = self.read(filename)
        return known.version if known is not None else None

    def _read_wheel(self, filename: str) -> FileName | None:
        # Wheels of one version differ only in the tags: what stands before is read once, which
        # takes a third of the time.
        stem = filename.rsplit("-", 3)[0]
        known = self._stems.get(stem)
        if known is None:
            known = self._read_stem(stem, filename)
            if known is None:
                return None
            self._stems[stem] = known
        version, build = known
        return FileName(version, _tag_set(filename[len(stem) + 1 : -4]), build)

    def _read_stem(self, stem: str, filename: str) -> tuple[Version, BuildTag] | None:
        project, *parts = stem.split("-")
        if self._spelt(project) != self._name:
            return None
        if len(parts) not in (1, 2) or filename.count("-") != len(parts) + 3:
            raise ValueError(f"not the parts of a wheel's name: {filename!r}")
        _check_wheel_project(project)
        return self._version(parts[0]), _build_tag(parts[1]) if len(parts) == 2 else ()

    def _read_sdist(self, stem: str) -> FileName | None:
        # As pip and uv split: at the first dash before which stands the project's name. The
        # last dash would read selenium-2.0-dev-9429 as version 9429; it is 2.0.dev9429.
        dash = stem.find("-")
        while dash != -1:
            if self._spelt(stem[:dash]) == self._name:
                return FileName(self._version(stem[dash + 1 :]))
            dash = stem.find("-", dash + 1)
        return None

    def _spelt(self, spelling: str) -> NormalizedName:
        known = self._spellings.get(spelling)
        if known is None:
            known = self._spellings[spelling] = canonicalize_name(spelling)
        return known

    def _version(self, text: str) -> Version:
        known = self._versions.get(text)
        if known is None:
            known = self._versions[text] = Version(text)
        return known


@lru_cache(maxsize=4096)
def _check_wheel_project(spelling: str) -> None:
    parse_wheel_filename(f"{spelling}-0-py3-none-any.whl")


@lru_cache(maxsize=4096)
def _build_tag(text: str) -> BuildTag:
    return parse_wheel_filename(f"x-0-{text}-py3-none-any.whl")[2]


@lru_cache(maxsize=16384)
def _tag_set(suffix: str) -> str:
    """``suffix`` in lower case, as tags compare; ValueError where ``packaging`` refuses it."""
    parse_tag(suffix)
    return suffix.lower()
