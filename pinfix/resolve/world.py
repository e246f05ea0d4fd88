"""What the solver may choose from, and in which order: the wheels, under the rules.

A ``World`` answers the provider's two questions, which version of a package next and what it
pulls in. ``WheelWorld`` is the world pinfix plans in; ``pip_view`` has the one pip would see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

from pinfix.index.requires_dist import names_one_version, names_outright
from pinfix.records import record
from pinfix.resolve import rejection as why
from pinfix.resolve.facts import Candidate, Facts, PackageFacts
from pinfix.resolve.judge import Caps, Judge
from pinfix.resolve.node import Node
from pinfix.resolve.version_set import VersionSet, indexes

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.index.listing import DistFile
    from pinfix.index.requires_dist import Dependency
    from pinfix.resolve.demand import Policy
    from pinfix.resolve.rejection import Rejection
    from pinfix.rulebook.apply import Cap

# From this many versions of a package tried on, more of them are fetched than were asked for.
MIN_TRIES: Final = 2
AHEAD_PER_TRY: Final = 8
SOURCES_PER_TRY: Final = 2


@record
class Exclusion:
    """No version in ``mask`` of ``name`` beside this one: what a rule with ``beside`` comes to."""

    name: NormalizedName
    mask: int
    own_mask: int
    cap: Cap


class World(Protocol):
    """What the provider asks of the world it solves in. ``target`` and ``index`` are indexes.

    ``pulled_in`` has what the provider made of it, for all searches in this world.
    """

    facts: Facts
    pulled_in: dict[tuple[Node, int], Mapping[Node, VersionSet]]

    def sharing(self, name: NormalizedName, target: int) -> Sequence[int]:
        """The targets that get the same version of a package as this one, which is among them."""
        ...

    def choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        """The version to try first among those in ``mask``, or None where none will do."""
        ...

    def is_out(self, name: NormalizedName, target: int, index: int) -> bool:
        """Whether it is known, before any file is read, that a version will never do."""
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
    """Every version with a wheel for its target, newest first; plain sdists where no wheel will do.

    A world belongs to one search, which sets its limits and takes note of what was asked in it.
    """

    def __init__(
        self,
        facts: Facts,
        policy: Policy,
        *,
        caps: Caps = lambda _name, _target: (),
        beside: Caps = lambda _name, _target: (),
        external: frozenset[NormalizedName] = frozenset(),
    ) -> None:
        """``caps`` are the rule book's for a package on a target; ``beside`` those that a package
        puts on others; ``external`` packages come from a direct URL, out of the index's reach.
        """
        self.facts = facts
        self.policy = policy
        self.judge = Judge(facts, policy, caps)
        self.external = external
        self.pulled_in: dict[tuple[Node, int], Mapping[Node, VersionSet]] = {}
        self.unshared: frozenset[NormalizedName] = frozenset()
        self.groups: Mapping[NormalizedName, Mapping[int, tuple[int, ...]]] = {}
        self._all_targets = tuple(range(len(facts.targets)))
        self._beside = beside
        self._wanted_prereleases: dict[NormalizedName, int] = {}
        self._named_prereleases: dict[NormalizedName, int] = {}
        self._namers: dict[NormalizedName, list[tuple[Node, int, SpecifierSet]]] = {}
        self._near: dict[NormalizedName, int] = {}
        self._admitted = 0
        # A search asks for the same again in each of its attempts.
        self._chosen: dict[tuple[NormalizedName, int, int, int], int | None] = {}
        self._dependencies: dict[tuple[NormalizedName, int, int, str], tuple[Dependency, ...]] = {}
        self._tried: dict[tuple[NormalizedName, int], set[int]] = {}

    # -- what the search may set -----------------------------------------------------------

    def ask(self, name: NormalizedName, specifier: SpecifierSet) -> None:
        """Take note that the user wrote this specifier: it may name a pre-release or a yanked one."""
        if names_outright(specifier):
            self._admit(self._wanted_prereleases, name, specifier)

    def unshare(self, names: frozenset[NormalizedName]) -> None:
        """Let the targets have different versions of these packages."""
        self.unshared |= names
        self.pulled_in.clear()  # a version pulls in the version that its targets share
        self._admitted += 1

    @property
    def admitted(self) -> int:
        """Grows whenever something is let in that was not before, so that a failure may not last."""
        return self._admitted + self.judge.admitted

    def prefer_near(self, name: NormalizedName, index: int) -> None:
        """Try the versions nearest to this one first (``--prefer nearest``)."""
        self._near[name] = index
        self.judge.forget(name)

    # -- what the provider asks ------------------------------------------------------------

    def sharing(self, name: NormalizedName, target: int) -> tuple[int, ...]:
        if name in self.unshared:
            return (target,)
        return self.groups[name][target] if name in self.groups else self._all_targets

    def shares(self, name: NormalizedName) -> bool:
        """Whether every target gets the same version of a package."""
        return self.sharing(name, 0) == self._all_targets

    def choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        key = (name, target, mask, self.judge.state_of(name))
        if key not in self._chosen:
            self._chosen[key] = self._choose(name, target, mask)
        return self._chosen[key]

    def _choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        package = self.facts.package(name)
        mask &= package.everything
        for allowed in self._by_admission(package, mask):
            for wanted in (_is_wheel, _is_sdist):
                chosen = self._first(package, target, allowed, wanted)
                if chosen is not None:
                    return chosen
        return None

    def is_out(self, name: NormalizedName, target: int, index: int) -> bool:
        return self.judge.is_out(name, target, index)

    def dependencies(
        self, name: NormalizedName, target: int, index: int, extra: str
    ) -> tuple[Dependency, ...]:
        key = (name, target, index, extra)
        known = self._dependencies.get(key)
        if known is None:
            found = self.facts.dependencies(name, target, index, extra)
            for dependency in found:
                if dependency.outright:
                    namer = (Node(name, extra, target), index, dependency.specifier)
                    self._namers.setdefault(dependency.name, []).append(namer)
                    self._admit(self._named_prereleases, dependency.name, dependency.specifier)
            known = tuple(d for d in found if d.name not in self.external)
            self._dependencies[key] = known
        return known

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
            if not isinstance(self.judge.verdict(package.name, target, index), Candidate):
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
        self.facts.index.prefetch_metadata(_worth_reading(package, target, rest, count))

    def _ordered(self, name: NormalizedName, mask: int) -> Iterable[int]:
        near = self._near.get(name)
        if near is None:
            return indexes(mask)
        return sorted(indexes(mask), key=lambda index: (abs(index - near), index))

    # -- admissions ------------------------------------------------------------------------

    def unless_named(self, name: NormalizedName, target: int, index: int) -> Rejection | None:
        """Why the listing lets no version like this count unless it is named; None where it does."""
        yanked = self.judge.yanked(name, target, index)
        return yanked or (why.PreRelease() if self.shuts_out(name, index) else None)

    def shuts_out(self, name: NormalizedName, index: int) -> bool:
        """Whether a version is a pre-release that counts only where it is named."""
        prereleases = self.facts.package(name).prereleases
        return bool(prereleases >> index & 1) and not self.policy.allow_prereleases

    def namers(self, node: Node, index: int) -> Mapping[Node, int]:
        """Whatever was looked at and names a version: the versions (masks) of each that do."""
        package = self.facts.package(node.name)
        found: dict[Node, int] = {}
        for namer, place, specifier in self._namers.get(node.name, ()):
            if namer.target == node.target and package.matching(specifier) >> index & 1:
                found[namer] = found.get(namer, 0) | 1 << place
        return found

    def _admit(
        self, prereleases: dict[NormalizedName, int], name: NormalizedName, specifier: SpecifierSet
    ) -> None:
        """Take note of what a specifier names outright: pre-releases (PEP 440), yanked ones (PEP 592)."""
        package = self.facts.package(name)
        matching = package.matching(specifier)
        if specifier.prereleases:
            known = prereleases.get(name, 0)
            prereleases[name] = known | matching & package.prereleases
            if prereleases[name] != known:
                self._admitted += 1
                self.judge.forget(name)
        if names_one_version(specifier):
            self.judge.name_outright(name, matching)


def _worth_reading(package: PackageFacts, target: int, mask: int, count: int) -> Iterator[DistFile]:
    """The files of the versions that are next, after ``count`` were tried; wheels come first."""
    sources = []
    for index in islice(indexes(mask), AHEAD_PER_TRY * count):
        verdict = package.verdict(target, index)
        if isinstance(verdict, Candidate) and verdict.is_wheel:
            yield verdict.file
        elif isinstance(verdict, Candidate) and not package.is_compiled(index):
            sources.append(verdict.file)
    # Reading a source distribution takes a hundred times as long as reading metadata.
    yield from sources[: SOURCES_PER_TRY * count]


def _is_wheel(candidate: Candidate) -> bool:
    return candidate.is_wheel


def _is_sdist(candidate: Candidate) -> bool:
    return not candidate.is_wheel
