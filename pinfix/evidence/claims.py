"""Whether a rule is true: its claims, and what it takes for granted, held against an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.errors import UnusableFileError
from pinfix.evidence.breaking import check_breaks, is_at_the_bound
from pinfix.evidence.building import Building, building_of
from pinfix.evidence.releases import (
    UntrueError,
    found,
    has_wheel,
    is_left,
    linux_target,
    named,
    newest,
    stable,
    within,
)
from pinfix.index.repair import parse_requires_dist
from pinfix.records import record
from pinfix.resolve.facts import PackageFacts, holds
from pinfix.rulebook.claim import (
    Breaks,
    Claim,
    Missing,
    Needs,
    Renamed,
    Requires,
    SameImport,
    Wheels,
)
from pinfix.rulebook.rule import Rule, replacement_of
from pinfix.targets.coverage import wheel_pythons

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from pinfix.index.listing import Listing, Release
    from pinfix.index.metadata import Metadata
    from pinfix.index.protocol import OpenIndex

# Where markers are evaluated for what a claim says of no Python.
_ANY_PYTHON = "3.12"
# What a package says that gave way to another one.
_GONE = re.compile(
    r"deprecat|renam|instead|moved|replac|supersed|placeholder|dummy|alias|use ", re.IGNORECASE
)


@record
class Finding:
    """What came of one claim: whether it ``holds``, and what the index shows of it, in words."""

    holds: bool
    said: str


def check_rule(rule: Rule, claims: Sequence[Claim], index: OpenIndex) -> tuple[Finding, ...]:
    """What an index shows of a rule: of what it takes for granted first, then of each claim.

    What a program does when it runs (``Breaks``) is not run: the versions are looked up.
    Raises IndexUnavailableError.
    """
    return tuple(_Check(rule, claims, index).findings())


class _Check:
    def __init__(self, rule: Rule, claims: Sequence[Claim], index: OpenIndex) -> None:
        self._rule = rule
        self._claims = claims
        self._index = index

    def findings(self) -> Iterator[Finding]:
        yield from self._finding(self._granted)
        for claim in self._claims:
            yield from self._finding(lambda claim=claim: self._claim(claim))  # type: ignore[misc]
        if not self._claims:
            yield Finding(holds=False, said="it makes no claim that could be checked")
        broken = [claim for claim in self._claims if isinstance(claim, Breaks)]
        if broken and not any(is_at_the_bound(claim, self._index) for claim in broken):
            yield Finding(
                holds=False,
                said="between what breaks and what works there are other releases, in every claim",
            )

    def _finding(self, check: Callable[[], str]) -> Iterator[Finding]:
        try:
            said = check()
        except (UntrueError, UnusableFileError) as error:
            yield Finding(holds=False, said=str(error))
        else:
            if said:
                yield Finding(holds=True, said=said)

    # -- what every rule takes for granted ---------------------------------------------------

    def _granted(self) -> str:
        rule = self._rule
        if any(isinstance(claim, Missing) for claim in self._claims):
            return ""
        listing = self._found(rule.package)
        for watched in rule.wheels_of:
            if not any(within(self._found(watched.name), watched.versions)):
                raise UntrueError(f"it watches nothing: {watched} has no release")
        if rule.matches is not None and not any(within(listing, rule.matches)):
            raise UntrueError(f"it matches nothing: {rule.package} has no version {rule.matches}")
        if rule.beside is not None and rule.beside_versions is not None:
            beside = self._found(rule.beside)
            if not any(within(beside, rule.beside_versions)):
                raise UntrueError(
                    f"it matches nothing: {rule.beside} has no version {rule.beside_versions}"
                )
        replacement = replacement_of(rule)
        if replacement is not None:
            other = self._found(canonicalize_name(replacement.name))
            if not any(within(other, replacement.specifier)):
                raise UntrueError(f"the index has no {replacement}")
        if rule.action == "drop-extras":
            self._extras(listing)
        return self._cap(listing) if rule.action == "cap" else ""

    def _extras(self, listing: Listing) -> None:
        release = newest(listing, self._rule.matches or SpecifierSet())
        provided = self._metadata(release).provides_extra
        for extra in self._rule.extras:
            if extra not in provided:
                raise UntrueError(f"{named(listing, release)} has no extra {extra}")

    def _cap(self, listing: Listing) -> str:
        rule = self._rule
        left = self._left(listing)
        if all(is_left(rule, release.version) for release in stable(listing)):
            raise UntrueError(f"it excludes nothing: every {rule.package} is {rule.versions}")
        suffixes = [file.suffix for file in left.wheels]
        served = wheel_pythons(suffixes, linux_target(_ANY_PYTHON)) if suffixes else "no wheel"
        return f"leaves {named(listing, left)}: {served}"

    def _left(self, listing: Listing) -> Release:
        """The newest release that the rule leaves."""
        for release in stable(listing):
            if is_left(self._rule, release.version):
                return release
        raise UntrueError(f"no release of {listing.name} is {self._rule.versions}")

    # -- claims ------------------------------------------------------------------------------

    def _claim(self, claim: Claim) -> str:
        match claim:
            case Needs():
                return self._needs(claim)
            case Requires():
                return self._requires(claim)
            case Wheels():
                return self._wheels(claim)
            case SameImport():
                return self._same_import(claim)
            case Renamed():
                return self._renamed(claim)
            case Missing():
                return self._missing()
            case Breaks():
                return check_breaks(self._rule, claim, self._index)

    def _needs(self, claim: Needs) -> str:
        listing = self._found(claim.package)
        since, before = self._around(listing, claim.since)
        now = self._building(listing, since)
        if not _takes(now, claim):
            raise UntrueError(f"{named(listing, since)} needs no {claim.need} ({now})")
        if before is None:
            return f"{claim.package} needs {claim.need} in every release ({now})"
        then = self._building(listing, before)
        if _takes(then, claim):
            raise UntrueError(f"{named(listing, before)} needs {claim.need} already ({then})")
        self._at_the_bound(claim.package, since, before)
        return (
            f"{named(listing, since)} needs {claim.need} ({now.shown_by}), "
            f"{before.version} does not ({then.shown_by})"
        )

    def _requires(self, claim: Requires) -> str:
        listing = self._found(claim.package)
        since, before = self._around(listing, claim.since)
        asked = self._asking(since, claim)
        if not asked:
            raise UntrueError(f"{named(listing, since)} does not require {claim.requirement}")
        if before is None:
            return f"{named(listing, since)}, the first, requires {asked[0]}"
        already = self._asking(before, claim)
        if already:
            raise UntrueError(f"{named(listing, before)} requires {already[0]} already")
        self._at_the_bound(claim.package, since, before)
        return f"{named(listing, since)} requires {asked[0]}, {before.version} does not"

    def _wheels(self, claim: Wheels) -> str:
        listing = self._found(claim.package)
        release = self._wheel_release(listing, claim)
        targets = [linux_target(python, claim.platform) for python in claim.pythons]
        package = PackageFacts(listing, targets)
        number = package.index_of[release.version]
        without = [
            python for at, python in enumerate(claim.pythons) if not has_wheel(package, at, number)
        ]
        if without:
            raise UntrueError(
                f"{named(listing, release)} has no wheel for Python {', '.join(without)} "
                f"on {claim.platform}"
            )
        return f"{named(listing, release)} has wheels for Python {', '.join(claim.pythons)}"

    def _wheel_release(self, listing: Listing, claim: Wheels) -> Release:
        replacement = replacement_of(self._rule)
        if replacement is not None and canonicalize_name(replacement.name) == claim.package:
            return newest(listing, replacement.specifier)
        if self._rule.action == "cap" and claim.package == self._rule.package:
            return self._left(listing)
        return newest(listing, SpecifierSet())

    def _same_import(self, claim: SameImport) -> str:
        replacement = replacement_of(self._rule)
        assert replacement is not None  # the parser has seen to it
        for name in (self._rule.package, canonicalize_name(replacement.name)):
            listing = self._found(name)
            release = newest(listing, SpecifierSet())
            file = next(iter((*release.wheels, *release.sdists)))
            missing = set(claim.modules) - self._index.contents(file).modules
            if missing:
                raise UntrueError(f"{file.filename} does not bring {', '.join(sorted(missing))}")
        modules = ", ".join(claim.modules)
        return f"{self._rule.package} and {replacement.name} both bring {modules}"

    def _renamed(self, claim: Renamed) -> str:
        listing = self._found(self._rule.package)
        self._found(claim.name)
        release = newest(listing, SpecifierSet())
        for text in self._requirements(release):
            if canonicalize_name(parse_requires_dist(text).name) == claim.name:
                return f"{named(listing, release)} requires {text}"
        file = next(iter((*release.wheels, *release.sdists)))
        for name, text in self._index.contents(file).texts.items():
            for line in text.splitlines():
                if claim.name in _canonical_words(line) and _GONE.search(text):
                    return f'{file.filename}, {name}: "{line.strip()[:120]}"'
        raise UntrueError(f"{file.filename} says nothing of {claim.name}")

    def _missing(self) -> str:
        name = self._rule.package
        if self._index.listing(name).found:
            raise UntrueError(f"{name} is on the index")
        return f"{name} is not on the index"

    # -- what the index says -----------------------------------------------------------------

    def _at_the_bound(self, package: NormalizedName, since: Release, before: Release) -> None:
        """A cap's own bound must be where the claim's is."""
        if self._rule.action != "cap" or package != self._rule.package:
            return
        if is_left(self._rule, since.version):
            raise UntrueError(f"the rule leaves {package} {since.version}")
        if not is_left(self._rule, before.version):
            raise UntrueError(f"the rule excludes {package} {before.version} too")

    def _found(self, name: NormalizedName) -> Listing:
        return found(self._index, name)

    def _around(self, listing: Listing, version: Version) -> tuple[Release, Release | None]:
        """A release, and the one before it; None where it is the first."""
        older = [release for release in stable(listing) if release.version <= version]
        if not older or older[0].version != version:
            raise UntrueError(f"{listing.name} {version} is not on the index")
        return older[0], older[1] if len(older) > 1 else None

    def _building(self, listing: Listing, release: Release) -> Building:
        building = building_of(self._index, release)
        if building is None:
            raise UntrueError(f"{named(listing, release)} has no files")
        if building.kind == "unknown":
            raise UntrueError(f"{named(listing, release)}: {building}, so nobody can tell")
        return building

    def _asking(self, release: Release, claim: Requires) -> list[str]:
        """What a release requires that the claimed requirement admits all of."""
        admitted = claim.requirement.specifier.to_range()
        asked = []
        for text in self._requirements(release):
            requirement = parse_requires_dist(text)
            if canonicalize_name(requirement.name) != canonicalize_name(claim.requirement.name):
                continue
            if _is_asked(requirement, claim.extra) and requirement.specifier.to_range().is_subset(
                admitted
            ):
                asked.append(text)
        return asked

    def _requirements(self, release: Release) -> tuple[str, ...]:
        if release.wheels:
            return self._metadata(release).requires_dist
        return self._index.sdist_facts(release.sdists[0]).requires_dist or ()

    def _metadata(self, release: Release) -> Metadata:
        if not release.wheels:
            raise UntrueError(f"{release.sdists[0].filename} has no wheel beside it to tell")
        return self._index.metadata(min(release.wheels, key=lambda file: file.size or 0))


def _takes(building: Building, claim: Needs) -> bool:
    return building.kind == "rust" if claim.need == "rust" else building.needs_compiler


def _is_asked(requirement: Requirement, extra: str) -> bool:
    """Whether a Requires-Dist is of this extra; with "" whether it is of none."""
    marker = requirement.marker
    if marker is None:
        return not extra
    target = linux_target(_ANY_PYTHON)
    always = holds(marker, target, otherwise=False)
    return not always and holds(marker, target, extra, otherwise=False) if extra else always


def _canonical_words(line: str) -> set[str]:
    return {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9][A-Za-z0-9._-]*", line)}
