"""Sets of one package's versions as bit masks: what the solver's set algebra runs on.

Every version a listing holds has an index (0 is the newest). A set of versions is an integer
with those bits set; a complement is a negative integer, so that "everything but" needs no
universe. Each operation of the solver is then one integer operation. Turning a specifier into
a set is the affair of ``matching``, so PEP 440 is read in one place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nab_resolver.types import RangeRelation

if TYPE_CHECKING:
    from collections.abc import Iterator

_RELATIONS = {(relation.is_subset, relation.is_disjoint): relation for relation in RangeRelation}


class VersionSet:
    """An immutable set of version indexes; implements ``nab_resolver``'s ``RangeProtocol[int]``."""

    __slots__ = ("bits",)

    def __init__(self, bits: int) -> None:
        self.bits = bits

    @classmethod
    def empty(cls) -> VersionSet:
        return _EMPTY

    @classmethod
    def full(cls) -> VersionSet:
        return _FULL

    @classmethod
    def singleton(cls, version: int) -> VersionSet:
        return cls(1 << version)

    @property
    def is_empty(self) -> bool:
        return self.bits == 0

    def __contains__(self, version: int) -> bool:
        return bool(self.bits >> version & 1)

    def __and__(self, other: object) -> VersionSet:
        return (
            VersionSet(self.bits & other.bits) if isinstance(other, VersionSet) else NotImplemented
        )

    def __or__(self, other: object) -> VersionSet:
        return (
            VersionSet(self.bits | other.bits) if isinstance(other, VersionSet) else NotImplemented
        )

    def __sub__(self, other: object) -> VersionSet:
        return (
            VersionSet(self.bits & ~other.bits) if isinstance(other, VersionSet) else NotImplemented
        )

    def __invert__(self) -> VersionSet:
        return VersionSet(~self.bits)

    def is_subset(self, other: VersionSet) -> bool:
        return not self.bits & ~other.bits

    def is_superset(self, other: VersionSet) -> bool:
        return not other.bits & ~self.bits

    def is_disjoint(self, other: VersionSet) -> bool:
        return not self.bits & other.bits

    def relation(self, other: VersionSet) -> RangeRelation:
        """How this set's members sit against another's (both flags hold only for an empty set)."""
        return _RELATIONS[not self.bits & ~other.bits, not self.bits & other.bits]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VersionSet) and self.bits == other.bits

    def __hash__(self) -> int:
        return hash(self.bits)

    def __repr__(self) -> str:
        return f"VersionSet({self.bits:#b})"


_EMPTY = VersionSet(0)
_FULL = VersionSet(-1)


def indexes(bits: int) -> Iterator[int]:
    """The set bits of a non-negative mask, lowest (newest version) first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low
