"""Why a package is at the version it is: who requires it, and what stands against each version."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from packaging.version import Version

from pinfix.evidence.building import building_of
from pinfix.records import record
from pinfix.resolve import rejection
from pinfix.resolve.explain import rejection_phrase
from pinfix.resolve.facts import Candidate
from pinfix.resolve.version_set import indexes
from pinfix.targets.coverage import wheel_pythons
from pinfix.targets.target import parse_target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from packaging.utils import NormalizedName

    from pinfix.evidence.as_written import Asker, AsWritten
    from pinfix.evidence.building import Building
    from pinfix.index.listing import Release
    from pinfix.index.protocol import OpenIndex
    from pinfix.resolve.facts import Facts, PackageFacts, Verdict
    from pinfix.resolve.judge import Judge

# Beyond these, ways to a package say nothing more.
MAX_PATHS = 200
# Of so many versions that have only a source distribution is it read; of older ones that is said.
READ_SOURCES = 3
PLATFORMS = (
    "manylinux_2_28_x86_64",
    "manylinux_2_28_aarch64",
    "musllinux_1_2_x86_64",
    "musllinux_1_2_aarch64",
    "macosx_14_0_arm64",
    "macosx_14_0_x86_64",
    "win_amd64",
    "win_arm64",
)


@record
class VersionStory:
    """One version: whether the target could install it, and what stands for or against it.

    ``date`` is the day of its upload (ISO 8601), or empty. ``reason`` follows the version's name:
    "has no wheel for …". ``conflicts`` are who asks for other versions.
    """

    version: str
    date: str
    works: bool
    reason: str
    conflicts: tuple[str, ...]
    is_prerelease: bool


@record
class Files:
    """What one version offers: ``wheels`` is a line for each platform.

    ``building`` is what its source takes to build, None where it has none.
    """

    version: str
    date: str
    wheels: tuple[str, ...]
    building: Building | None


@record
class Why:
    """The whole answer for one package on one target.

    ``paths`` are ways to it through the files as written, of which there may be ``more_paths``;
    ``versions`` newest first; ``files`` those of the versions that somebody asks about.
    """

    package: str
    target: str
    description: str
    paths: tuple[tuple[str, ...], ...]
    more_paths: bool
    as_written: str | None
    versions: tuple[VersionStory, ...]
    files: tuple[Files, ...]

    @property
    def working(self) -> tuple[VersionStory, ...]:
        """The versions that the target could install, newest first, pre-releases only if alone."""
        works = [story for story in self.versions if story.works]
        return tuple([story for story in works if not story.is_prerelease] or works)


def why(
    name: NormalizedName,
    facts: Facts,
    judge: Judge,
    index: OpenIndex,
    written: AsWritten | None,
    asked: Collection[Version],
) -> Why:
    """The answer for the first target of ``facts``; ``asked`` are versions to look into.

    Raises IndexUnavailableError.
    """
    package = facts.package(name)
    target = facts.targets[0]
    askers = [] if written is None else [*written.askers(name), *written.limits(name)]
    as_written = None if written is None else written.version(name)
    looked_at = [version for version in package.versions if version in asked]
    if as_written is not None and Version(as_written) not in looked_at:
        looked_at.append(Version(as_written))
    stories = tuple(_stories(package, facts, judge, askers, looked_at))
    if not looked_at:
        stable = next((s for s in stories if not s.is_prerelease), None)
        looked_at += [Version(stable.version)] if stable is not None else []
    ways = [] if written is None else list(islice(written.paths(name), MAX_PATHS + 1))
    return Why(
        package=name,
        target=target.name,
        description=target.describe(),
        paths=tuple(ways[:MAX_PATHS]),
        more_paths=len(ways) > MAX_PATHS,
        as_written=as_written,
        versions=stories,
        files=tuple(_files(package, version, index) for version in looked_at),
    )


def _stories(
    package: PackageFacts,
    facts: Facts,
    judge: Judge,
    askers: Sequence[Asker],
    looked_at: Collection[Version],
) -> Iterator[VersionStory]:
    unread = 0
    for number in indexes(package.everything):
        version = package.versions[number]
        listed = package.verdict(0, number)
        verdict = judge.known(package.name, 0, number)
        if isinstance(verdict, rejection.OnlySource) and isinstance(listed, Candidate):
            unread += 1
            if unread <= READ_SOURCES or version in looked_at:
                verdict = judge.verdict(package.name, 0, number)
        yield VersionStory(
            version=str(version),
            date=package.date(number),
            works=isinstance(verdict, Candidate),
            reason=_reason(verdict, package.release(number), facts),
            conflicts=tuple(
                dict.fromkeys(
                    asker.said
                    for asker in askers
                    if not package.matching(asker.specifier) >> number & 1
                )
            ),
            is_prerelease=bool(package.prereleases >> number & 1),
        )


def _reason(verdict: Verdict, release: Release, facts: Facts) -> str:
    """What stands for or against a version, to follow its name."""
    if not isinstance(verdict, Candidate):
        said = rejection_phrase(verdict, {target.name: target for target in facts.targets})
        return f"{said} (not read)" if isinstance(verdict, rejection.OnlySource) else said
    if not verdict.is_wheel:
        return "is plain Python source, which pip builds without a compiler"
    if verdict.file.suffix.endswith("-none-any"):
        return "has a pure wheel"
    served = wheel_pythons([file.suffix for file in release.wheels], facts.targets[0])
    return f"has a wheel (its wheels: {served})"


def _files(package: PackageFacts, version: Version, index: OpenIndex) -> Files:
    number = package.index_of[version]
    release = package.release(number)
    suffixes = [file.suffix for file in release.wheels]
    pure = [suffix for suffix in suffixes if suffix.endswith("-none-any")]
    built = [suffix for suffix in suffixes if suffix not in pure]
    served = (wheel_pythons(built, parse_target(f"cp313-{place}")) for place in PLATFORMS)
    wheels = [line for line in served if not line.startswith("none on ")]
    if pure:
        wheels.append(wheel_pythons(pure, parse_target("cp313-any")))
    building = building_of(index, release) if release.sdists else None
    return Files(str(version), package.date(number), tuple(wheels), building)
