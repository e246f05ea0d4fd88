"""A matrix for a terminal, or for a file: a grid, what becomes of each requirement, the answer. Pure.

Nothing is said by colour alone, and a line is as long as the terminal is wide at most, as long as
one column fits.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from pinfix.records import record
from pinfix.report.matrix_words import (
    are_a_run,
    as_shown,
    becomes,
    best_answer,
    changes_of,
    first_reason,
    in_the_way,
    listed,
    packages_of,
    places,
    row_name,
    why_best,
)
from pinfix.report.summary import change_phrase
from pinfix.report.text_table import GAP, Piece, columns_of_text

if TYPE_CHECKING:
    from pinfix.planning.matrix import Cell, Matrix, Row
    from pinfix.planning.plan import Change

_Key: TypeAlias = tuple[str, str]


class Marks(NamedTuple):
    """What stands for a word in a table."""

    same: str
    refused: str
    absent: str


MARKS: Final = Marks("✓", "✗", "-")
# For an encoding that lacks the others.
PLAIN_MARKS: Final = Marks("ok", "no", "-")


@record
class Look:
    """The terminal: ``width`` in columns, whether it shows colours, and which marks."""

    width: int = 80
    color: bool = False
    marks: Marks = MARKS


def matrix_table(
    matrix: Matrix, look: Look, *, suggest: bool = False, verbose: bool = False
) -> str:
    """The report. ``suggest`` ranks the targets, ``verbose`` gives the reason for every change."""
    matrix = as_shown(matrix)
    parts: list[list[str]] = [
        _wrapped(f"{', '.join(matrix.files)}: what would change, each target by itself", look),
        [*_grid(matrix, look), *_legend(matrix, look)],
        [*_platforms(matrix, look)],
        *([[*_ranking(matrix, look)]] if suggest else _packages(matrix, look)),
        [] if suggest and not verbose else [*_refusals(matrix, look, verbose=verbose)],
        [*_reasons(matrix, look)] if verbose else [],
        _wrapped(f"{best_answer(matrix)} {why_best(matrix) if suggest else ''}".strip(), look),
    ]
    return "\n".join("".join(f"{line}\n" for line in part) for part in parts if part)


def _grid(matrix: Matrix, look: Look) -> Iterator[str]:
    """Pythons down, platforms across, as many platforms beside each other as fit."""

    def column(platform: str) -> list[Piece]:
        cells = (matrix.at(python, platform) for python in matrix.pythons)
        return [Piece(platform, "bold"), *(_number(cell, look) for cell in cells)]

    names = [Piece("Python", "bold"), *map(Piece, matrix.pythons)]
    yield from columns_of_text(
        names, [column(p) for p in matrix.platforms], look.width, color=look.color
    )


def _number(cell: Cell | None, look: Look) -> Piece:
    if cell is None:
        return Piece("")
    if cell.refusal:
        return Piece(look.marks.refused, "red")
    if not cell.changes:
        return Piece(look.marks.same, "green")
    return Piece(str(len(cell.changes)), "yellow")


def _legend(matrix: Matrix, look: Look) -> Iterator[str]:
    said = []
    if any(not cell.refusal and not cell.changes for cell in matrix.cells):
        said.append(f"{look.marks.same} nothing has to change")
    if any(cell.refusal for cell in matrix.cells):
        said.append(f"{look.marks.refused} no solution")
    yield from _wrapped(", ".join(said), look)


def _platforms(matrix: Matrix, look: Look) -> Iterator[str]:
    """What each platform was taken for."""
    width = max(map(len, matrix.platforms)) + len(GAP)
    for platform, meaning in matrix.platform_meanings.items():
        first, *more = _indented(meaning, " " * width, look)
        yield f"{platform.ljust(width)}{first.lstrip()}"
        yield from more


def _packages(matrix: Matrix, look: Look) -> list[list[str]]:
    """A table for each platform, or for several of which the same is true."""
    blocks: dict[tuple[tuple[str, tuple[str, ...]], ...], list[str]] = {}
    for platform in matrix.platforms if matrix.rows else ():
        cells = [cell for cell in matrix.cells if cell.platform == platform]
        told = tuple((cell.python, _column(matrix, cell, look.marks)) for cell in cells)
        blocks.setdefault(told, []).append(platform)
    parts = [_block(matrix, told, platforms, look) for told, platforms in blocks.items()]
    if parts:
        parts[-1] += _wrapped(", ".join(_row_legend(matrix, look.marks)), look)
    return parts


def _block(
    matrix: Matrix,
    told: Sequence[tuple[str, tuple[str, ...]]],
    platforms: Sequence[str],
    look: Look,
) -> list[str]:
    """What is ``told`` by Python for some platforms; rows that change on none of them are left out."""
    lead = [
        Piece(line, "bold").shown(color=look.color) for line in _wrapped(listed(platforms), look)
    ]
    quiet = {look.marks.same, look.marks.absent, look.marks.refused}
    kept = [n for n in range(len(matrix.rows)) if any(texts[n] not in quiet for _, texts in told)]
    if not kept:
        refused = [texts[0] == look.marks.refused for _, texts in told]
        nothing = "nothing has to change" + (" where there is a solution" if any(refused) else "")
        said = "no solution" if all(refused) else nothing
        return _wrapped(f"{listed(platforms)}: {said}", look)
    shown = _under_files(matrix, kept)
    names = [Piece(""), *(name for name, _ in shown)]
    columns = [
        [Piece(_span(some), "bold"), *(_becoming(texts, n, look.marks) for _, n in shown)]
        for some, texts in _merged(told)
    ]
    return [*lead, *columns_of_text(names, columns, look.width, color=look.color)]


def _under_files(matrix: Matrix, kept: Sequence[int]) -> list[tuple[Piece, int | None]]:
    """The rows' names with their numbers, and where there are several files, theirs above them."""
    shown: list[tuple[Piece, int | None]] = []
    several = len({*matrix.files, *(row.file for row in matrix.rows)}) > 1
    for file, numbers in groupby(kept, key=lambda n: matrix.rows[n].file):
        if several:
            shown.append((Piece(f"{file}:"), None))
        indent = GAP if several else ""
        shown += [(Piece(indent + row_name(matrix.rows[n])), n) for n in numbers]
    return shown


def _becoming(texts: Sequence[str], row: int | None, marks: Marks) -> Piece:
    return Piece("") if row is None else Piece(texts[row], _style(texts[row], marks))


def _column(matrix: Matrix, cell: Cell, marks: Marks) -> tuple[str, ...]:
    """What becomes of each row on one target."""

    def text(row: Row) -> str:
        if cell.refusal:
            return marks.refused
        if cell.target.name in row.changes:
            return becomes(row.changes[cell.target.name])
        return marks.same if row.before else marks.absent

    return tuple(map(text, matrix.rows))


def _merged(
    columns: Iterable[tuple[str, tuple[str, ...]]],
) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    """Pythons that follow one another and say the same, as one column."""
    some: list[str] = []
    said: tuple[str, ...] = ()
    for python, texts in columns:
        if some and (texts != said or not are_a_run([*some, python])):
            yield some, said
            some = []
        some, said = [*some, python], texts
    yield some, said


def _span(some: Sequence[str]) -> str:
    return some[0] if len(some) == 1 else f"{some[0]}-{some[-1]}"


def _style(text: str, marks: Marks) -> str:
    known = {marks.same: "green", marks.refused: "red", marks.absent: ""}
    return known.get(text, "yellow")


def _row_legend(matrix: Matrix, marks: Marks) -> Iterator[str]:
    yield f"{marks.same} stays as it is"
    if any(not row.before for row in matrix.rows):
        yield f"{marks.absent} not needed"
    if any(cell.refusal for cell in matrix.cells):
        yield f"{marks.refused} no solution"


def _ranking(matrix: Matrix, look: Look) -> Iterator[str]:
    """The targets, best first, with what changes and the first reason; those alike together."""
    yield "Fewest changes first, then the newest Python:"
    number = 1
    for cells in _alike(matrix.ranked):
        first = cells[0]
        mark = _number(first, look)
        what = packages_of(first) or changes_of(first)
        lead = f"{number:>3}. "
        said = _wrapped(f"{places(cells)}: {what}", look, narrower=len(lead) + 4)
        yield f"{lead}{Piece(mark.text.rjust(2), mark.style).shown(color=look.color)}{GAP}{said[0]}"
        indent = " " * (len(lead) + 4)
        yield from (indent + line for line in said[1:])
        if in_the_way(first):
            yield from _indented(in_the_way(first), indent + GAP, look)
        number += len(cells)


def _alike(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    """Neighbours of one Python on which the same changes, or nothing can be done."""

    def what(cell: Cell) -> object:
        changes = tuple((change.before, change.after) for change in cell.changes)
        return cell.python, changes, cell.refusal != ""

    for _, same in groupby(cells, key=what):
        yield list(same)


def _refusals(matrix: Matrix, look: Look, *, verbose: bool) -> Iterator[str]:
    """The first reason of each refusal, ``verbose``: all that it says.

    Of those that differ in the target's name alone there is one.
    """
    same: dict[str, list[Cell]] = {}
    for cell in matrix.cells:
        if cell.refusal:
            said = cell.refusal if verbose else first_reason(cell.refusal)
            same.setdefault(said.replace(cell.target.name, ""), []).append(cell)
    for cells in same.values():
        mark = Piece(look.marks.refused, "red").shown(color=look.color)
        lead, *more = _wrapped(f"No solution on {places(cells)}:", look, narrower=2)
        yield f"{mark} {lead}"
        yield from (f"  {line}" for line in more)
        lines = cells[0].refusal.splitlines()
        for line in lines if verbose else [first_reason(cells[0].refusal)]:
            space = line[: len(line) - len(line.lstrip())]
            yield from _indented(line, f"    {space}", look)


def _reasons(matrix: Matrix, look: Look) -> Iterator[str]:
    """Why each requirement becomes what it does; once for all targets on which it is the same."""
    for row in matrix.rows:
        same: dict[_Key, list[Cell]] = {}
        first: dict[_Key, Change] = {}
        for cell in matrix.cells:
            for change in row.changes.get(cell.target.name, ()):
                key: _Key = (change.after, change.cause)
                same.setdefault(key, []).append(cell)
                first.setdefault(key, change)
        for key, cells in same.items():
            change = first[key]
            yield from _indented(f"{change_phrase(change)}: {places(cells)}", "", look)
            yield from _indented(f"{change.cause}: {change.reason}", "    ", look)


def _wrapped(text: str, look: Look, *, narrower: int = 0) -> list[str]:
    return textwrap.wrap(text, look.width - narrower, break_on_hyphens=False)


def _indented(text: str, indent: str, look: Look) -> list[str]:
    return textwrap.wrap(
        text.strip(),
        look.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
