"""Of targets that take one another's wheels, the one whose wheels all of them take."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pinfix.deploy.found import Found
from pinfix.records import record
from pinfix.targets.target import Target, parse_target

_PLATFORM = re.compile(r"(manylinux|musllinux|macosx)_(\d+)_(\d+)_(\w+)")


@record
class Meant:
    """A target as it would be typed, with ``--python`` where the full version is known."""

    text: str
    python: str | None
    target: Target
    found: tuple[Found, ...]


def read_meant(found: Found) -> Meant:
    """The target of a place that has both halves. Raises UsageError where there is none such."""
    assert found.target is not None
    target = parse_target(found.target, python=found.full_python)
    return Meant(found.target, found.full_python, target, (found,))


def narrowest(meant: Sequence[Meant]) -> list[Meant]:
    """One for each Python on each kind of platform: that of the oldest libc and the lowest patch."""
    groups: dict[tuple[str, str, str], Meant] = {}
    for one in meant:
        match = _PLATFORM.fullmatch(one.target.platform_tag)
        platform = (match[1], match[4]) if match else (one.target.platform_tag, "")
        key = (one.target.python_tag, *platform)
        other = groups.get(key)
        groups[key] = one if other is None else _narrower(other, one)
    return list(groups.values())


def family_of(platform: str) -> str:
    """``manylinux``, ``musllinux``, ``win`` … of the right half of a target."""
    return _any_target(platform).platform_tag.partition("_")[0]


def has_older_libc(platform: str, other: str) -> bool:
    """Whether the first of two right halves of a target has an older libc."""
    return _libc(_any_target(platform)) < _libc(_any_target(other))


def _any_target(platform: str) -> Target:
    return parse_target(f"cp312-{platform}")


def _narrower(one: Meant, other: Meant) -> Meant:
    base = min((one, other), key=lambda meant: _libc(meant.target))
    exact = [meant for meant in (one, other) if meant.python is not None]
    python = min(exact, key=lambda meant: meant.target.python_version).python if exact else None
    target = parse_target(base.text, python=python)
    return Meant(base.text, python, target, (*one.found, *other.found))


def _libc(target: Target) -> tuple[int, int]:
    match = _PLATFORM.fullmatch(target.platform_tag)
    return (int(match[2]), int(match[3])) if match else (0, 0)
