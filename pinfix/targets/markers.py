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


def partition(groups: Sequence[Sequence[Target]]) -> list[str] | None:
    """A marker for each group of targets, of which one and only one holds wherever pip runs.

    As far as that can be said: by the Python where the groups follow each other there, else by one
    variable, else by all of them for these targets alone. None where no marker tells them apart.
    """
    by_python = _by_python(groups)
    if by_python is not None:
        return by_python
    for name in VARIABLES:
        values = [sorted({target.environment[name] for target in group}) for group in groups]
        if len({value for group in values for value in group}) == sum(map(len, values)):
            return _by_variable(name, values)
    markers = [
        marker_between(group, [t for other in groups if other is not group for t in other])
        for group in groups
    ]
    return None if None in markers else [marker or "" for marker in markers]


def _by_python(groups: Sequence[Sequence[Target]]) -> list[str] | None:
    spans = [sorted(_minor(target) for target in group) for group in groups]
    ordered = sorted(range(len(groups)), key=lambda number: spans[number])
    markers = [""] * len(groups)
    lower = None
    for place, number in enumerate(ordered):
        last = place == len(ordered) - 1
        upper = (spans[number][-1][0], spans[number][-1][1] + 1)
        if not last and spans[ordered[place + 1]][0] < upper:
            return None
        bounds = [(">=", lower)] if lower else []
        bounds += [] if last else [("<", upper)]
        markers[number] = " and ".join(
            f'python_version {operator} "{bound[0]}.{bound[1]}"' for operator, bound in bounds
        )
        lower = upper
    return markers


def _minor(target: Target) -> tuple[int, int]:
    return target.python_version.major, target.python_version.minor


def _by_variable(name: str, values: Sequence[Sequence[str]]) -> list[str]:
    """Each group by its values, and the one with the most by not being one of the others."""
    rest = max(range(len(values)), key=lambda number: len(values[number]))
    others = [value for number, group in enumerate(values) if number != rest for value in group]
    return [
        " and ".join(f'{name} != "{value}"' for value in others)
        if number == rest
        else " or ".join(f'{name} == "{value}"' for value in group)
        for number, group in enumerate(values)
    ]


def marker_of(targets: Iterable[Target], variables: Collection[str]) -> str:
    """What holds on these targets, as far as these variables tell."""
    return " or ".join(dict.fromkeys(_all_of(target, variables) for target in targets))


def _values(targets: Iterable[Target], variables: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(target.environment[name] for name in variables) for target in targets)


def _all_of(target: Target, variables: Iterable[str]) -> str:
    return " and ".join(f'{name} == "{target.environment[name]}"' for name in variables)
