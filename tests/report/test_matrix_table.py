"""The matrix on a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from pinfix.errors import NoSolutionError
from pinfix.inputs import Failure
from pinfix.planning.matrix import Cell, Matrix
from pinfix.planning.plan import Change
from pinfix.report.matrix_table import PLAIN_MARKS, Look, matrix_table
from pinfix.report.matrix_words import becomes, best_answer, first_reason, why_best
from pinfix.targets.host import find_target
from tests.fake_index import CP311, CP313, CP313_WINDOWS, FakeIndex, index, project
from tests.matrices import matrix
from tests.rulebook.packs import pack_text

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313_WINDOWS}),
    project("bar", ["1.0"]),
)
TEXT = "bar==1.0\nfoo==1.0\n"
ALL = ("cp311-manylinux", "cp311-win_amd64", "cp313-manylinux", "cp313-win_amd64")
TABLE = """\
requirements.txt: what would change, each target by itself

Python  manylinux  win_amd64
3.11    ✓          ✗
3.13    1          1
✓ nothing has to change, ✗ no solution

manylinux  Linux x86_64, glibc 2.28
win_amd64  Windows AMD64

manylinux
          3.11  3.13
foo==1.0  ✓     1.1

win_amd64
          3.11  3.13
foo==1.0  ✗     1.2
✓ stays as it is, ✗ no solution

✗ No solution on Python 3.11 (win_amd64):
    foo 1.2 to 1.0 (3 versions): the newest has no wheel for cp311-win_amd64
    (its wheels: cp313 on Windows AMD64)

Nothing has to change on Python 3.11 (manylinux).
"""


def table(text: Any = TEXT, world: FakeIndex = WORLD, targets: Any = ALL, **how: Any) -> str:
    look = {name: how.pop(name) for name in ("width", "color", "marks") if name in how}
    shown = {name: how.pop(name) for name in ("suggest", "verbose") if name in how}
    return matrix_table(matrix(text, world, targets, **how), Look(**look), **shown)


def test_whole_report() -> None:
    assert table() == TABLE


def test_marks_of_a_poor_encoding_are_words() -> None:
    plain = table(marks=PLAIN_MARKS)
    assert plain.isascii()
    assert "3.11    ok         no" in plain


def test_colours_change_nothing_but_colours() -> None:
    coloured = table(color=True)
    assert "\x1b[32m✓\x1b[0m" in coloured
    for code in ("0", "1", "31", "32", "33"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == TABLE


def test_nothing_to_change_anywhere_is_short() -> None:
    report = table("bar==1.0\n", targets=["cp311-any", "cp312-any"])
    assert report.endswith("\n\nNothing has to change on Python 3.11 and 3.12 (any).\n")
    assert "stays as it is" not in report


@pytest.mark.parametrize("width", [50, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    pythons = [f"cp3{n}" for n in range(8, 15)]
    kinds = {f"1.{n}": f"cp3{n}-cp3{n}-manylinux_2_17_x86_64" for n in range(8, 15)}
    world = index(project("a_long_name", kinds))
    targets = [f"{p}-{q}" for p in pythons for q in ("manylinux", "lambda", "win_amd64", "macosx")]
    for suggest in (True, False):
        report = table("a_long_name==1.9\n", world, targets, width=width, suggest=suggest)
        assert max(map(len, report.splitlines())) <= width


def test_columns_that_do_not_fit_stand_below_with_the_names_again() -> None:
    wide = {f"1.{n}.20250101": f"cp3{n}-cp3{n}-manylinux_2_17_x86_64" for n in (9, 10, 11, 12, 13)}
    world = index(project("foo", wide))
    targets = [f"cp3{n}-manylinux" for n in (9, 10, 11, 12, 13)]
    report = table("foo==1.9.20250101\n", world, targets, width=60)
    lines = [line for line in report.splitlines() if line.startswith("foo==")]
    assert [line.split()[1:] for line in lines] == [
        ["✓", "1.10.20250101", "1.11.20250101"],
        ["1.12.20250101", "1.13.20250101"],
    ]


def test_same_pythons_in_a_row_are_one_column() -> None:
    world = index(project("foo", {"1.0": "py2-none-any", "1.1": "py3-none-any"}))
    report = table("foo==1.0\n", world, [f"cp3{n}-any" for n in (9, 10, 11, 13)])
    assert "          3.9-3.11  3.13\nfoo==1.0  1.1       1.1\n" in report


def test_platforms_of_which_the_same_is_true_share_a_table() -> None:
    assert "manylinux and lambda\n          3.13\nfoo==1.0  1.1\n" in table(
        targets=["cp313-manylinux", "cp313-lambda"]
    )


def test_platform_where_nothing_happens_is_a_sentence() -> None:
    report = table(targets=["cp311-win_amd64", "cp313-manylinux", "cp311-manylinux"])
    assert "win_amd64: no solution\n" in report
    world = index(project("foo", {"1.0": [CP311, CP313], "1.1": CP313_WINDOWS}))
    targets = ["cp313-win_amd64", "cp313-manylinux", "cp311-manylinux"]
    report = table("foo==1.0\n", world, targets)
    assert "manylinux: nothing has to change\n" in report


def test_rows_of_several_files_stand_under_their_names() -> None:
    files = {"a.txt": "-r b.txt\nfoo==1.0\n", "b.txt": "bar==1.0\nfoo==1.0\n"}
    report = table(files, targets=["cp313-manylinux"])
    assert "            3.13\na.txt:\n  foo==1.0  1.1\nb.txt:\n  foo==1.0  1.1\n" in report


def test_reasons_on_request() -> None:
    said = table(verbose=True)
    assert "foo==1.0 -> foo==1.1: Python 3.13 (manylinux)\n    no wheel: foo 1.0 has no" in said
    assert "requirements.txt:2 requires foo==1.0" in said
    assert "requires foo==1.0" not in table()


def test_suggestion_ranks_and_says_why() -> None:
    said = table(suggest=True)
    ranks = [line.split()[:2] for line in said.splitlines() if line[:4].strip().endswith(".")]
    assert ranks == [["1.", "✓"], ["2.", "1"], ["3.", "1"], ["4.", "✗"]]
    assert "  2.  1  Python 3.13 (manylinux): foo\n           foo 1.0 has no wheel for" in said
    assert said.endswith(
        "cp311-manylinux is best:\nnothing has to change there, and more on every other target.\n"
    )


# -- words -------------------------------------------------------------------------------------


def made(**changes: int) -> Matrix:
    """A matrix with so many changes on each target; fewer than none for a refusal."""

    def cell(name: str, number: int) -> Cell:
        change = Change("a", "r.txt", 1, "a==1", "a==2", "no wheel", "because")
        target = find_target(name.replace("_", "-", 1))
        return Cell(target, (change,) * number, "no" if number < 0 else "")

    return Matrix(("r.txt",), tuple(cell(name, number) for name, number in changes.items()))


def test_best_answer_names_all_the_places() -> None:
    none = dict.fromkeys(("cp39_any", "cp310_any", "cp311_any", "cp311_render", "pp311_any"), 0)
    assert best_answer(made(**none, cp312_any=1)) == (
        "Nothing has to change on Python 3.9 to 3.11 and PyPy 3.11 (any) and Python 3.11 (render)."
    )


def test_pythons_with_a_gap_are_no_range() -> None:
    assert best_answer(made(cp39_any=2, cp311_any=2, cp312_any=2, cp310_any=3)) == (
        "Fewest changes: 2, on Python 3.9, 3.11 and 3.12 (any)."
    )


def test_no_answer_is_one_too() -> None:
    assert best_answer(made(cp39_any=-1)) == "The target has no solution."
    assert best_answer(made(cp39_any=-1, cp310_any=-1)) == "None of the targets has a solution."
    assert why_best(made(cp39_any=-1)) == ""


def test_changes_that_rules_alone_ask_for_are_said_to_be() -> None:
    world = index(project("lib", ["1.0", "1.1"]))
    rules = pack_text(id="cap", package="lib", versions="<1.1", reason="lib is Rust")
    said = best_answer(matrix("lib==1.1\n", world, ["cp313-any"], rules=rules))
    assert said == (
        "Fewest changes: 1, on Python 3.13 (any). Rules ask for it (rules); "
        "--rules chooses others, or none."
    )


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ({"cp39_any": 0}, "cp39-any is best: nothing has to change there."),
        ({"cp39_any": 1, "cp310_any": 2}, "1 change there, and more on every other target."),
        ({"cp39_any": 1, "cp39_render": 1}, "1 change there, as on 1 other platform with this"),
        ({"cp39_any": 0, "cp310_any": 0}, "it is the newest Python of the 2 targets of which"),
    ],
)
def test_why_the_best_is_best(counts: dict[str, int], why: str) -> None:
    assert why in why_best(made(**counts))


@pytest.mark.parametrize(
    ("before", "after", "becoming"),
    [
        ("a==1", "a==2", "2"),
        ("a[x]==1", "a==2", "2"),
        ("a[x]==1", "a==1", "no extras"),
        ("a[x,y]==1", "a[y]==1", "[y]"),
        ("a==1", "", "dropped"),
        ("", "a==1", "+1"),
        ("", "a", "added"),
        ("a==1", "a<2,>=1", "<2,>=1"),
        ("a==1", "a", "any version"),
        ("a==1", "b==2", "b 2"),
        ("a==1", "a==1 ; python_version < '3'", "a==1 ; python_version < '3'"),
        ("a=1", "a==1", "1"),
        ("a==1.*", "a==2.*", "2.*"),
        ("a==1", "what is this", "what is this"),
    ],
)
def test_what_a_requirement_becomes(before: str, after: str, becoming: str) -> None:
    assert becomes([Change("a", "r.txt", 1, before, after, "rule", "")]) == becoming


def test_several_lines_become_several_things() -> None:
    changes = [Change("a", "r.txt", n, "a==1", f"a=={n}", "rule", "") for n in (2, 3, 2)]
    assert becomes(changes) == "2 / 3"


def test_reason_of_a_refusal_is_its_first_fact() -> None:
    assert first_reason("No set:\n  a requires b\n    b has no wheel\n    c") == "b has no wheel"
    assert first_reason("All is lost") == "All is lost"
    assert first_reason("All is lost:\n  for one") == "for one"


def test_escapes_from_files_are_written_out() -> None:
    error = NoSolutionError("\x1b[31mred")
    change = Change("a", "\x1b.txt", 1, "a==1 \\\n  ", "a==2\u202e", "no wheel", "be\x07cause")
    cells = (
        Cell(find_target("cp313-any"), (change,)),
        Cell(find_target("cp312-any"), refusal=str(Failure(("a",), error))),
    )
    report = matrix_table(Matrix(("\x1b.txt",), cells), Look(), verbose=True)
    assert report.replace("\n", "").isprintable()
    assert "a==1 \\ -> a==2\\u202e" in report
