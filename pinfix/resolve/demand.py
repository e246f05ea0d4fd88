"""What the search is asked: the user's requirements and the policy they are met under."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal, TypeAlias

from packaging.version import InvalidVersion, Version

from pinfix.records import record

if TYPE_CHECKING:
    from datetime import datetime

    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

Prefer: TypeAlias = Literal["newest", "nearest"]


@record
class Demand:
    """One requirement as the search sees it.

    ``targets`` are the indexes of the targets its marker holds for. A pin is a wish and may be
    softened, a range is an order. A ``constraint`` (from ``-c``) limits a package that something
    else requires. ``origin`` says where it stands ("requirements.txt:4"); what is ``bound`` stands
    where nothing can be rewritten.
    """

    name: NormalizedName
    extras: frozenset[NormalizedName]
    specifier: SpecifierSet
    is_pin: bool
    targets: tuple[int, ...]
    origin: str
    constraint: bool = False
    bound: bool = False

    @property
    def version(self) -> Version | None:
        """The version a pin names; None for a range, and for ``===`` with something else."""
        if not self.is_pin:
            return None
        try:
            return Version(next(iter(self.specifier)).version)
        except InvalidVersion:
            return None

    def __str__(self) -> str:
        extras = f"[{','.join(sorted(self.extras))}]" if self.extras else ""
        return f"{self.name}{extras}{self.specifier}"


@record
class Policy:
    """How a pin that cannot stay may move, and what counts as installable.

    ``pip_prereleases`` says that the files themselves let pip take pre-releases (``--pre``).
    ``split``: where no one version serves all targets, each may get its own. Files uploaded at or
    after ``exclude_newer`` are not taken.
    """

    prefer: Prefer = "newest"
    no_upgrade: bool = False
    relax_ranges: bool = False
    strict_wheels: bool = False
    allow_prereleases: bool = False
    pip_prereleases: bool = False
    split: bool = False
    exclude_newer: datetime | None = None
    allow_ancient: frozenset[NormalizedName] = field(default_factory=frozenset)
