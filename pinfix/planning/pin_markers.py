"""The marker of a pin that pinfix adds: for the targets that need it, and away from other hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pinfix.resolve.facts import NO_EXTRA
from pinfix.resolve.node import Node
from pinfix.targets.markers import VARIABLES, marker_between, marker_of

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.planning.intents import Intents
    from pinfix.resolve.found import Found
    from pinfix.resolve.search import Search


def marker_for(
    name: NormalizedName, index: int, search: Search, found: Found, intents: Intents
) -> str:
    """The marker (PEP 508) of the targets that got this version; empty where all of them did."""
    targets = search.facts.targets
    needed = [t for i, t in enumerate(targets) if found.pins.get(Node(name, NO_EXTRA, i)) == index]
    if name in intents.elsewhere:
        # A line for other hosts names the package too: the pin must not reach these.
        spoken = [v for v in VARIABLES if any(v in m for m in intents.elsewhere[name])]
        return marker_of(needed, spoken or ["python_version"])
    return marker_between(needed, [target for target in targets if target not in needed]) or ""
