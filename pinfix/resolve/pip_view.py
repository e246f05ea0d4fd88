"""What pip, left alone with the rewritten file, would prefer to the plan; and the pins against it.

pip takes the newest version that fits, wheel or not, and knows no rules. Where that ends in a
build, or in what a rule forbids, the package it started from needs a pin of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

from nab_resolver.errors import ResolutionError
from nab_resolver.types import RootRequirement

from pinfix.errors import UnusableFileError
from pinfix.records import record
from pinfix.resolve.asked import Asked
from pinfix.resolve.facts import NO_EXTRA, Candidate
from pinfix.resolve.found import Found
from pinfix.resolve.minimal import fixed_pins
from pinfix.resolve.node import Node
from pinfix.resolve.provider import solve
from pinfix.resolve.search import Freedom, Search
from pinfix.resolve.too_new import too_new
from pinfix.resolve.version_set import VersionSet, indexes
from pinfix.resolve.world import Exclusion

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.index.requires_dist import Dependency
    from pinfix.resolve.found import Answer, Found
    from pinfix.resolve.judge import Judge
    from pinfix.resolve.rejection import TooNew
    from pinfix.rulebook.rule import Rule

# Each round adds a pin; a file that needs more has another problem.
MAX_PINS: Final = 200


@record
class WouldBuild:
    """pip would take ``version`` of ``name``, which has only an sdist for the target."""

    name: NormalizedName
    version: str
    target: str


@record
class WouldBreakRule:
    """pip would take ``version`` of ``name``, which a rule forbids."""

    name: NormalizedName
    version: str
    rule: Rule


@record
class WouldBeTooNew:
    """pip would take ``version`` of ``name``, which came after the cut-off."""

    name: NormalizedName
    version: str
    rejection: TooNew


Preference: TypeAlias = WouldBuild | WouldBreakRule | WouldBeTooNew


@record
class ExtraPin:
    """A pin that the file needs beside the user's own: ``index`` is the plan's version."""

    name: NormalizedName
    index: int
    against: Preference


# Pins by package and version: targets may differ.
Pins: TypeAlias = "dict[tuple[NormalizedName, int], ExtraPin]"
# The versions that lines leave of a package on a target, as masks.
Allowed: TypeAlias = "Mapping[tuple[NormalizedName, int], int]"


class PipWorld:
    """Every file that pip would consider, newest version first; nothing else counts."""

    def __init__(
        self,
        judge: Judge,
        planned: Mapping[Node, int],
        allowed: Allowed,
        named: Mapping[NormalizedName, int],
    ) -> None:
        """``planned`` are the plan's versions, ``allowed`` is what constraints files leave; ``named``
        what the user's own specifiers name outright, pre-releases (PEP 440) and yanked releases
        (PEP 592).
        """
        self._planned = planned
        self.facts = judge.facts
        self._judge = judge
        self._allowed = allowed
        self._named = dict(named)
        self.pulled_in: dict[tuple[Node, int], Mapping[Node, VersionSet]] = {}
        self.tried: list[tuple[Node, int]] = []

    def named(self, name: NormalizedName) -> int:
        """The versions (a mask) of a package that were named outright so far."""
        return self._named.get(name, 0)

    def sharing(self, name: NormalizedName, target: int) -> Sequence[int]:
        del name
        return (target,)  # pip runs on each target by itself

    def choose(self, name: NormalizedName, target: int, mask: int) -> int | None:
        package = self.facts.package(name)
        mask &= package.everything & self._allowed.get((name, target), -1)
        named = self.named(name)
        finals = (
            mask if self._judge.policy.pip_prereleases else mask & (~package.prereleases | named)
        )
        wheels_only = self.facts.formats.wheels_only(name) is not None
        for index in chain(indexes(finals), indexes(mask & ~finals)):
            verdict = package.verdict(target, index)
            if not isinstance(verdict, Candidate) or (wheels_only and not verdict.is_wheel):
                continue
            if verdict.yanked is None or named >> index & 1:
                self.tried.append((Node(name, NO_EXTRA, target), index))
                return index
        return None

    def is_out(self, name: NormalizedName, target: int, index: int) -> bool:
        return not isinstance(self.facts.package(name).verdict(target, index), Candidate)

    def dependencies(
        self, name: NormalizedName, target: int, index: int, extra: str
    ) -> Sequence[Dependency]:
        verdict = self.facts.package(name).verdict(target, index)
        if not isinstance(verdict, Candidate):
            return ()
        if not verdict.is_wheel and self._planned.get(Node(name, NO_EXTRA, target)) != index:
            return ()  # a build that the plan does not want; what it pulls in makes no difference
        try:
            found = self.facts.dependencies(name, target, index, extra)
        except UnusableFileError:
            return ()
        for dependency in found:
            if dependency.outright:
                matching = self.facts.package(dependency.name).matching(dependency.specifier)
                self._named[dependency.name] = self._named.get(dependency.name, 0) | matching
        return found

    def exclusions(self, name: NormalizedName, target: int, index: int) -> Iterable[Exclusion]:
        del name, target, index
        return ()


def pins_against_pip(
    search: Search, found: Found, written: Mapping[int, int]
) -> tuple[list[ExtraPin], bool]:
    """The pins that keep pip on the plan, in the order they were found to be needed.

    ``written`` are the versions that the rewritten lines leave, by the number of their demand.
    The flag is False where what pip would do could not be told.
    """
    pins = _first_tries(search, found, written)
    while len(pins) < MAX_PINS:
        chosen = _as_pip_would(search, found, written, pins)
        if chosen is None:
            return list(pins.values()), False
        new = _culprits(search, found, chosen, pins)
        if not new:
            break
        pins |= new
    return list(pins.values()), True


def _first_tries(search: Search, found: Found, written: Mapping[int, int]) -> Pins:
    """The pins for what pip would begin to build on its way, even where it backed out later.

    pip tries a package by the first requirement on it that it meets: the user's own, or else any
    one of those in the closure. The metadata of an sdist is had by starting its build, and so is
    that of what a wheel pulls in, before the wheel is given up again.
    """
    pins: Pins = {}
    # pip knows all of the user's own lines before it tries anything.
    own = _left_by(search, fixed_pins(search, found) | dict(written))
    new_world = partial(PipWorld, search.world.judge, found.pins, own, _named_by_user(search))
    world, asked = new_world(), Asked(search, found)
    built_by: dict[tuple[Node, int], WouldBuild | None] = {}
    pinned = {(one.name, target) for one in search.demands if one.is_pin for target in one.targets}
    for node, index in found.pins.items():
        if node.extra or node.is_shared or (node.name, node.target) in pinned:
            continue
        for mask in _first_requirements(search, asked, node):
            tried = world.choose(node.name, node.target, mask)
            if tried is None or tried == index:
                continue
            if (node, tried) not in built_by:
                built_by[node, tried] = _built_by(search, found, node, tried, new_world())
            against = built_by[node, tried]
            if against is not None:
                pins.setdefault((node.name, index), ExtraPin(node.name, index, against))
                break
    return pins


def _left_by(
    search: Search, fixed: Mapping[int, int], *, constraints_only: bool = False
) -> Allowed:
    """What the user's lines leave of each package; ``fixed`` has those that are known better."""
    masks: dict[tuple[NormalizedName, int], int] = {}
    for number, demand in enumerate(search.demands):
        if demand.constraint or not constraints_only:
            mask = fixed.get(number, search.mask(number))
            for target in demand.targets:
                masks[demand.name, target] = masks.get((demand.name, target), -1) & mask
    return masks


def _built_by(
    search: Search, found: Found, node: Node, tried: int, world: PipWorld
) -> WouldBuild | None:
    """What pip would begin to build if it tried this version: itself, or what it pulls in."""
    with suppress(ResolutionError):  # what was tried on the way counts all the same
        solve(world, [RootRequirement(node, VersionSet.singleton(tried))])
    for other, index in world.tried:
        package = search.facts.package(other.name)
        verdict = package.verdict(other.target, index)
        wanted = found.pins.get(other) == index
        if isinstance(verdict, Candidate) and not verdict.is_wheel and not wanted:
            target = search.facts.targets[other.target].name
            return WouldBuild(other.name, str(package.versions[index]), target)
    return None


def _first_requirements(search: Search, asked: Asked, node: Node) -> Iterable[int]:
    """The versions that each requirement by which pip may first meet a package leaves.

    What the user's own lines leave of it pip knows beside.
    """
    package = search.facts.package(node.name)
    if any(
        node.target in demand.targets and not demand.constraint
        for demand in search.demands_for(node.name)
    ):
        yield package.everything
        return
    for _parent, dependency in asked.requirements_on(node):
        yield package.matching(dependency.specifier)


def _named_by_user(search: Search) -> dict[NormalizedName, int]:
    """What the user's own specifiers name outright."""
    named: dict[NormalizedName, int] = {}
    for number, demand in enumerate(search.demands):
        if demand.is_pin or demand.specifier.prereleases:
            named[demand.name] = named.get(demand.name, 0) | search.asked_mask(number)
    return named


def _as_pip_would(
    search: Search,
    found: Found,
    written: Mapping[int, int],
    pins: Pins,
) -> Found | None:
    fixed = fixed_pins(search, found) | dict(written)
    allowed = _left_by(search, fixed, constraints_only=True)
    named = _named_by_user(search)
    exactly = [
        (search.demands[number].name, mask)
        for number, mask in fixed.items()
        # A line with a rule's bound behind its own range is a range still.
        if search.demands[number].is_pin or search.freedom[number] is not Freedom.HELD
    ]
    for name, mask in (*exactly, *((name, 1 << index) for name, index in pins)):
        named[name] = named.get(name, 0) | mask
    # Two of them: what is looked at in one must not let anything into the other.
    world, asked_again = (
        PipWorld(search.world.judge, found.pins, allowed, named) for _ in range(2)
    )
    roots = search.roots(fixed)
    roots += [
        RootRequirement(node, VersionSet.singleton(index))
        for node, index in found.pins.items()
        if (node.name, index) in pins and node.extra == NO_EXTRA and not node.is_shared
    ]
    if _leads_to_plan(search, found, asked_again, roots):
        return found
    try:
        return solve(world, roots)
    except ResolutionError:
        return None


def _leads_to_plan(
    search: Search,
    found: Found,
    world: PipWorld,
    roots: Sequence[RootRequirement[Node, int]],
) -> bool:
    """Whether pip's world leads the solver to the plan: asked the same, it says the same all the way.

    What the world takes for named outright grows on the way, and with it the choice. What is
    answered alike at first and at the end was so in between, and at the end all is that of which
    nothing more was named since.
    """
    way = found.way
    if (
        way.conflicts
        or not way.straight
        or way.roots != roots
        or any(node.is_shared for node in found.pins)
    ):
        return False
    named = []
    for answer in way.answers:
        named.append(world.named(answer.node.name))
        if not _answers_alike(world, answer) or not _requires_alike(search, world, answer):
            return False
    return all(
        world.named(answer.node.name) == before or _answers_alike(world, answer)
        for answer, before in zip(way.answers, named, strict=True)
    )


def _answers_alike(world: PipWorld, answer: Answer) -> bool:
    return world.choose(answer.node.name, answer.node.target, answer.mask) == answer.chosen


def _requires_alike(search: Search, world: PipWorld, answer: Answer) -> bool:
    if answer.chosen is None:
        return True
    name, extra, target = answer.node
    wanted = search.world.dependencies(name, target, answer.chosen, extra)
    return world.dependencies(name, target, answer.chosen, extra) == wanted


def _culprits(search: Search, found: Found, chosen: Found, pins: Pins) -> Pins:
    """What to pin so that pip leaves its way at the point where it parts from the plan."""
    new: Pins = {}
    asked = Asked(search, chosen)
    for node, index in chosen.pins.items():
        if node.extra or node.is_shared:
            continue
        against = _objection(search, found, asked, node, index)
        if against is None:
            continue
        parting = _parting(found, chosen, node)
        if parting is None:
            continue
        key = (parting.name, found.pins[parting])
        if key not in pins:
            new.setdefault(key, ExtraPin(*key, against))
    return new


def _objection(
    search: Search, found: Found, asked: Asked, node: Node, index: int
) -> Preference | None:
    if found.pins.get(node) == index:
        return None
    package = search.facts.package(node.name)
    version = str(package.versions[index])
    verdict = package.verdict(node.target, index)
    if isinstance(verdict, Candidate) and not verdict.is_wheel:
        return WouldBuild(node.name, version, search.facts.targets[node.target].name)
    if isinstance(verdict, Candidate):
        newer = too_new(verdict.file, search.world.policy.exclude_newer)
        if newer is not None:
            return WouldBeTooNew(node.name, version, newer)
    rule = search.world.judge.rule_against(node.name, node.target, index) or _forbidden_beside(
        asked, node, index
    )
    return WouldBreakRule(node.name, version, rule) if rule is not None else None


def _forbidden_beside(asked: Asked, node: Node, index: int) -> Rule | None:
    for exclusion in asked.exclusions_of(node):
        if exclusion.mask >> index & 1:
            return exclusion.cap.rule
    return None


def _parting(found: Found, chosen: Found, node: Node) -> Node | None:
    """The node nearest above (or at) ``node`` that the plan has too, at another version."""
    seen = {node}
    queue = [node]
    for current in queue:
        base = current._replace(extra=NO_EXTRA)
        planned = found.pins.get(base)
        if planned is not None and planned != chosen.pins.get(base):
            return base
        for parent in chosen.parents.get(current, ()):
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return None
