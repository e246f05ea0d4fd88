"""Markers (PEP 508) that tell targets apart, by as few variables as will do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

from pinfix.targets.target import Target

# In the order in which they are tried: where several would do, the system is most often why.
# The C library and the ABI have no variable.
VARIABLES: Final = ("sys_platform", "python_version", "platform_machine", "implementation_name")


def marker_of_target(target: Target) -> str:
    """What holds on the target, and on no other that a marker can tell from it."""
    return _all_of(target, VARIABLES)


def marker_between(
    inside: Sequence[Target], outside: Sequence[Target], variables: Sequence[str] = VARIABLES
) -> str | None:
    """What holds on ``inside`` and not on ``outside``; empty where nothing is outside.

    None where no marker tells them apart.
    """
    if not outside:
        return ""
    for count in range(1, len(variables) + 1):
        for chosen in combinations(variables, count):
            if set(_values(inside, chosen)).isdisjoint(_values(outside, chosen)):
                return marker_of(inside, chosen)
    return None


def marker_of(targets: Iterable[Target], variables: Collection[str]) -> str:
    """What holds on these targets, as far as these variables tell."""
    return " or ".join(dict.fromkeys(_all_of(target, variables) for target in targets))


def _values(targets: Iterable[Target], variables: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(target.environment[name] for name in variables) for target in targets)


def _all_of(target: Target, variables: Iterable[str]) -> str:
    return " and ".join(f'{name} == "{target.environment[name]}"' for name in variables)
