"""What the solver settles one by one: a package on a target, or one of its extras there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pinfix.resolve.facts import NO_EXTRA

if TYPE_CHECKING:
    from packaging.utils import NormalizedName


class Node(NamedTuple):
    """A package (``extra`` empty) or one of its extras, on a target.

    A negative target stands for the version that several targets share (see ``shared_node``).
    """

    name: NormalizedName
    extra: str
    target: int

    @property
    def is_shared(self) -> bool:
        """Whether it is a version that several targets share, and nothing that is installed."""
        return self.target < 0


def shared_node(name: NormalizedName, targets: Sequence[int]) -> Node:
    """The node for the version of a package that these targets share; known by the first."""
    return Node(name, NO_EXTRA, -1 - targets[0])
