"""For explanations: the Pythons and platforms that the wheels of one release do serve.

A wheel is known here by its suffix, the compressed tag set that ends its file name (PEP 425).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import groupby

from packaging.tags import InvalidTag, Tag, parse_tag

from pinfix.targets.interpreter import PYPY_RELEASES
from pinfix.targets.platform import LEGACY_GLIBC, WINDOWS_MACHINES
from pinfix.targets.target import Target, parse_target

CPYTHONS = tuple(f"cp3{minor}" for minor in range(6, 16))
FREE_THREADED = ("cp313t", "cp314t", "cp315t")
PYPYS = tuple(f"pp{major}{minor}" for major, minor in PYPY_RELEASES)


def pythons_covered(
    suffixes: Iterable[str], target: Target, pythons: Sequence[str] | None = None
) -> tuple[str, ...]:
    """The Pythons that some wheel serves on the target's platform: ``("cp38", "cp39")``.

    ``pythons`` are those to ask about, by default cp36 to cp315 (or the target's own kind: PyPy,
    free-threaded). Each answer is the rank that the wheel has on that Python, abi3 included.
    """
    wheels = set(suffixes)
    return tuple(
        python
        for python in (_kin(target) if pythons is None else pythons)
        if any(_sibling(python, target.platform_tag).rank(suffix) is not None for suffix in wheels)
    )


def wheel_pythons(suffixes: Iterable[str], target: Target) -> str:
    """What the wheels serve, in words: ``cp38-cp312 on manylinux x86_64``.

    Where none serves the target's platform at all, says for which platforms there are any.
    """
    wheels = set(suffixes)
    place = _place(target.platform_tag)
    for pythons in (_kin(target), (*CPYTHONS, *FREE_THREADED, *PYPYS)):
        covered = pythons_covered(wheels, target, pythons)
        if covered:
            return f"{_ranges(covered, pythons)} on {place}"
    elsewhere = sorted({_elsewhere(tag, place) for suffix in wheels for tag in _tags(suffix)})
    return f"none on {place}" + (f", only on {', '.join(elsewhere)}" if elsewhere else "")


def _elsewhere(tag: Tag, place: str) -> str:
    """The wheel's platform; in full where only its version tells it from the target's."""
    return tag.platform if _place(tag.platform) == place else _place(tag.platform)


def _kin(target: Target) -> tuple[str, ...]:
    if target.implementation == "pp":
        return PYPYS
    return FREE_THREADED if target.python_tag.endswith("t") else CPYTHONS


@cache
def _sibling(python: str, platform_tag: str) -> Target:
    return parse_target(f"{python}-{platform_tag}")


def _tags(suffix: str) -> frozenset[Tag]:
    try:
        return parse_tag(suffix)
    except InvalidTag:
        return frozenset()


def _ranges(covered: tuple[str, ...], pythons: Sequence[str]) -> str:
    """``cp38-cp310, cp312``: neighbours in ``pythons`` are joined."""
    runs: list[str] = []
    for present, run in groupby(pythons, key=lambda python: python in covered):
        names = list(run)
        if present:
            runs.append(names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}")
    return ", ".join(runs)


def _place(platform_tag: str) -> str:
    """A platform tag without its version: ``manylinux x86_64``, ``macOS arm64``."""
    if platform_tag in WINDOWS_MACHINES:
        return f"Windows {WINDOWS_MACHINES[platform_tag]}"
    if platform_tag == "any":
        return "any platform"
    family, _, rest = platform_tag.partition("_")
    machine = rest.lstrip("0123456789_") if family != "linux" else rest
    names = {"macosx": "macOS"} | dict.fromkeys(LEGACY_GLIBC, "manylinux")
    return f"{names.get(family, family)} {machine}".strip()
