"""The matrix as JSON: the schema that others program against."""

from __future__ import annotations

import json
from typing import Any

from pinfix.errors import IndexUnavailableError
from pinfix.report.matrix_json import SCHEMA, matrix_error_json, matrix_json
from tests.fake_index import CP311, CP313, index, project
from tests.matrices import matrix

WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
TARGETS = ("cp311-manylinux", "cp313-manylinux", "cp313-win_amd64")
LINUX = "cp313-manylinux_2_28_x86_64"


def document() -> Any:
    return json.loads(matrix_json(matrix("foo==1.0\nbar==1.0\n", WORLD, TARGETS)))


def test_top_level_fields_are_those_of_the_schema() -> None:
    made = document()
    assert made["schema"] == SCHEMA
    fields = {"schema", "files", "cells", "packages", "suggestion", "warnings", "error"}
    assert set(made) == fields
    assert made["files"] == ["requirements.txt"]


def test_cell_has_its_target_and_its_changes_or_why_there_are_none() -> None:
    unchanged, changed, refused = document()["cells"]
    assert unchanged["changes"] == []
    assert unchanged["refusal"] is None
    assert changed["target"]["name"] == LINUX
    (change,) = changed["changes"]
    assert (change["before"], change["after"], change["cause"]) == (
        "foo==1.0",
        "foo==1.1",
        "no wheel",
    )
    assert refused["changes"] == []
    assert refused["refusal"].startswith("No set of versions installs from wheels")


def test_package_says_what_it_becomes_on_which_target() -> None:
    assert document()["packages"] == [
        {
            "package": "foo",
            "file": "requirements.txt",
            "before": "foo==1.0",
            "becomes": {LINUX: "1.1"},
        }
    ]


def test_suggestion_ranks_all_targets() -> None:
    suggestion = document()["suggestion"]
    assert suggestion["best"] == ["cp311-manylinux"]
    assert suggestion["answer"] == "Nothing has to change on Python 3.11 (manylinux)."
    ranking = [(one["target"], one["changes"]) for one in suggestion["ranking"]]
    assert ranking == [("cp311-manylinux", 0), ("cp313-manylinux", 1), ("cp313-win_amd64", None)]
    assert "has no wheel for" in suggestion["ranking"][1]["in_the_way"]


def test_error_keeps_the_schema() -> None:
    made = json.loads(matrix_error_json(IndexUnavailableError("https://a.test", "down")))
    assert set(made) == set(document())
    assert made["error"] == {
        "kind": "IndexUnavailableError",
        "exit_code": 4,
        "message": "https://a.test: down",
    }
    assert (made["cells"], made["suggestion"]) == ([], None)
