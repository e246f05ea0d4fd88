"""What each target makes of a version: the listing, the rules, the limits and the files read together.

``PackageFacts`` says what a listing offers; the judge says what may be taken of it, and reads a
source distribution or metadata where that decides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from pinfix.errors import UnusableFileError
from pinfix.resolve import rejection as why
from pinfix.resolve.facts import NO_EXTRA, Candidate, Facts, PackageFacts, Verdict
from pinfix.resolve.too_new import too_new
from pinfix.resolve.version_set import indexes

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.resolve.demand import Policy
    from pinfix.resolve.rejection import Rejection
    from pinfix.rulebook.apply import Cap
    from pinfix.rulebook.rule import Rule

# How many source distributions of a package speak for its older ones.
SAMPLE: Final = 3
# Says why one version of a package is out on one target, or None.
Limit = Callable[[PackageFacts, int, int], "Rejection | None"]
# The caps on a package (by name) on a target (by its index).
Caps = Callable[["NormalizedName", int], "Iterable[Cap]"]


class Judge:
    """Verdicts, each made when first asked for, and made again where what they rest on changes."""

    def __init__(self, facts: Facts, policy: Policy, caps: Caps) -> None:
        self.facts = facts
        self.policy = policy
        self.admitted = 0  # grows whenever a verdict may become milder
        self._caps = caps
        self._limits: dict[NormalizedName, dict[str, Limit]] = {}
        self._verdicts: dict[NormalizedName, dict[tuple[int, int], Verdict]] = {}
        self._states: dict[NormalizedName, int] = {}
        self._named: dict[NormalizedName, int] = {}
        self._samples: dict[tuple[NormalizedName, int], list[int]] = {}

    def limit(self, name: NormalizedName, key: str, limit: Limit) -> None:
        """Put a limit on a package; ``key`` names it, for ``lift``."""
        self._limits.setdefault(name, {})[key] = limit
        self.forget(name)

    def lift(self, name: NormalizedName, key: str) -> None:
        """Take a limit away again."""
        if self._limits.get(name, {}).pop(key, None) is not None:
            self.admitted += 1
            self.forget(name)

    def name_outright(self, name: NormalizedName, mask: int) -> None:
        """Take note that an exact specifier names these versions: they count even if yanked (PEP 592)."""
        if mask & ~self._named.get(name, 0):
            self._named[name] = self._named.get(name, 0) | mask
            self.admitted += 1
            self.forget(name)

    def forget(self, name: NormalizedName) -> None:
        """Have the verdicts on a package made again: what they rest on has changed."""
        self._verdicts.pop(name, None)
        self._states[name] = self.state_of(name) + 1

    def state_of(self, name: NormalizedName) -> int:
        """A number that is another one whenever what is made of a package may be."""
        return self._states.get(name, 0)

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
        package = self.facts.package(name)
        listed = self._judge_listed(package, target, index)
        if not isinstance(listed, Candidate) or listed.is_wheel:
            return listed
        if package.is_compiled(index):
            return self._compiled_elsewhere(package, target, index)
        return why.OnlySource(self.facts.targets[target].name)

    def is_out(self, name: NormalizedName, target: int, index: int) -> bool:
        """Whether it is known that a version is no candidate whatever a search finds.

        What only a constraint is against, or counts once a specifier names it, may become one. No
        file is read to tell.
        """
        package = self.facts.package(name)
        listed = self._judge_listed(package, target, index)
        if not isinstance(listed, Candidate):
            return not isinstance(listed, why.Constrained | why.Yanked)
        return not listed.is_wheel and package.built_by is None and package.is_compiled(index)

    def yanked(self, name: NormalizedName, target: int, index: int) -> why.Yanked | None:
        """Why the file that a target would install of a version was yanked; None where it was not."""
        verdict = self.facts.package(name).verdict(target, index)
        yanked = verdict.yanked if isinstance(verdict, Candidate) else None
        return None if yanked is None else why.Yanked(yanked)

    def behind_compiled(self, name: NormalizedName, target: int, index: int) -> Rejection | None:
        """What would speak against a source distribution if no specifier named its version."""
        package = self.facts.package(name)
        verdict = package.verdict(target, index)
        if not isinstance(verdict, Candidate) or verdict.is_wheel or package.built_by is not None:
            return None
        return self._compiled_before(package, target, index)

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
            try:
                refused = self._judge_sdist(package, target, index, verdict)
            except UnusableFileError as error:
                refused = why.MetadataUnusable(str(error))
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
        newer = too_new(verdict.file, self.policy.exclude_newer)
        if newer is not None:
            return newer
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
            return self._compiled_elsewhere(package, target, index)
        if self.policy.strict_wheels:
            return why.SdistRefused(name, "--strict-wheels")
        origin = self.facts.formats.wheels_only(package.name)
        if origin is not None:
            return why.SdistRefused(name, f"--only-binary ({origin})")
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

    def _compiled_elsewhere(self, package: PackageFacts, target: int, index: int) -> why.NoWheel:
        """The release has wheels for other platforms: its sdist has to be compiled here."""
        suffixes = tuple(file.suffix for file in package.release(index).wheels)
        return why.NoWheel(self.facts.targets[target].name, suffixes, has_sdist=True)

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

    def is_named(self, name: NormalizedName, index: int) -> bool:
        """Whether an exact specifier that was met names a version."""
        return bool(self._named.get(name, 0) >> index & 1)
