"""Included files: requirements by ``-r``, constraints by ``-c``."""

from __future__ import annotations

import pytest

from pinfix.errors import InputError, NoSolutionError
from tests.fake_index import CP311, CP313, PURE, index, project
from tests.fixing import after, plan, versions
from tests.rulebook.packs import pack_text

LIB = project("lib", {"1.0": CP311, "1.1": CP313, "1.2": CP313})


def test_included_file_is_changed_in_its_own_place() -> None:
    files = {"requirements.txt": "-r base.txt\napp==1.0\n", "base.txt": "lib==1.0\n"}
    made = plan(files, index(LIB, project("app", ["1.0"])))
    assert after(made) == files["requirements.txt"]
    assert after(made, "base.txt") == "lib==1.2\n"
    assert [(c.file, c.line) for c in made.changes] == [("base.txt", 1)]


def test_constraint_limits_what_something_else_requires() -> None:
    files = {"requirements.txt": "-c limits.txt\napp==1.0\n", "limits.txt": "lib<1.2\n"}
    made = plan(files, index(LIB, project("app", ["1.0"], requires=["lib"])))
    assert versions(made) == {"app": "1.0", "lib": "1.1"}
    assert not made.changed


def test_constraint_requires_nothing_by_itself() -> None:
    files = {"requirements.txt": "-c limits.txt\napp==1.0\n", "limits.txt": "gone==1.0\n"}
    made = plan(files, index(LIB, project("app", ["1.0"])))
    assert versions(made) == {"app": "1.0"}
    assert not made.changed


def test_pinned_constraint_moves_as_a_pin_does() -> None:
    files = {"requirements.txt": "-c limits.txt\napp==1.0\n", "limits.txt": "lib==1.0\n"}
    made = plan(files, index(LIB, project("app", ["1.0"], requires=["lib"])))
    assert after(made) == files["requirements.txt"]
    assert after(made, "limits.txt") == "lib==1.2\n"


def test_range_in_a_constraints_file_binds() -> None:
    files = {"requirements.txt": "-c limits.txt\nlib==1.0\n", "limits.txt": "lib<1.1\n"}
    with pytest.raises(NoSolutionError) as refused:
        plan(files, index(LIB))
    assert "limits.txt:1" in str(refused.value)


def test_pin_and_its_constraint_move_together() -> None:
    files = {"requirements.txt": "-c limits.txt\nlib==1.0\n", "limits.txt": "lib==1.0\n"}
    made = plan(files, index(LIB))
    assert after(made) == "-c limits.txt\nlib==1.2\n"
    assert after(made, "limits.txt") == "lib==1.2\n"
    assert not plan({file.path: file.after for file in made.files}, index(LIB)).changed


def test_several_files_are_solved_as_one() -> None:
    files = {"a.txt": "app==1.0\n", "b.txt": "lib==1.0\n"}
    world = index(project("app", ["1.0"], requires=["lib<1.2"]), LIB)
    made = plan(files, world, roots=["a.txt", "b.txt"])
    assert after(made, "b.txt") == "lib==1.1\n"


def test_missing_included_file_is_an_error_with_file_and_line() -> None:
    with pytest.raises(InputError, match=r"requirements\.txt:2"):
        plan("lib==1.0\n-r gone.txt\n", index(LIB))


def test_empty_file_needs_nothing() -> None:
    made = plan("# nothing yet\n", index(project("x", {"1.0": PURE})))
    assert not made.changed
    assert made.closure == ()


# -- files on the network ----------------------------------------------------------------------

REMOTE = "https://index.test/limits.txt"


def test_remote_constraint_is_an_order_even_where_it_pins() -> None:
    files = {"requirements.txt": f"-c {REMOTE}\nlib==1.2\n", REMOTE: "lib==1.1\n"}
    made = plan(files, index(LIB))
    assert after(made) == f"-c {REMOTE}\nlib==1.1\n"
    assert after(made, REMOTE) == "lib==1.1\n"


def test_remote_pin_that_cannot_be_installed_is_a_refusal_that_names_it() -> None:
    files = {"requirements.txt": f"-r {REMOTE}\n", REMOTE: "lib==1.0\n"}
    for relaxed in (False, True):
        with pytest.raises(
            NoSolutionError, match=r"https://index\.test/limits\.txt:1 requires lib"
        ):
            plan(files, index(LIB), relax_ranges=relaxed)


def test_rules_that_would_change_a_remote_line_bind_the_closure_alone() -> None:
    rules = pack_text(id="lib", package="lib", versions="<1.2")
    files = {"requirements.txt": f"-r {REMOTE}\n", REMOTE: "lib\n"}
    made = plan(files, index(LIB), rules=rules)
    assert after(made, REMOTE) == "lib\n"
    assert after(made).endswith("\nlib==1.1\n")
