"""A matrix, or the error in its place, as JSON: the schema that the README documents. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pinfix.report.matrix_words import becomes, best_answer, in_the_way, why_best
from pinfix.report.plan_json import change_dict, error_dict, target_dict
from pinfix.report.words import json_text

if TYPE_CHECKING:
    from pinfix.errors import PinfixError
    from pinfix.planning.matrix import Cell, Matrix

SCHEMA: Final = 1


def matrix_json(matrix: Matrix) -> str:
    """The matrix as a JSON document, ending in a line feed."""
    return _document(
        files=list(matrix.files),
        cells=[_cell(cell) for cell in matrix.cells],
        packages=[
            {
                "package": row.package,
                "file": row.file,
                "before": row.before,
                "becomes": {name: becomes(changes) for name, changes in row.changes.items()},
            }
            for row in matrix.rows
        ],
        suggestion={
            "best": [cell.target.text for cell in matrix.best],
            "answer": best_answer(matrix),
            "why": why_best(matrix),
            "ranking": [
                {
                    "target": cell.target.text,
                    "changes": None if cell.refusal else len(cell.changes),
                    "in_the_way": in_the_way(cell),
                }
                for cell in matrix.ranked
            ],
        },
        warnings=list(matrix.warnings),
    )


def matrix_error_json(error: PinfixError) -> str:
    """The same document for a run that ended in an error: nothing but the error is known."""
    return _document(error=error_dict(error))


def _document(**known: Any) -> str:
    document = {
        "schema": SCHEMA,
        "files": [],
        "cells": [],
        "packages": [],
        "suggestion": None,
        "warnings": [],
        "error": None,
    }
    return json_text(document | known)


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "target": target_dict(cell.target),
        "changes": [change_dict(change) for change in cell.changes],
        "refusal": cell.refusal or None,
        "kept_sdists": list(cell.kept_sdists),
        "warnings": list(cell.warnings),
    }
