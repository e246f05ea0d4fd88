"""A search without a solution, told as an error: what cannot hold together, and what would help."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Final

from packaging.version import Version

from pinfix.errors import NoSolutionError
from pinfix.resolve import causes, rejection
from pinfix.resolve.explain import grouped_rejections, link_phrase
from pinfix.resolve.facts import NO_EXTRA, Candidate
from pinfix.resolve.failure import Absent, Excluded, Pulled, Required, Unsolvable
from pinfix.resolve.node import Node
from pinfix.resolve.search import ALL_VERSIONS, Freedom
from pinfix.resolve.version_set import indexes
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.targets.coverage import pythons_covered, wheel_pythons

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from packaging.utils import NormalizedName

    from pinfix.resolve.facts import PackageFacts
    from pinfix.resolve.failure import Leaf
    from pinfix.resolve.rejection import Rejection
    from pinfix.resolve.search import Search
    from pinfix.rulebook.apply import Propose

    # What rules propose in the place of a package on a target (by its index).
    Proposals = Callable[[NormalizedName, int], Iterable[Propose]]

# What a person reads before they stop reading.
SHOWN_LINKS: Final = 12


def refusal(
    search: Search, failure: Unsolvable, proposals: Proposals, apart: Sequence[str] = ()
) -> NoSolutionError:
    """The error for a failed search: every requirement that nothing serves, else the conflict.

    ``apart`` are sentences on targets that exclude each other.
    """
    told = _Told(search, proposals)
    hopeless = [number for number in range(len(search.demands)) if search.nothing_serves(number)]
    for number in hopeless:
        told.requirement(number)
        demand = search.demands[number]
        told.absence(Node(demand.name, NO_EXTRA, demand.targets[0]), search.open_to(number))
    if not hopeless:
        told.conflict(failure)
    told.lines += [f"  {sentence}" for sentence in apart]
    lines = [_headline(search, failure), *dict.fromkeys(told.lines), *told.hints()]
    return NoSolutionError("\n".join(lines))


class _Told:
    """The lines of a refusal so far, and what was found on the way that a hint can be made of."""

    def __init__(self, search: Search, proposals: Proposals) -> None:
        self._search = search
        self._proposals = proposals
        self._targets = {target.name: target for target in search.facts.targets}
        self._required: dict[int, None] = {}
        self._rejections: list[tuple[Node, str, Rejection]] = []
        self._ahead: dict[str, str] = {}
        self.lines: list[str] = []

    def requirement(self, number: int) -> None:
        """Say where something is required."""
        demand = self._search.demands[number]
        self._required[number] = None
        free = self._search.freedom[number] is not Freedom.HELD
        softened = " (another version would do)" if free else ""
        self.lines.append(f"  {demand.origin} requires {demand}{softened}")

    def absence(self, node: Node, mask: int) -> None:
        """Say why none of these versions is a candidate."""
        package = self._search.facts.package(node.name)
        if not package.versions:
            self.lines.append(f"    {node.name} is not on the index")
            return
        if not mask & package.everything:
            newest = package.versions[next(indexes(package.everything))]
            self.lines.append(
                f"    {node.name} has no such version on the index; the newest is {newest}"
            )
            return
        every = causes.rejections_in(self._search, node, mask)
        # Pre-releases are worth a line only where there is nothing else to speak of.
        releases = [(v, why) for v, why in every if not isinstance(why, rejection.PreRelease)]
        rejections = tuple(releases) or every
        self._rejections += [(node, version, rejected) for version, rejected in rejections]
        # One that is ahead of all releases may be the first with a wheel: that is worth a hint.
        ahead = causes.rejections_in(self._search, node, mask & _ahead(package))
        for version, rejected in ahead[:1]:
            if isinstance(rejected, rejection.PreRelease):
                self._ahead.setdefault(node.name, version)
        lines = grouped_rejections(rejections, self._targets)
        self.lines += [
            f"    {line if line.startswith('and ') else f'{node.name} {line}'}" for line in lines
        ]

    def conflict(self, failure: Unsolvable) -> None:
        """Say each fact of a failed search's derivation, once."""
        leaves = list(failure.leaves())
        for number in sorted({leaf.demand for leaf in leaves if isinstance(leaf, Required)}):
            self.requirement(number)
        pulled = [leaf for leaf in leaves if isinstance(leaf, Pulled)]
        links = _grouped_links(self._search, pulled)
        self.lines += [f"    {link}" for link in links[:SHOWN_LINKS]]
        if len(links) > SHOWN_LINKS:
            self.lines.append(f"    and {len(links) - SHOWN_LINKS} more requirements of that kind")
        rules = [leaf.rule for leaf in leaves if isinstance(leaf, Excluded)]
        self.lines += dict.fromkeys(f"    {rule.id}: {rule.reason}" for rule in rules if rule)
        absent: dict[Node, int] = {}
        for leaf in leaves:
            if isinstance(leaf, Absent):
                absent[leaf.node] = absent.get(leaf.node, 0) | leaf.mask
        for node, mask in absent.items():
            self.absence(node, mask & self._wanted(node, leaves))
        # What has no version that is wanted is absent as well, only nobody had to look for it.
        unknown = {leaf.child: None for leaf in pulled if not leaf.wanted}
        for node in unknown:
            if node not in absent:
                self.absence(node, 0)

    def _wanted(self, node: Node, leaves: Sequence[Leaf]) -> int:
        """The versions of a package that the user and the others in a derivation want of it."""
        masks = [self._search.mask(leaf.demand) for leaf in _required(node, leaves)]
        pulled = [leaf.wanted for leaf in leaves if isinstance(leaf, Pulled) and leaf.child == node]
        if pulled:
            masks.append(reduce(or_, pulled))
        return reduce(and_, masks, ALL_VERSIONS)

    def hints(self) -> list[str]:
        """What would help, each once."""
        hints: dict[str, None] = {}
        with_wheels: set[str] = set()
        for node, version, rejected in self._rejections:
            kinds = (rejection.NoWheel, rejection.RequiresPython)
            if node.name not in with_wheels and isinstance(rejected, kinds):
                elsewhere = self._wheels_elsewhere(node, version)
                with_wheels.update([node.name] if elsewhere else [])
                hints.update([(elsewhere, None)] if elsewhere else [])
            hint = self._hint(node, version, rejected)
            hints.update([(hint, None)] if hint else [])
        if self._ahead:
            which = " and ".join(f"{name} {version}" for name, version in self._ahead.items())
            are = "which is a pre-release" if len(self._ahead) == 1 else "which are pre-releases"
            hints[f"--allow-prereleases lets {which} in, {are}."] = None
        for node, _, _ in self._rejections:
            for proposed in self._proposals(node.name, node.target):
                hints[_proposal(proposed)] = None
        if self._search.world.policy.no_upgrade:
            hints["Without --no-upgrade, a newer version may do."] = None
        demands = [self._search.demands[number] for number in self._required]
        if not self._search.world.policy.relax_ranges and any(
            demand.specifier and not demand.is_pin for demand in demands
        ):
            hints["--relax-ranges lets ranges move as pins do."] = None
        return [f"hint: {hint}" for hint in hints]

    def _hint(self, node: Node, version: str, rejected: Rejection) -> str | None:
        name = node.name
        match rejected:
            case rejection.Ancient():
                package = self._search.facts.package(name)
                file = package.verdict(node.target, package.index_of[Version(version)])
                if isinstance(file, Candidate) and file.is_wheel:
                    return f"--allow-ancient {name} takes an old version of {name} all the same."
                return None
            case rejection.BuildOrdered(_, origin, _, _):
                return f"Take {name} out of --no-binary ({origin}), so that its wheels count."
            case rejection.SdistRefused(_, "--strict-wheels"):
                return "Without --strict-wheels, plain Python source distributions are kept."
            case rejection.RuledOut(rule):
                others = [pack for pack in DEFAULT_PACKS if pack != rule.pack]
                out = f"--rules {others[0]} leaves its pack out, "
                return (
                    f"The rule {rule.id} ({rule.pack}) is in the way; "
                    f"{out if rule.pack in DEFAULT_PACKS else ''}--rules none leaves all rules out, "
                    f'and disable-rules = ["{rule.id}"] in [tool.pinfix] of pyproject.toml this one.'
                )
            case rejection.PreRelease():
                return None if self._ahead else "--allow-prereleases lets pre-releases in."
            case _:
                return None

    def _wheels_elsewhere(self, node: Node, version: str) -> str | None:
        """The Pythons that a release has wheels for on this platform, or that it is for Windows."""
        package = self._search.facts.package(node.name)
        target = self._search.facts.targets[node.target]
        release = package.release(package.index_of[Version(version)])
        suffixes = [file.suffix for file in release.wheels]
        if pythons_covered(suffixes, target):
            return f"{node.name} {version} has wheels for {wheel_pythons(suffixes, target)}."
        windows = all(suffix.rpartition("-")[2].startswith("win") for suffix in suffixes)
        sources = any(package.release(index).sdists for index in range(len(package.versions)))
        if not suffixes or not windows or sources or target.platform_tag.startswith("win"):
            return None
        return f'{node.name} is for Windows: ; sys_platform == "win32" keeps it off other hosts.'


def _proposal(proposed: Propose) -> str:
    instead = f"{proposed.requirement} may do in its place: " if proposed.requirement else ""
    return f"{instead}{proposed.rule.reason} ({proposed.rule.id})."


def _ahead(package: PackageFacts) -> int:
    """The versions that are newer than every release."""
    releases = package.everything & ~package.prereleases
    return (releases & -releases) - 1 if releases else 0


def _required(node: Node, leaves: Sequence[Leaf]) -> list[Required]:
    return [leaf for leaf in leaves if isinstance(leaf, Required) and leaf.node == node]


def _grouped_links(search: Search, pulled: Sequence[Pulled]) -> list[str]:
    """A line for each pair of packages of which one requires the other, by its newest version."""
    groups: dict[tuple[Node, Node], list[Pulled]] = {}
    for leaf in pulled:
        if leaf.parent.name != leaf.child.name:
            groups.setdefault((leaf.parent, leaf.child), []).append(leaf)
    lines = []
    for leaves in groups.values():
        links = [link for leaf in leaves for link in causes.links_between(search, leaf)]
        links.sort(key=lambda link: Version(link.version), reverse=True)
        if links:
            lines.append(f"{link_phrase(links[0])}{_and_others(len(links) - 1)}")
    return lines


def _and_others(count: int) -> str:
    """How many older versions require something of that kind too."""
    if not count:
        return ""
    return ", as 1 older version does" if count == 1 else f", as {count} older versions do likewise"


def _headline(search: Search, failure: Unsolvable) -> str:
    names = " and ".join(target.name for target in search.facts.targets)
    if not failure.complete:
        return f"The search for versions that work on {names} was given up: too many combinations."
    return f"No set of versions installs from wheels on {names}:"
