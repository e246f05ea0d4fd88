"""What the index says, turned into verdicts: which version each target can install, and why not.

``PackageFacts`` is one project; ``Facts`` is all that a search has asked for so far, with the
dependencies of each candidate evaluated for its target. Verdicts are made when first asked for:
a listing may hold 15,000 files, and a search looks at a dozen versions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

from pinfix.index.metadata import repair_requires_python
from pinfix.index.requires_dist import Dependency, read_requires
from pinfix.index.versions import prerelease_mask
from pinfix.records import record
from pinfix.resolve import rejection as why
from pinfix.resolve.matching import Matcher
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.ranges import VersionRange
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName
    from packaging.version import Version

    from pinfix.index.listing import DistFile, Listing, Release
    from pinfix.index.protocol import Index
    from pinfix.index.sdist import SdistFacts
    from pinfix.resolve.rejection import Rejection
    from pinfix.targets.target import Target

NO_EXTRA: Final = ""


@record
class Candidate:
    """The file of one version that a target would install. ``yanked`` is its reason (PEP 592)."""

    file: DistFile
    yanked: str | None = None

    @property
    def is_wheel(self) -> bool:
        return self.file.is_wheel


Verdict: TypeAlias = "Candidate | Rejection"


class Formats(Protocol):
    """Which kinds of file pip may take of a package (``--no-binary``, ``--only-binary``)."""

    def built_by(self, name: NormalizedName) -> str | None:
        """Where pip is ordered to build the package from source; None where it is not."""
        ...

    def wheels_only(self, name: NormalizedName) -> str | None:
        """Where pip is ordered to take nothing but wheels of the package; None where it is not."""
        ...


class AnyFormat:
    """Pip may take whatever it finds."""

    def built_by(self, name: NormalizedName) -> None:
        del name

    def wheels_only(self, name: NormalizedName) -> None:
        del name


class PackageFacts:
    """One project's versions (index 0 is the newest), and what each target makes of them."""

    def __init__(
        self, listing: Listing, targets: Sequence[Target], built_by: str | None = None
    ) -> None:
        """``built_by`` says where pip is ordered to build the package, whatever wheels it has."""
        self.name = listing.name
        self.built_by = built_by
        self.listing = listing
        self.versions = listing.versions
        self._targets = targets
        # By identity, each with what it is the identity of: to hash a specifier takes 20 µs, and a
        # hard search asks a hundred thousand times about the same few hundred objects.
        self._matching: dict[int, tuple[SpecifierSet | VersionRange, int]] = {}
        self._verdicts: list[dict[int, Verdict]] = [{} for _ in targets]

    @cached_property
    def index_of(self) -> dict[Version, int]:
        """Where each version stands."""
        return {version: index for index, version in enumerate(self.versions)}

    @cached_property
    def everything(self) -> int:
        """The mask of all versions."""
        return (1 << len(self.versions)) - 1

    @cached_property
    def prereleases(self) -> int:
        """The mask of the pre-releases; 0 where the project has nothing but pre-releases."""
        mask = prerelease_mask(self.versions)
        return 0 if mask == self.everything else mask

    def matching(self, wanted: SpecifierSet | VersionRange) -> int:
        """The mask of the versions a specifier holds for, pre-releases included (PEP 440)."""
        known = self._matching.get(id(wanted))
        if known is None:
            known = self._matching[id(wanted)] = wanted, self._matcher.mask(wanted)
        return known[1]

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.versions)

    def release(self, index: int) -> Release:
        """The files of one version."""
        return self.listing.release(index)

    def is_compiled(self, index: int) -> bool:
        """Whether a version has wheels for some platforms: then its sdist has to be compiled."""
        return any(not file.suffix.endswith("-none-any") for file in self.release(index).wheels)

    def date(self, index: int) -> str:
        """The day a version was first uploaded (ISO 8601); empty where the index does not say."""
        release = self.release(index)
        times = [f.upload_time for f in (*release.wheels, *release.sdists) if f.upload_time]
        return min(times)[:10] if times else ""

    def verdict(self, target: int, index: int) -> Verdict:
        """The file ``target`` would install of this version, or why there is none.

        Wheels come before sdists; an sdist is a candidate here, whatever is inside it.
        """
        known = self._verdicts[target].get(index)
        if known is None:
            known = self._judge(self._targets[target], index)
            self._verdicts[target][index] = known
        return known

    def wheels_only(self, target: int, mask: int) -> Iterable[int]:
        """The indexes in ``mask`` whose verdict is a wheel, newest first."""
        for index in indexes(mask & self.everything):
            verdict = self.verdict(target, index)
            if isinstance(verdict, Candidate) and verdict.is_wheel:
                yield index

    def _judge(self, target: Target, index: int) -> Verdict:
        fitting = _python_fits(self.listing.wheels(index, target.has_tag_of), target)
        ranked = [(rank, f) for f in fitting if (rank := target.rank(f.suffix)) is not None]
        if ranked and self.built_by is None:
            # A file that is not yanked first, then pip's order: tags, then the build number.
            best = min(
                ranked,
                key=lambda pair: (pair[1].yanked is not None, pair[0], _later_build(pair[1])),
            )
            return Candidate(best[1], best[1].yanked)
        release = self.release(index)
        wheels = _python_fits(release.wheels, target)
        sdists = _python_fits(release.sdists, target)
        if sdists:
            best_sdist = min(sdists, key=lambda file: file.yanked is not None)
            return Candidate(best_sdist, best_sdist.yanked)
        if self.built_by is not None and wheels:
            return why.BuildOrdered(target.name, self.built_by, "", "")
        if not wheels and (release.wheels or release.sdists):
            files = (*release.wheels, *release.sdists)
            return why.RequiresPython(target.name, files[0].requires_python or "")
        return why.NoWheel(
            target.name, tuple(f.suffix for f in release.wheels), bool(release.sdists)
        )


def _later_build(file: DistFile) -> tuple[int, ...]:
    return (-file.build[0],) if file.build else (0,)


def _python_fits(files: Sequence[DistFile], target: Target) -> list[DistFile]:
    return [f for f in files if python_admitted(f.requires_python, target.python_version)]


@lru_cache(maxsize=4096)
def python_admitted(requires_python: str | None, python: Version) -> bool:
    """Whether Requires-Python (PEP 345) admits a Python; what cannot be read admits every one."""
    if not requires_python:
        return True
    specifier = repair_requires_python(requires_python)
    return specifier is None or specifier.contains(python, prereleases=True)


class Facts:
    """All that a search knows. Asking twice costs nothing; threads may ask at once."""

    def __init__(
        self, index: Index, targets: Sequence[Target], formats: Formats | None = None
    ) -> None:
        self.index = index
        self.formats: Formats = formats or AnyFormat()
        self.targets = tuple(targets)
        self._packages: dict[NormalizedName, PackageFacts] = {}
        self._dependencies: dict[tuple[NormalizedName, int, int, str], tuple[Dependency, ...]] = {}
        self._markers: dict[tuple[str, int, str], bool] = {}

    def package(self, name: NormalizedName) -> PackageFacts:
        """The facts of one project; one that no index has holds no version."""
        known = self._packages.get(name)
        if known is None:
            # Two threads may both make one; setdefault keeps the first for everybody.
            built_by = self.formats.built_by(name)
            fresh = PackageFacts(self.index.listing(name), self.targets, built_by)
            known = self._packages.setdefault(name, fresh)
        return known

    def source(self, candidate: Candidate) -> SdistFacts:
        """What reading an sdist candidate, without running it, shows."""
        return self.index.sdist_facts(candidate.file)

    def dependencies(
        self, name: NormalizedName, target: int, index: int, extra: str = NO_EXTRA
    ) -> tuple[Dependency, ...]:
        """What one version, or one of its extras, pulls in on a target (PEP 508 markers evaluated).

        An sdist whose dependencies cannot be read is taken to have none.
        """
        key = (name, target, index, extra)
        known = self._dependencies.get(key)
        if known is None:
            texts = self._requires_dist(name, target, index)
            known = self._dependencies[key] = self._holding(texts, target, extra)
        return known

    def would_require(
        self, name: NormalizedName, target: int, index: int, extra: str = NO_EXTRA
    ) -> tuple[Dependency, ...] | None:
        """What a version would pull in on a target, even if that has no wheel of it.

        None where no wheel of it tells. Raises UnusableFileError for a wheel that cannot be read.
        """
        verdict = self.package(name).verdict(target, index)
        if isinstance(verdict, Candidate) and verdict.is_wheel:
            return self.dependencies(name, target, index, extra)
        wheels = self.package(name).release(index).wheels
        if not wheels:
            return None
        return self._holding(self.index.metadata(wheels[0]).requires_dist, target, extra)

    def _requires_dist(self, name: NormalizedName, target: int, index: int) -> tuple[str, ...]:
        verdict = self.package(name).verdict(target, index)
        if not isinstance(verdict, Candidate):
            return ()
        if verdict.is_wheel:
            return self.index.metadata(verdict.file).requires_dist
        return self.source(verdict).requires_dist or ()

    def _holding(self, texts: Iterable[str], target: int, extra: str) -> tuple[Dependency, ...]:
        """Those of the Requires-Dist that hold for a target, and of an extra its own."""
        found = (self._dependency(text, target, extra) for text in texts)
        return tuple(dependency for dependency in found if dependency is not None)

    def _dependency(self, text: str, target: int, extra: str) -> Dependency | None:
        # Most of a large package's Requires-Dist hang on an extra that nobody asked for: told
        # by the text alone, they need not be parsed. So does what is not an extra's, for an extra.
        condition = text.partition(";")[2]
        if ("extra" in condition) != (extra != NO_EXTRA) and " or " not in text:
            return None
        dependency, marker = read_requires(text)
        if marker is not None and not self._holds(marker, condition, target, extra):
            return None
        if extra != NO_EXTRA and (
            marker is None or self._holds(marker, condition, target, NO_EXTRA)
        ):
            return None  # the package itself requires this already
        return dependency

    def _holds(self, marker: Marker, text: str, target: int, extra: str) -> bool:
        # By its text as it stands: to write a marker out takes longer than to look it up.
        key = (text, target, extra)
        known = self._markers.get(key)
        if known is None:
            known = holds(marker, self.targets[target], extra, otherwise=False)
            self._markers[key] = known
        return known


def holds(marker: Marker, target: Target, extra: str = NO_EXTRA, *, otherwise: bool) -> bool:
    """Whether a marker (PEP 508) holds for a target; ``otherwise`` for one that cannot be told.

    Some markers parse and still compare what cannot be compared: ``python_version ~= "x"``.
    """
    try:
        return marker.evaluate({**target.environment, "extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return otherwise
