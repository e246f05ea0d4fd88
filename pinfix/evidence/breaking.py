"""Whether what a rule says of breaking can be so: the versions are looked up, nothing is run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.evidence.releases import UntrueError, found, has_wheel, is_left, linux_target, pinned
from pinfix.resolve.facts import PackageFacts
from pinfix.rulebook.rule import replacement_of

if TYPE_CHECKING:
    from packaging.requirements import Requirement

    from pinfix.index.protocol import OpenIndex
    from pinfix.rulebook.claim import Breaks
    from pinfix.rulebook.rule import Rule
    from pinfix.targets.target import Target


def check_breaks(rule: Rule, claim: Breaks, index: OpenIndex) -> str:
    """What breaks and what works, where all of it can be installed and the rule tells them apart.

    Raises UntrueError.
    """
    target = linux_target(claim.python)
    for pin in (*claim.breaks, *claim.works):
        _check_wheel(index, pin, target)
    version = target.environment["python_full_version"]
    if rule.python is not None and version not in rule.python:
        raise UntrueError(f"the rule is not about Python {claim.python}")
    if not _forbids(rule, claim.breaks):
        raise UntrueError(f"the rule leaves {_listed(claim.breaks)}, which breaks")
    if _forbids(rule, claim.works):
        raise UntrueError(f"the rule forbids {_listed(claim.works)}, which works")
    return f"on Python {claim.python} {_listed(claim.breaks)} breaks, {_listed(claim.works)} works"


def is_at_the_bound(claim: Breaks, index: OpenIndex) -> bool:
    """Whether no other release lies between what breaks and what works."""
    broken = {canonicalize_name(pin.name): pinned(pin) for pin in claim.breaks}
    if set(broken) != {canonicalize_name(pin.name) for pin in claim.works}:
        return True  # something is added or left out
    target = linux_target(claim.python)
    for pin in claim.works:
        name = canonicalize_name(pin.name)
        low, high = sorted((broken[name], pinned(pin)))
        package = PackageFacts(index.listing(name), [target])
        for version, number in package.index_of.items():
            is_between = low < version < high and not version.is_prerelease
            if is_between and has_wheel(package, 0, number):
                return False
    return True


def _forbids(rule: Rule, pins: Sequence[Requirement]) -> bool:
    """Whether the rule keeps these from standing together."""
    versions = {canonicalize_name(pin.name): pinned(pin) for pin in pins}
    own = versions.get(rule.package)
    if own is None:
        return False
    added = replacement_of(rule)
    if added is not None:
        there = versions.get(canonicalize_name(added.name))
        concerned = rule.matches is None or own in rule.matches
        return concerned and (there is None or there not in added.specifier)
    if is_left(rule, own):
        return False
    if rule.beside is None or rule.beside_versions is None:
        return True
    beside = versions.get(rule.beside)
    return beside is not None and beside in rule.beside_versions


def _check_wheel(index: OpenIndex, pin: Requirement, target: Target) -> None:
    name = canonicalize_name(pin.name)
    package = PackageFacts(found(index, name), [target])
    version = pinned(pin)
    if version not in package.index_of:
        raise UntrueError(f"{name} {version} is not on the index")
    if not has_wheel(package, 0, package.index_of[version]):
        raise UntrueError(f"{name} {version} has no wheel for {target.name}")


def _listed(pins: Sequence[Requirement]) -> str:
    return " with ".join(map(str, pins))
