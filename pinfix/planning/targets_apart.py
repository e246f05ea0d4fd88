"""Of several targets that no one set of versions serves: which exclude each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final

from pinfix.resolve.failure import Unsolvable
from pinfix.resolve.relaxation import relax
from pinfix.resolve.search import Search

if TYPE_CHECKING:
    from pinfix.resolve.demand import Demand
    from pinfix.resolve.world import WheelWorld

# Each pair is a search of its own; beyond these, what takes longer than it tells is left out.
MAX_TARGETS: Final = 4


def targets_apart(
    demands: Sequence[Demand], names: Sequence[str], new_world: Callable[[], WheelWorld]
) -> list[str]:
    """Sentences that say which targets cannot be served alone, and which not together.

    ``names`` are the targets' own, ``new_world`` makes a world as that of the failed search.
    """
    if not 1 < len(names) <= MAX_TARGETS:
        return []

    def served(targets: Sequence[int]) -> bool:
        kept = [_on(demand, targets) for demand in demands]
        try:
            relax(Search(new_world(), [demand for demand in kept if demand.targets]))
        except Unsolvable:
            return False
        return True

    alone = [target for target in range(len(names)) if served([target])]
    lines = [
        f"{name} cannot be served even alone"
        for target, name in enumerate(names)
        if target not in alone
    ]
    for one, other in combinations(alone, 2):
        if not served([one, other]):
            lines.append(
                f"{names[one]} and {names[other]} exclude each other, and each can be served "
                "alone: give each a run, and a file, of its own, or --split the lines"
            )
    return lines


def _on(demand: Demand, targets: Sequence[int]) -> Demand:
    return replace(demand, targets=tuple(t for t in demand.targets if t in targets))
