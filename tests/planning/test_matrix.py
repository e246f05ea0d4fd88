"""Plans side by side: rows and columns, which targets are best, what changes on which."""

from __future__ import annotations

import pytest

from pinfix.planning.matrix import Cell, Matrix, grouped
from pinfix.targets.host import find_target
from tests.fake_index import CP311, CP313, CP313_WINDOWS, PURE, index, project
from tests.matrices import matrix

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313_WINDOWS}),
    project("bar", ["1.0"]),
)
TEXT = "bar==1.0\nfoo==1.0\n"
ALL = ("cp311-manylinux", "cp311-win_amd64", "cp313-manylinux", "cp313-win_amd64")


@pytest.mark.parametrize(
    ("target", "python", "platform"),
    [
        ("cp313-manylinux", "3.13", "manylinux"),
        ("cp313-manylinux_2_28_x86_64", "3.13", "manylinux"),
        ("3.13-linux", "3.13", "manylinux"),
        ("cp313t-musllinux", "3.13t", "musllinux"),
        ("pp311-macosx", "PyPy 3.11", "macosx"),
        ("cp310-windows", "3.10", "win_amd64"),
        ("cp310-manylinux_2_17_aarch64", "3.10", "manylinux_2_17_aarch64"),
        ("cp311-render", "3.11", "render"),
        ("cp311-lambda_arm64", "3.11", "lambda-arm64"),
        ("cp311-any", "3.11", "any"),
    ],
)
def test_place_of_a_target(target: str, python: str, platform: str) -> None:
    cell = Cell(find_target(target))
    assert (cell.python, cell.platform) == (python, platform)


def test_each_cell_is_the_plan_for_its_target_alone() -> None:
    made = matrix(TEXT, WORLD, ALL)
    after = [[change.after for change in cell.changes] for cell in made.cells]
    assert after == [[], [], ["foo==1.1"], ["foo==1.2"]]
    assert [bool(cell.refusal) for cell in made.cells] == [False, True, False, False]


def test_rows_and_columns_in_the_order_asked_for() -> None:
    made = matrix(TEXT, WORLD, ALL)
    assert made.pythons == ("3.11", "3.13")
    assert made.platforms == ("manylinux", "win_amd64")
    assert made.at("3.13", "win_amd64") is made.cells[3]
    assert made.at("3.9", "win_amd64") is None


def test_preset_says_all_the_platforms_that_it_is() -> None:
    made = Matrix((), tuple(Cell(find_target(f"cp3{n}-lambda")) for n in (11, 12, 13)))
    assert made.platform_meanings == {
        "lambda": "Linux x86_64, glibc 2.26 or Linux x86_64, glibc 2.34"
    }


def test_fewest_changes_rank_first_and_refusals_last() -> None:
    made = matrix(TEXT, WORLD, ALL)
    ranked = [cell.target.text for cell in made.ranked]
    assert ranked == ["cp311-manylinux", "cp313-manylinux", "cp313-win_amd64", "cp311-win_amd64"]
    assert [cell.target.text for cell in made.best] == ["cp311-manylinux"]


def test_among_equals_the_newer_python_ranks_first_and_rare_builds_last() -> None:
    world = index(project("foo", ["1.0"]))
    targets = ["pp311-any", "cp39-any", "cp313t-any", "cp310-any", "cp313-any"]
    made = matrix("foo==1.0\n", world, targets)
    ranked = [cell.target.text for cell in made.ranked]
    assert ranked == ["cp313-any", "cp310-any", "cp39-any", "cp313t-any", "pp311-any"]
    assert len(made.best) == len(targets)


def test_nothing_is_best_where_all_is_refused() -> None:
    assert matrix("nowhere==1\n", WORLD, ALL).best == ()


def test_row_is_a_requirement_with_what_it_becomes_where() -> None:
    (row,) = matrix(TEXT, WORLD, ALL).rows
    assert (row.package, row.file, row.before) == ("foo", "requirements.txt", "foo==1.0")
    linux, windows = "cp313-manylinux_2_28_x86_64", "cp313-win_amd64"
    assert {name: [c.after for c in changes] for name, changes in row.changes.items()} == {
        linux: ["foo==1.1"],
        windows: ["foo==1.2"],
    }


def test_rows_stand_as_in_the_files_and_what_is_added_last() -> None:
    world = index(
        project("foo", {"1.0": CP311, "1.1": CP313}),
        project("bar", {"1.0": CP311, "1.1": CP313}),
        project("app", ["1.0"], requires=["lib"]),
        project("lib", {"1.0": PURE, "2.0": "sdist rust"}),
    )
    files = {"b.txt": "-r a.txt\nfoo==1.0\napp==1.0\n", "a.txt": "bar==1.0\n"}
    made = matrix(files, world, ["cp313-manylinux"])
    rows = [(row.file, row.before or f"+{row.package}") for row in made.rows]
    assert rows == [("b.txt", "foo==1.0"), ("b.txt", "+lib"), ("a.txt", "bar==1.0")]


def test_addition_of_other_versions_is_one_row() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib"]),
        project("lib", {"1.0": CP311, "1.1": CP313, "2.0": "sdist rust"}),
    )
    made = matrix("app==1.0\n", world, ["cp311-manylinux", "cp313-manylinux"])
    (row,) = made.rows
    assert row.before == ""
    assert [c.after for changes in row.changes.values() for c in changes] == [
        "lib==1.0",
        "lib==1.1",
    ]


def test_platforms_with_the_same_pythons_stand_together() -> None:
    names = ["cp311-manylinux", "cp311-macosx", "cp312-manylinux", "cp312-macosx", "cp312-any"]
    cells = [Cell(find_target(name)) for name in names]
    assert list(grouped(cells)) == [
        (("3.11", "3.12"), ("manylinux", "macosx")),
        (("3.12",), ("any",)),
    ]
