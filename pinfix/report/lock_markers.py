"""When each package of a lock is installed: the markers (PEP 508) of a plan's closure. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from packaging.markers import Marker

from pinfix.errors import UsageError
from pinfix.targets.markers import marker_between

if TYPE_CHECKING:
    from pinfix.planning.plan import ClosureEntry, Plan
    from pinfix.targets.target import Target


def package_markers(plan: Plan) -> dict[tuple[str, str], Marker | None]:
    """For each name and version of the closure when it is installed; None: on every target.

    Raises UsageError where no marker says so.
    """
    return {(entry.name, entry.version): _marker(entry, plan) for entry in plan.closure}


def _marker(entry: ClosureEntry, plan: Plan) -> Marker | None:
    _check_one_version(entry, plan)
    inside = [target for target in plan.targets if target.name in entry.files]
    outside = [target for target in plan.targets if target.name not in entry.files]
    marker = marker_between(inside, outside)
    if marker is None:
        raise UsageError(
            f"{entry.name} {entry.version} is for {_names(inside)} and not for {_names(outside)}, "
            "which no marker tells apart; write a lock for each target"
        )
    return Marker(marker) if marker else None


def _check_one_version(entry: ClosureEntry, plan: Plan) -> None:
    for other in plan.closure:
        both = other.files.keys() & entry.files.keys()
        if other.name == entry.name and other.version != entry.version and both:
            raise UsageError(
                f"{entry.name} is {entry.version} in one of the files and {other.version} in "
                f"another, on {min(both)}; write a lock for each file"
            )


def _names(targets: Iterable[Target]) -> str:
    return ", ".join(target.name for target in targets)
