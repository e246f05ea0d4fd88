"""Why there is no solution: a failed search's derivation, and what its leaves say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from nab_resolver.root import ROOT
from nab_resolver.types import Incompatibility, IncompatibilityCause

from pinfix.records import record
from pinfix.resolve.provider import CONDITION
from pinfix.resolve.version_set import VersionSet

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.resolve.node import Node
    from pinfix.rulebook.rule import Rule


@record
class Required:
    """The user requires it: ``demand`` is the number of the demand."""

    demand: int
    node: Node


@record
class Pulled:
    """The versions of ``parent`` in ``parents`` need ``child`` within ``wanted`` (masks)."""

    parent: Node
    parents: int
    child: Node
    wanted: int


@record
class Absent:
    """No version of ``node`` in ``mask`` is a candidate."""

    node: Node
    mask: int


@record
class Excluded:
    """Versions (masks) of two packages exclude each other.

    A rule says so, or (None) the targets share one version.
    """

    one: Node
    ones: int
    other: Node
    others: int
    rule: Rule | None


Leaf: TypeAlias = Required | Pulled | Absent | Excluded


class Unsolvable(Exception):  # noqa: N818 - a verdict on a trial, caught within ``resolve``
    """A search without a solution.

    ``complete`` is False where it was cut short by its bound, ``lasting`` where it rests on what
    was forbidden for this one question.
    """

    def __init__(
        self,
        incompatibility: Incompatibility[Node, int] | None,
        *,
        complete: bool = True,
        lasting: bool = True,
    ) -> None:
        super().__init__(incompatibility)
        self.incompatibility = incompatibility
        self.complete = complete
        self.lasting = lasting

    def leaves(self) -> Iterator[Leaf]:
        """The facts that the derivation rests on, in its own order."""
        if self.incompatibility is None:
            return
        for node in self.incompatibility.walk():
            leaf = _leaf(node)
            if leaf is not None:
                yield leaf

    def tied(self) -> frozenset[NormalizedName]:
        """The packages that could not be at one version on all targets."""
        return frozenset(
            leaf.one.name
            for leaf in self.leaves()
            if isinstance(leaf, Excluded) and leaf.one.name == leaf.other.name
        )

    def parties(self) -> tuple[frozenset[int], frozenset[NormalizedName]]:
        """The demands in the derivation, and the packages that had no version left."""
        leaves = list(self.leaves())
        return (
            frozenset(leaf.demand for leaf in leaves if isinstance(leaf, Required)),
            frozenset(leaf.node.name for leaf in leaves if isinstance(leaf, Absent)),
        )


def _leaf(incompatibility: Incompatibility[Node, int]) -> Leaf | None:
    root: object = ROOT
    terms = [term for term in incompatibility.terms if term.package is not root]
    cause = incompatibility.cause
    if cause is IncompatibilityCause.ROOT:
        return Required(incompatibility.origin, terms[0].package)
    if cause is IncompatibilityCause.NO_VERSIONS:
        return Absent(terms[0].package, _bits(terms[0].constraint))
    if incompatibility.origin == CONDITION:
        # Where none of the others stands beside it, it is no candidate.
        return Absent(terms[0].package, _bits(terms[0].constraint))
    if cause is IncompatibilityCause.DEPENDENCY and len(terms) == 2:
        parent, child = terms
        if child.is_positive():
            return Excluded(
                parent.package,
                _bits(parent.constraint),
                child.package,
                _bits(child.constraint),
                incompatibility.origin,
            )
        return Pulled(
            parent.package, _bits(parent.constraint), child.package, _bits(child.constraint)
        )
    return None


def _bits(constraint: object) -> int:
    assert isinstance(constraint, VersionSet)
    return constraint.bits
