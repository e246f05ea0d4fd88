"""A matrix over files and an index in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pinfix.errors import NoSolutionError, PinfixError
from pinfix.inputs import Failure
from pinfix.matrix import cell_of
from pinfix.planning.matrix import Cell, Matrix
from pinfix.planning.plan import Plan
from pinfix.targets.host import find_target
from tests.fake_index import FakeIndex
from tests.fixing import FILE, Files, plan


def matrix(text: Files, index: FakeIndex, targets: Sequence[str], **how: Any) -> Matrix:
    """The files planned for each target by itself; ``how`` as for ``plan``."""
    files = tuple(text) if not isinstance(text, str | bytes) else (FILE,)
    return Matrix(files, tuple(_cell(text, index, target, how) for target in targets))


def _cell(text: Files, index: FakeIndex, name: str, how: dict[str, Any]) -> Cell:
    outcome: Plan | Failure
    try:
        outcome = plan(text, index, targets=name, **how)
    except NoSolutionError as error:
        outcome = Failure((FILE,), error)
    cell = cell_of(find_target(name), [outcome])
    assert not isinstance(cell, PinfixError)
    return cell
