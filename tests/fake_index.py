"""An index in memory, built from a notation short enough to read inside a test.

``index(project("foo", {"1.0": PURE, "2.0": [CP311, SDIST]}, requires={"2.0": ["bar>=2"]}))`` is an
index with one project, whose version 2.0 has a CPython 3.11 wheel and a plain Python sdist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version

from pinfix.errors import IndexUnavailableError
from pinfix.index.contents import Contents
from pinfix.index.listing import DistFile, Listing, Release
from pinfix.index.metadata import Metadata
from pinfix.index.sdist import Kind, SdistFacts

PURE = "py3-none-any"
CP311 = "cp311-cp311-manylinux_2_17_x86_64"
CP313 = "cp313-cp313-manylinux_2_17_x86_64"
CP313_ARM = "cp313-cp313-manylinux_2_17_aarch64"
CP313_WINDOWS = "cp313-cp313-win_amd64"
SDIST = "sdist pure"
RUST_SDIST = "sdist rust"
C_SDIST = "sdist c"

Requires = Sequence[str] | Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Project:
    """One project's listing, and what its files hold, by file name."""

    listing: Listing
    metadata: Mapping[str, Metadata]
    facts: Mapping[str, SdistFacts]
    modules: frozenset[str] = frozenset()
    says: str = ""


@dataclass(frozen=True)
class FakeIndex:
    """An ``Index``; ``down`` is the names that cannot be asked for."""

    projects: Mapping[NormalizedName, Project]
    down: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def listing(self, name: NormalizedName) -> Listing:
        self.asked.append(name)
        if name in self.down:
            raise IndexUnavailableError(f"https://index.test/{name}/", "no route to host")
        found = self.projects.get(name)
        return found.listing if found is not None else Listing(name, found=False)

    def metadata(self, file: DistFile) -> Metadata:
        return self._owner(file).metadata[file.filename]

    def sdist_facts(self, file: DistFile) -> SdistFacts:
        return self._owner(file).facts[file.filename]

    def contents(self, file: DistFile) -> Contents:
        owner = self._owner(file)
        return Contents((), {"METADATA": owner.says}, owner.modules)

    def prefetch_listings(self, names: Iterable[NormalizedName]) -> None:
        pass

    def prefetch_metadata(self, files: Iterable[DistFile]) -> None:
        pass

    def when_fetching(self, start: Callable[[], None]) -> AbstractContextManager[None]:
        start()
        return nullcontext()

    def _owner(self, file: DistFile) -> Project:
        return self.projects[canonicalize_name(file.filename.partition("-")[0])]


def index(*projects: Project, down: Iterable[str] = ()) -> FakeIndex:
    """An index with these projects."""
    return FakeIndex({project.listing.name: project for project in projects}, frozenset(down))


def project(
    name: str,
    files: Mapping[str, str | Sequence[str]] | Sequence[str],
    *,
    requires: Requires = (),
    requires_python: Mapping[str, str] | None = None,
    uploaded: Mapping[str, str] | None = None,
    yanked: Mapping[str, str] | None = None,
    modules: Iterable[str] = (),
    extras: tuple[str, ...] = (),
    says: str = "",
) -> Project:
    """A project. ``files`` gives each version its wheels' tag sets and sdists (a bare sequence of
    versions: all of them pure wheels); the rest is by version, ``requires`` also for all of them.
    All files bring the same ``modules`` and ``extras``, and say the same of themselves.
    """
    by_version = files if isinstance(files, Mapping) else dict.fromkeys(files, PURE)
    listed = {
        version: [kinds] if isinstance(kinds, str) else list(kinds)
        for version, kinds in by_version.items()
    }
    releases: dict[Version, Release] = {}
    metadata: dict[str, Metadata] = {}
    facts: dict[str, SdistFacts] = {}
    for text in sorted(listed, key=Version, reverse=True):
        needs = tuple(requires.get(text, ()) if isinstance(requires, Mapping) else requires)
        about: dict[str, Any] = {
            "requires_python": (requires_python or {}).get(text),
            "upload_time": _moment((uploaded or {}).get(text)),
            "yanked": (yanked or {}).get(text),
        }
        wheels, sdists = [], []
        for kind in listed[text]:
            if kind.startswith("sdist"):
                file = _file(f"{name}-{text}.tar.gz", **about)
                facts[file.filename] = _facts(kind.removeprefix("sdist "), needs)
                sdists.append(file)
            else:
                file = _file(f"{name}-{text}-{kind}.whl", suffix=kind, **about)
                metadata[file.filename] = Metadata(name, text, needs, extras)
                wheels.append(file)
        releases[Version(text)] = Release(Version(text), tuple(wheels), tuple(sdists))
    listing = Listing(canonicalize_name(name), True, releases)
    return Project(listing, metadata, facts, frozenset(modules), says)


def sha256_of(filename: str) -> str:
    """The hash that a file of the fake index is listed with."""
    return hashlib.sha256(filename.encode()).hexdigest()


def _file(filename: str, **about: Any) -> DistFile:
    url = f"https://index.test/files/{filename}"
    return DistFile(filename, url, sha256=sha256_of(filename), **about)


def _moment(day: str | None) -> str | None:
    return f"{day}T12:00:00Z" if day else None


def _facts(kind: str, needs: tuple[str, ...]) -> SdistFacts:
    kinds: dict[str, Kind] = {"pure": "pure", "rust": "rust", "c": "c"}
    return SdistFacts(kinds[kind], "setup.py", needs, "PKG-INFO", None, ())
