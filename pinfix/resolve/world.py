"""What the solver may choose from, and in which order: the wheels, under the rules.

A ``World`` answers the provider's two questions, which version of a package next and what it
pulls in. ``WheelWorld`` is the world pinfix plans in; ``pip_world`` has the one pip would see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from packaging.version import Version

from pinfix.errors import UnusableFileError
from pinfix.resolve import rejection as why
from pinfix.resolve.facts import NO_EXTRA, Candidate, Dependency, Facts, PackageFacts, Verdict
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.resolve.demand import Policy
    from pinfix.resolve.rejection import Rejection
    from pinfix.rulebook.apply import Cap
    from pinfix.rulebook.rule import Rule

# From this many versions of a package tried on, more of them are fetched than were asked for.
MIN_TRIES: Final = 2
AHEAD_PER_TRY: Final = 8
# How many source distributions of a package speak for its older ones.
SAMPLE: Final = 3
SOURCES_PER_TRY: Final = 2
# Says why one version of a package is out on one target, or None.
Limit = Callable[[PackageFacts, int, int], "Rejection | None"]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """No version in ``mask`` of ``name`` beside this one: what a rule with ``beside`` comes to."""

    name: NormalizedName
    mask: int
    own_mask: int
    cap: Cap


class World(Protocol):
    """What the provider asks of the world it solves in. ``target`` and ``index`` are indexes."""

    facts: Facts

    def shares(self, name: NormalizedName) -> bool:
        """Whether every target gets the same version of a package."""
        ...

    def choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        """The version to try first among those in ``mask``, or None where none will do."""
        ...

    def dependencies(
        self, name: NormalizedName, target: int, index: int, extra: str
    ) -> Iterable[Dependency]:
        """What a version, or one of its extras, pulls in."""
        ...

    def exclusions(self, name: NormalizedName, target: int, index: int) -> Iterable[Exclusion]:
        """What must not stand beside a version."""
        ...


class WheelWorld:
    """Every version with a wheel for its target, newest first; plain sdists where no wheel will do."""

    def __init__(
        self,
        facts: Facts,
        policy: Policy,
        *,
        caps: Callable[[NormalizedName, int], Iterable[Cap]] = lambda _name, _target: (),
        beside: Callable[[NormalizedName, int], Iterable[Cap]] = lambda _name, _target: (),
        external: frozenset[NormalizedName] = frozenset(),
    ) -> None:
        """``caps`` are the rule book's for a package on a target; ``beside`` those that a package
        puts on others; ``external`` packages come from a direct URL, out of the index's reach.
        """
        self.facts = facts
        self.policy = policy
        self.external = external
        self.unshared: frozenset[NormalizedName] = frozenset()
        self._caps = caps
        self._beside = beside
        self._limits: dict[NormalizedName, dict[str, Limit]] = {}
        self._verdicts: dict[NormalizedName, dict[tuple[int, int], Verdict]] = {}
        self._wanted_prereleases: dict[NormalizedName, int] = {}
        self._named_prereleases: dict[NormalizedName, int] = {}
        self._pinned: dict[NormalizedName, int] = {}
        self._near: dict[NormalizedName, int] = {}
        self._samples: dict[tuple[NormalizedName, int], list[int]] = {}
        self._tried: dict[tuple[NormalizedName, int], set[int]] = {}

    # -- what the search may set -----------------------------------------------------------

    def limit(self, name: NormalizedName, key: str, limit: Limit) -> None:
        """Put a limit on a package; ``key`` names it, for ``lift``."""
        self._limits.setdefault(name, {})[key] = limit
        self._forget(name)

    def lift(self, name: NormalizedName, key: str) -> None:
        """Take a limit away again."""
        if self._limits.get(name, {}).pop(key, None) is not None:
            self._forget(name)

    def ask(self, name: NormalizedName, specifier: SpecifierSet) -> None:
        """Take note that the user wrote this specifier: it may name a pre-release or a yanked one."""
        self._admit(self._wanted_prereleases, name, specifier)

    def prefer_near(self, name: NormalizedName, index: int) -> None:
        """Try the versions nearest to this one first (``--prefer nearest``)."""
        self._near[name] = index

    # -- what the provider asks ------------------------------------------------------------

    def shares(self, name: NormalizedName) -> bool:
        return name not in self.unshared

    def choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        package = self.facts.package(name)
        mask &= package.everything
        for allowed in self._by_admission(package, mask):
            for wanted in (_is_wheel, _is_sdist):
                chosen = self._first(package, target, allowed, wanted)
                if chosen is not None:
                    return chosen
        return None

    def dependencies(
        self, name: NormalizedName, target: int, index: int, extra: str
    ) -> tuple[Dependency, ...]:
        found = self.facts.dependencies(name, target, index, extra)
        for dependency in found:
            self._admit(self._named_prereleases, dependency.name, dependency.specifier)
        if self.external:
            return tuple(d for d in found if d.name not in self.external)
        return found

    def exclusions(self, name: NormalizedName, target: int, index: int) -> Iterable[Exclusion]:
        for cap in self._beside(name, target):
            own = self.facts.package(name)
            own_mask = (
                own.everything if cap.beside_versions is None else own.matching(cap.beside_versions)
            )
            if own_mask >> index & 1:
                other = self.facts.package(cap.package)
                yield Exclusion(
                    cap.package, other.everything & ~other.matching(cap.left), own_mask, cap
                )

    def left_by_rules(self, name: NormalizedName, target: int) -> int:
        """The mask of the versions that the rules leave of a package."""
        package = self.facts.package(name)
        mask = package.everything
        for cap in self._caps(name, target):
            mask &= package.matching(cap.left)
        return mask

    def rule_against(self, name: NormalizedName, target: int, index: int) -> Rule | None:
        """The rule that does not leave this version; None where all do."""
        package = self.facts.package(name)
        for cap in self._caps(name, target):
            if not package.matching(cap.left) >> index & 1:
                return cap.rule
        return None

    # -- verdicts --------------------------------------------------------------------------

    def verdict(self, name: NormalizedName, target: int, index: int) -> Verdict:
        """The candidate for one version on one target, or why there is none, rules included."""
        verdicts = self._verdicts.setdefault(name, {})
        known = verdicts.get((target, index))
        if known is None:
            known = self._judge(self.facts.package(name), target, index)
            verdicts[target, index] = known
        return known

    def known(self, name: NormalizedName, target: int, index: int) -> Verdict:
        """The verdict as far as it is known: for an explanation, nothing is fetched."""
        made = self._verdicts.get(name, {}).get((target, index))
        if made is not None:
            return made
        listed = self._judge_listed(self.facts.package(name), target, index)
        if isinstance(listed, Candidate) and not listed.is_wheel:
            return why.OnlySource(self.facts.targets[target].name)
        return listed

    def is_named(self, name: NormalizedName, index: int) -> bool:
        """Whether an exact specifier names this version, which admits it even if yanked (PEP 592)."""
        return bool(self._pinned.get(name, 0) >> index & 1)

    def usable(self, name: NormalizedName, targets: Iterable[int], mask: int) -> int:
        """The versions in ``mask`` that every one of these targets has a wheel for."""
        package = self.facts.package(name)
        for target in targets:
            mask &= sum(
                1 << index
                for index in package.wheels_only(target, mask)
                if isinstance(self.verdict(name, target, index), Candidate)
            )
        return mask

    def _judge(self, package: PackageFacts, target: int, index: int) -> Verdict:
        verdict = self._judge_listed(package, target, index)
        if not isinstance(verdict, Candidate):
            return verdict
        if not verdict.is_wheel:
            refused = self._judge_sdist(package, target, index, verdict)
            if refused is not None:
                return refused
        return self._readable(package.name, target, index) or verdict

    def _judge_listed(self, package: PackageFacts, target: int, index: int) -> Verdict:
        """What the rules, the limits and the listing say, before a file has to be read."""
        rule = self.rule_against(package.name, target, index)
        if rule is not None:
            return why.RuledOut(rule)
        verdict = package.verdict(target, index)
        if not isinstance(verdict, Candidate):
            return verdict
        for limit in self._limits.get(package.name, {}).values():
            rejected = limit(package, target, index)
            if rejected is not None:
                return rejected
        if verdict.yanked is not None and not self.is_named(package.name, index):
            return why.Yanked(verdict.yanked)
        return verdict

    def _judge_sdist(
        self, package: PackageFacts, target: int, index: int, candidate: Candidate
    ) -> Rejection | None:
        name = self.facts.targets[target].name
        if package.built_by is not None:
            source = self.facts.source(candidate)
            if source.kind == "pure":
                return None
            return why.BuildOrdered(name, package.built_by, source.kind, source.shown_by)
        if package.is_compiled(index):
            suffixes = tuple(file.suffix for file in package.release(index).wheels)
            return why.NoWheel(name, suffixes, has_sdist=True)
        if self.policy.strict_wheels:
            return why.SdistRefused(name, "--strict-wheels")
        if self.facts.formats.wheels_only(package.name):
            return why.SdistRefused(name, "--only-binary")
        if not self.is_named(package.name, index):
            newer = self._compiled_before(package, target, index)
            if newer is not None:
                return newer
        source = self.facts.source(candidate)
        if source.kind != "pure":
            return why.NeedsCompiler(name, source.kind, source.shown_by)
        below = source.python_below
        if below is not None and self.facts.targets[target].python_version >= Version(below):
            return why.BuildFails(name, below, source.shown_by)
        return None

    def _compiled_before(self, package: PackageFacts, target: int, index: int) -> Rejection | None:
        """What the newest source distributions need, where all of them need a compiler.

        Then the older ones do too: reading each of fifty to be sure of it takes minutes, and a
        version from before a project had anything to compile is no answer today.
        """
        name = self.facts.targets[target].name
        found = None
        for shown in self._newest_sources(package, target):
            verdict = package.verdict(target, shown)
            if shown >= index or not isinstance(verdict, Candidate):
                return None
            source = self.facts.source(verdict)
            if source.kind == "pure":
                return None
            shown_by = f"as {package.versions[shown]} shows: {source.shown_by}"
            found = why.NeedsCompiler(name, source.kind, shown_by)
        return found

    def _newest_sources(self, package: PackageFacts, target: int) -> list[int]:
        """The newest versions that the target could only have from an sdist; SAMPLE of them."""
        key = (package.name, target)
        if key not in self._samples:
            sources = (
                index
                for index in indexes(package.everything & ~package.prereleases)
                if isinstance(verdict := package.verdict(target, index), Candidate)
                and not verdict.is_wheel
                and not package.is_compiled(index)
            )
            self._samples[key] = list(islice(sources, SAMPLE))
        return self._samples[key]

    def _readable(self, name: NormalizedName, target: int, index: int) -> Rejection | None:
        try:
            self.facts.dependencies(name, target, index, NO_EXTRA)
        except UnusableFileError as error:
            return why.MetadataUnusable(str(error))
        return None

    # -- order -----------------------------------------------------------------------------

    def _by_admission(self, package: PackageFacts, mask: int) -> Iterable[int]:
        """The versions that may be tried: first the releases, then pre-releases that a dependency names.

        A pre-release that the user's own specifier names stands among the releases (PEP 440).
        """
        if self.policy.allow_prereleases or not package.prereleases:
            yield mask
            return
        wanted = self._wanted_prereleases.get(package.name, 0)
        yield mask & (~package.prereleases | wanted)
        named = mask & package.prereleases & self._named_prereleases.get(package.name, 0) & ~wanted
        if named:
            yield named

    def _first(
        self, package: PackageFacts, target: int, mask: int, wanted: Callable[[Candidate], bool]
    ) -> int | None:
        others = [t for t in range(len(self.facts.targets)) if t != target]
        fallback = None
        for index in self._ordered(package.name, mask):
            # What cannot be wanted is passed over before a verdict that may have to read a file.
            bare = package.verdict(target, index)
            if not isinstance(bare, Candidate) or not wanted(bare):
                continue
            if not isinstance(self.verdict(package.name, target, index), Candidate):
                self._read_ahead(package, target, index, mask)
                continue
            self._read_ahead(package, target, index, mask)
            if all(isinstance(package.verdict(other, index), Candidate) for other in others):
                return index
            fallback = index if fallback is None else fallback
        # One that serves this target only: the package may not be needed on the others.
        return fallback

    def _read_ahead(self, package: PackageFacts, target: int, index: int, mask: int) -> None:
        """A version was tried. Where one after the other is, the next ones are fetched at once.

        Each time the number of tries doubles, so does what is fetched ahead of the need.
        """
        tried = self._tried.setdefault((package.name, target), set())
        if index in tried:
            return
        tried.add(index)
        count = len(tried)
        if count < MIN_TRIES or count & (count - 1):
            return
        rest = mask & package.everything & (-1 << index + 1)
        wheels, sources = [], []
        for later in islice(indexes(rest), AHEAD_PER_TRY * count):
            verdict = package.verdict(target, later)
            if isinstance(verdict, Candidate) and verdict.is_wheel:
                wheels.append(verdict.file)
            elif isinstance(verdict, Candidate) and not package.is_compiled(later):
                sources.append(verdict.file)
        # Reading a source distribution takes a hundred times as long as reading metadata.
        self.facts.index.prefetch_metadata(wheels + sources[: SOURCES_PER_TRY * count])

    def _ordered(self, name: NormalizedName, mask: int) -> Iterable[int]:
        near = self._near.get(name)
        if near is None:
            return indexes(mask)
        return sorted(indexes(mask), key=lambda index: (abs(index - near), index))

    # -- admissions ------------------------------------------------------------------------

    def _admit(
        self, prereleases: dict[NormalizedName, int], name: NormalizedName, specifier: SpecifierSet
    ) -> None:
        """Take note of what a specifier names outright: pre-releases (PEP 440), yanked ones (PEP 592)."""
        exact = names_one_version(specifier)
        if not exact and not specifier.prereleases:
            return
        package = self.facts.package(name)
        matching = package.matching(specifier)
        if specifier.prereleases:
            prereleases[name] = prereleases.get(name, 0) | matching & package.prereleases
        if exact and matching & ~self._pinned.get(name, 0):
            self._pinned[name] = self._pinned.get(name, 0) | matching
            self._forget(name)

    def _forget(self, name: NormalizedName) -> None:
        self._verdicts.pop(name, None)


def names_one_version(specifier: SpecifierSet) -> bool:
    """Whether a specifier set is one exact version: ``==X`` without a wildcard, or ``===X``."""
    clauses = list(specifier)
    return len(clauses) == 1 and (
        clauses[0].operator == "==="
        or (clauses[0].operator == "==" and not clauses[0].version.endswith(".*"))
    )


def _is_wheel(candidate: Candidate) -> bool:
    return candidate.is_wheel


def _is_sdist(candidate: Candidate) -> bool:
    return not candidate.is_wheel
