from __future__ import annotations

from pinfix.errors import InputError, NoSolutionError
from pinfix.planning.plan import Change, Plan
from pinfix.report.annotations import error_annotation, plan_annotations


def noted(change: Change, *, written: bool = True) -> str:
    return plan_annotations(Plan((), (change,), (), (), (), ()), written=written)


def test_a_change_is_noted_at_its_line() -> None:
    change = Change("foo", "dir/r.txt", 3, "foo==1", "foo==2", "no wheel", "foo 1 has none")
    assert noted(change) == (
        "::notice file=dir/r.txt,line=3,title=pinfix%3A foo==1 -> foo==2::no wheel: foo 1 has none\n"
    )
    assert noted(change, written=False).startswith("::warning file=dir/r.txt,line=3,")


def test_nothing_in_a_requirement_ends_the_command() -> None:
    change = Change("foo", "a,b:c.txt", 1, "foo==1\n::error::x", "", "rule", "100 %\nof it")
    (line, rest) = noted(change).split("\n", 1)
    assert rest == ""
    assert line.startswith(
        "::notice file=a%2Cb%3Ac.txt,line=1,title=pinfix%3A foo==1%0A%3A%3Aerror"
    )
    assert line.endswith("::rule: 100 %25%0Aof it")


def test_an_error_is_noted_where_it_is() -> None:
    error = InputError("this is no requirement", path="r.txt", line=2)
    assert (
        error_annotation(error)
        == "::error file=r.txt,line=2,title=pinfix::this is no requirement\n"
    )
    assert error_annotation(NoSolutionError("a\nb")) == "::error title=pinfix::a%0Ab\n"
