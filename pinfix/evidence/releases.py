"""The releases of a package that count as evidence, and the targets that they are held against."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packaging.version import Version

from pinfix.resolve.facts import Candidate, PackageFacts
from pinfix.rulebook.claim import DEFAULT_PLATFORM
from pinfix.rulebook.rule import Rule, left_by
from pinfix.targets.target import parse_target

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.index.listing import Listing, Release
    from pinfix.index.protocol import OpenIndex
    from pinfix.targets.target import Target


class UntrueError(Exception):
    """Something that a rule says is not so; the message is what is so instead."""


def found(index: OpenIndex, name: NormalizedName) -> Listing:
    """The listing of a project that is there. Raises UntrueError where it is not."""
    listing = index.listing(name)
    if not listing.found:
        raise UntrueError(f"{name} is not on the index")
    return listing


def stable(listing: Listing) -> Iterator[Release]:
    """The releases that count, newest first: not yanked, no pre-releases where there are others."""
    releases = [
        release
        for release in listing.releases.values()
        if any(file.yanked is None for file in (*release.wheels, *release.sdists))
    ]
    final = [release for release in releases if not release.version.is_prerelease]
    yield from final or releases


def within(listing: Listing, specifier: SpecifierSet) -> Iterator[Release]:
    """Those that a specifier admits, newest first."""
    for release in stable(listing):
        if specifier.contains(release.version, prereleases=True):
            yield release


def newest(listing: Listing, specifier: SpecifierSet) -> Release:
    """The newest that a specifier admits. Raises UntrueError where there is none."""
    for release in within(listing, specifier):
        return release
    raise UntrueError(f"no release of {listing.name} is {specifier}")


def is_left(rule: Rule, version: Version) -> bool:
    """Whether a cap leaves a version of its package."""
    return left_by(rule).contains(version, prereleases=True)


def has_wheel(package: PackageFacts, target: int, index: int) -> bool:
    """Whether a target would install a version from a wheel that is not yanked."""
    verdict = package.verdict(target, index)
    return isinstance(verdict, Candidate) and verdict.is_wheel and verdict.yanked is None


def linux_target(python: str, platform: str = DEFAULT_PLATFORM) -> Target:
    """The target of a Python: ``3.13``, or ``3.12.4`` where the patch release matters."""
    major, minor, *patch = python.split(".")
    return parse_target(f"cp{major}{minor}-{platform}", python=python if patch else None)


def pinned(pin: Requirement) -> Version:
    """The version of a requirement that is a pin."""
    return next(Version(specifier.version) for specifier in pin.specifier)


def named(listing: Listing, release: Release) -> str:
    """``bcrypt 4.0.0``."""
    return f"{listing.name} {release.version}"
