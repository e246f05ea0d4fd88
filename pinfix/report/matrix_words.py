"""A matrix in words: the best answer, what a requirement becomes, what is in the way. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pinfix.planning.matrix import Matrix, grouped, is_usual
from pinfix.report.printable import printable
from pinfix.report.words import count

if TYPE_CHECKING:
    from pinfix.planning.matrix import Cell, Row
    from pinfix.planning.plan import Change


def as_shown(matrix: Matrix) -> Matrix:
    """The matrix with all that comes from files and indexes in characters that can be shown."""

    def shown(change: Change) -> Change:
        # A requirement may go on on the next line.
        before, after = (" ".join(text.split()) for text in (change.before, change.after))
        return replace(
            change,
            package=printable(change.package),
            file=printable(change.file),
            before=printable(before),
            after=printable(after),
            reason=printable(change.reason),
        )

    return Matrix(
        tuple(map(printable, matrix.files)),
        tuple(
            replace(
                cell,
                changes=tuple(map(shown, cell.changes)),
                refusal=printable(cell.refusal),
                warnings=tuple(map(printable, cell.warnings)),
            )
            for cell in matrix.cells
        ),
        tuple(map(printable, matrix.warnings)),
    )


def best_answer(matrix: Matrix) -> str:
    """Where nothing has to change, else where the least has to."""
    best = matrix.best
    if not best:
        one = len(matrix.cells) == 1
        return "The target has no solution." if one else "None of the targets has a solution."
    changes = len(best[0].changes)
    if not changes:
        return f"Nothing has to change on {places(best)}."
    answer = f"Fewest changes: {changes}, on {places(best)}."
    rules = {change.rule.pack for change in best[0].changes if change.rule is not None}
    if rules and all(change.rule is not None for change in best[0].changes):
        them = "it" if changes == 1 else "all of them"
        answer += (
            f" Rules ask for {them} ({listed(sorted(rules))}); --rules chooses others, or none."
        )
    return answer


def why_best(matrix: Matrix) -> str:
    """Why the first of the ranked targets is the first; empty where none has a solution."""
    best = matrix.best
    if not best:
        return ""
    first = matrix.ranked[0]
    said = "nothing has to change there" if not first.changes else f"{changes_of(first)} there"
    if len(best) == 1:
        rest = "" if len(matrix.cells) == 1 else ", and more on every other target"
    elif first.python == best[0].python and len({cell.python for cell in best}) == 1:
        rest = f", as on {count(len(best) - 1, 'other platform')} with this Python"
    else:
        rest = f", and it is the newest Python of the {len(best)} targets of which that is true"
    return f"{first.target.text} is best: {said}{rest}."


def changes_of(cell: Cell) -> str:
    """``nothing has to change``, ``3 changes``, ``no solution``."""
    if cell.refusal:
        return "no solution"
    return count(len(cell.changes), "change") if cell.changes else "nothing has to change"


def packages_of(cell: Cell) -> str:
    """The packages that change, each once."""
    return ", ".join(dict.fromkeys(change.package for change in cell.changes))


def in_the_way(cell: Cell) -> str:
    """The first reason why something has to change, or why nothing can be done."""
    if cell.refusal:
        return first_reason(cell.refusal)
    # What a rule wants is wanted on most targets; what is missing tells them apart.
    reasons = sorted(cell.changes, key=lambda change: change.rule is not None)
    return reasons[0].reason if reasons else ""


def first_reason(refusal: str) -> str:
    """The first fact of a refusal: they are indented by four below the requirements."""
    lines = refusal.splitlines()
    facts = [line for line in lines if line.startswith("    ")]
    return (facts or lines[1:] or lines)[0].strip()


def places(cells: Sequence[Cell]) -> str:
    """``Python 3.9 to 3.12 (manylinux and macosx) and Python 3.12 (win_amd64)``."""
    return listed(
        f"{_pythons(shared)} ({listed(platforms)})" for shared, platforms in grouped(cells)
    )


def _pythons(some: Sequence[str]) -> str:
    """``Python 3.9 to 3.12 and PyPy 3.11``."""
    own = [python for python in some if python.startswith("PyPy")]
    others = [python for python in some if python not in own]
    run = f"{others[0]} to {others[-1]}" if len(others) > 2 and are_a_run(others) else ""
    return listed([*([f"Python {run or listed(others)}"] if others else []), *own])


def are_a_run(some: Sequence[str]) -> bool:
    """Whether the Pythons follow one another, as 3.9 and 3.10 do."""
    if not all(map(is_usual, some)):
        return False
    versions = [tuple(map(int, python.split("."))) for python in some]
    return all(after == (major, minor + 1) for (major, minor), after in pairwise(versions))


def listed(words: Iterable[str]) -> str:
    """``a, b and c``."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def row_name(row: Row) -> str:
    """What stands before a row: the requirement as it is, or the package that is added."""
    return row.before or f"{row.package} (added)"


def becomes(changes: Iterable[Change]) -> str:
    """What becomes of a requirement on a target: the new version, ``dropped``, ``+1.0``."""
    return " / ".join(dict.fromkeys(map(_becomes, changes)))


def _becomes(change: Change) -> str:
    if not change.after:
        return "dropped"
    after, before = _read(change.after), _read(change.before)
    if after is None:
        return change.after
    if not change.before:
        return f"+{_version(after)}" if after.specifier else "added"
    if before is None:
        return _version(after) or change.after
    if canonicalize_name(after.name) != canonicalize_name(before.name):
        return f"{after.name} {_version(after)}".strip()
    if after.specifier != before.specifier:
        return _version(after) or "any version"
    if after.extras != before.extras:
        return f"[{','.join(sorted(after.extras))}]" if after.extras else "no extras"
    return change.after


def _version(requirement: Requirement) -> str:
    """The version of a pin, else the specifier as it is."""
    clauses = list(requirement.specifier)
    pinned = len(clauses) == 1 and clauses[0].operator == "=="
    return clauses[0].version if pinned else str(requirement.specifier)


def _read(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None
