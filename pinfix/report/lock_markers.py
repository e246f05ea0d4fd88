"""Markers (PEP 508) that tell the targets of a lock apart, by as few variables as will do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

from packaging.markers import Marker

from pinfix.errors import UsageError

if TYPE_CHECKING:
    from pinfix.planning.plan import ClosureEntry, Plan
    from pinfix.targets.target import Target

# In the order in which they are tried: where several would do, the system is most often why.
# The C library and the ABI have no variable.
_VARIABLES: Final = ("sys_platform", "python_version", "platform_machine", "implementation_name")


def marker_of_target(target: Target) -> Marker:
    """What holds on the target, and on no other that a marker can tell from it."""
    return Marker(_all_of(target, _VARIABLES))


def package_markers(plan: Plan) -> dict[tuple[str, str], Marker | None]:
    """For each name and version of the closure when it is installed; None: on every target.

    Raises UsageError where no marker says so.
    """
    return {(entry.name, entry.version): _marker(entry, plan) for entry in plan.closure}


def _marker(entry: ClosureEntry, plan: Plan) -> Marker | None:
    _check_one_version(entry, plan)
    inside = [target for target in plan.targets if target.name in entry.files]
    outside = [target for target in plan.targets if target.name not in entry.files]
    if not outside:
        return None
    variables = _distinguishing(inside, outside)
    if variables is None:
        raise UsageError(
            f"{entry.name} {entry.version} is for {_names(inside)} and not for {_names(outside)}, "
            "which no marker tells apart; write a lock for each target"
        )
    alternatives = dict.fromkeys(_all_of(target, variables) for target in inside)
    return Marker(" or ".join(alternatives))


def _check_one_version(entry: ClosureEntry, plan: Plan) -> None:
    for other in plan.closure:
        both = other.files.keys() & entry.files.keys()
        if other.name == entry.name and other.version != entry.version and both:
            raise UsageError(
                f"{entry.name} is {entry.version} in one of the files and {other.version} in "
                f"another, on {min(both)}; write a lock for each file"
            )


def _distinguishing(inside: Sequence[Target], outside: Sequence[Target]) -> list[str] | None:
    """The fewest variables whose values none of ``outside`` shares with one of ``inside``."""
    return next(
        (
            list(variables)
            for count in range(1, len(_VARIABLES) + 1)
            for variables in combinations(_VARIABLES, count)
            if set(_values(inside, variables)).isdisjoint(_values(outside, variables))
        ),
        None,
    )


def _values(targets: Iterable[Target], variables: Sequence[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(target.environment[name] for name in variables) for target in targets)


def _all_of(target: Target, variables: Iterable[str]) -> str:
    return " and ".join(f'{name} == "{target.environment[name]}"' for name in variables)


def _names(targets: Iterable[Target]) -> str:
    return ", ".join(target.name for target in targets)
