"""Plans for many targets side by side: what would change on each, and where least."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from pinfix.records import record
from pinfix.targets.presets import find_preset

if TYPE_CHECKING:
    from pinfix.planning.plan import Change
    from pinfix.targets.target import Target

# What people call the platforms that have a short form.
_CALLED: Final = {
    "manylinux_2_28_x86_64": "manylinux",
    "musllinux_1_2_x86_64": "musllinux",
    "macosx_13_0_arm64": "macosx",
}


@record
class Cell:
    """What one target, alone, would have changed, or why nothing can be done for it.

    ``refusal`` is the message, empty where there is a plan; a refused cell has no changes.
    ``needed`` are the packages of the closure, by normalised name.
    """

    target: Target
    changes: tuple[Change, ...] = ()
    refusal: str = ""
    warnings: tuple[str, ...] = ()
    kept_sdists: tuple[str, ...] = ()
    needed: frozenset[str] = frozenset()

    @property
    def python(self) -> str:
        """The row: ``3.13``, ``3.13t`` (free-threaded), ``PyPy 3.11``."""
        version = self.target.environment["python_version"]
        if self.target.implementation == "pp":
            return f"PyPy {version}"
        return version + ("t" if self.target.python_tag.endswith("t") else "")

    @property
    def platform(self) -> str:
        """The column: a preset's name, a short form, else the platform's tag.

        A preset has one name on every Python, and may be another platform on each.
        """
        asked = self.target.text.strip().lower().partition("-")[2]
        if find_preset(asked) is not None:
            return asked.replace("_", "-")
        return _CALLED.get(self.target.platform_tag, self.target.platform_tag)

    @property
    def rank(self) -> tuple[bool, tuple[int, ...]]:
        """Smaller is better: what most people have before free-threaded and PyPy, then the newer."""
        release = self.target.python_version.release
        return (not is_usual(self.python), tuple(-part for part in release))


@record
class Row:
    """One requirement that changes on some target.

    ``before`` is the requirement as written, empty for one that is added; ``changes`` are by the
    target's name, several where a requirement becomes several lines.
    """

    package: str
    file: str
    before: str
    changes: dict[str, tuple[Change, ...]]


@dataclass(frozen=True)
class Matrix:
    """The cells, in the order in which their targets were asked for.

    Two presets may be one target; each row and column has one cell.
    """

    files: tuple[str, ...]
    cells: tuple[Cell, ...]
    warnings: tuple[str, ...] = ()

    @property
    def pythons(self) -> tuple[str, ...]:
        """The rows."""
        return tuple(dict.fromkeys(cell.python for cell in self.cells))

    @property
    def platforms(self) -> tuple[str, ...]:
        """The columns."""
        return tuple(dict.fromkeys(cell.platform for cell in self.cells))

    @property
    def platform_meanings(self) -> dict[str, str]:
        """What each column was taken for: ``Linux x86_64, glibc 2.28``."""
        meant: dict[str, dict[str, None]] = {}
        for cell in self.cells:
            # Before it stands the Python, behind it why a preset is what it is.
            platform = cell.target.describe().partition(", ")[2].partition(" (")[0]
            meant.setdefault(cell.platform, {})[platform] = None
        return {platform: " or ".join(said) for platform, said in meant.items()}

    def at(self, python: str, platform: str) -> Cell | None:
        """The cell of a row and a column; None where nobody asked for it."""
        places = ((cell.python, cell.platform) for cell in self.cells)
        found = dict(zip(places, self.cells, strict=True))
        return found.get((python, platform))

    @property
    def ranked(self) -> tuple[Cell, ...]:
        """The fewest changes first, then the newest Python; what is refused last."""
        return tuple(
            sorted(self.cells, key=lambda cell: (cell.refusal != "", len(cell.changes), cell.rank))
        )

    @property
    def best(self) -> tuple[Cell, ...]:
        """The cells with the fewest changes, as asked for; none where all are refused."""
        first = self.ranked[0]
        if first.refusal:
            return ()
        least = len(first.changes)
        return tuple(c for c in self.cells if not c.refusal and len(c.changes) == least)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every requirement that changes on some target, in the order of the files."""
        rows: dict[tuple[str, str, str], Row] = {}
        lines: dict[tuple[str, str, str], int] = {}
        for cell in self.cells:
            for change in cell.changes:
                # What is added stands as empty: the version that is added differs by target.
                key = (change.file, change.package, change.before)
                row = rows.setdefault(key, Row(change.package, change.file, change.before, {}))
                own = row.changes.get(cell.target.name, ())
                row.changes[cell.target.name] = tuple(dict.fromkeys((*own, change)))
                lines[key] = min(lines.get(key, change.line), change.line)
        files = list(dict.fromkeys((*self.files, *(file for file, *_ in rows))))
        order = sorted(rows, key=lambda key: (files.index(key[0]), lines[key], key[1]))
        return tuple(rows[key] for key in order)


def is_usual(python: str) -> bool:
    """Whether a row is the Python that most people have: neither free-threaded nor PyPy."""
    return python.replace(".", "").isdigit()


def grouped(cells: Sequence[Cell]) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The cells as (Pythons, platforms): platforms that share their Pythons stand together."""
    by_platform: dict[str, list[str]] = {}
    for cell in cells:
        by_platform.setdefault(cell.platform, []).append(cell.python)
    together: dict[tuple[str, ...], list[str]] = {}
    for platform, pythons in by_platform.items():
        together.setdefault(tuple(pythons), []).append(platform)
    for shared, platforms in together.items():
        yield shared, tuple(platforms)
