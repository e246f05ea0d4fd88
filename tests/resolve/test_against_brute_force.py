"""Small random indexes: the plan against an exhaustive search that shares no code with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from pinfix.errors import NoSolutionError
from tests.fake_index import CP311, CP313
from tests.fixing import LINUX_311, LINUX_313, after, plan
from tests.rulebook.packs import pack_text
from tests.small_index import (
    Small,
    Wanted,
    cases,
    closure_of,
    orders,
    quick,
    read,
    read_first,
    text_of,
)


@quick
@given(cases())
def test_solution_is_consistent_and_refusal_is_true(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index())
    except NoSolutionError:
        event("refused")
        assert not small.solvable(orders(lines), CP313)
        return
    event("changed" if made.changed else "unchanged")
    assert closure_of(made) in list(small.solutions(read(made.files[0].after.decode()), CP313))


@quick
@given(cases())
def test_no_changed_pin_can_go_back_or_higher_alone(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index())
    except NoSolutionError:
        return
    kept = read_first(made, len(lines))
    for place, (old, new) in enumerate(zip(lines, kept, strict=True)):
        if str(old) == str(new):
            continue
        assert old.operator == "=="
        higher = [
            Wanted(new.name, "==", n) for n in range(new.number + 1, len(small.packages[new.name]))
        ]
        for other in (old, *higher):
            alone = [*kept[:place], other, *kept[place + 1 :]]
            assert not small.solvable(alone, CP313), f"{other} could have stood for {new}"


@quick
@given(cases())
def test_second_run_changes_nothing(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index())
    except NoSolutionError:
        return
    assert not plan(made.files[0].after, small.index()).changed


@quick
@given(cases())
def test_solution_for_two_targets_holds_on_each_and_lines_have_one_version(
    case: tuple[Small, list[Wanted]],
) -> None:
    small, lines = case
    tags = (CP311, CP313)
    try:
        made = plan(text_of(lines), small.index(), targets=(LINUX_311, LINUX_313))
    except NoSolutionError:
        common = [*small.solutions(orders(lines), CP311)]
        assert not any(solution in common for solution in small.solutions(orders(lines), CP313))
        return
    for number, tag in enumerate(tags):
        found = closure_of(made, number)
        assert found in list(small.solutions(read(made.files[0].after.decode()), tag))
        # What a line names is at one version; only what none names may differ, and only at need.
        named = {line.name for line in lines}
        assert {n: v for n, v in found.items() if n in named} == {
            n: v for n, v in closure_of(made).items() if n in named
        }


@quick
@given(cases())
def test_pip_left_alone_with_the_rewritten_file_ends_without_a_build(
    case: tuple[Small, list[Wanted]],
) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index())
    except NoSolutionError:
        return
    installed = small.as_pip(read(made.files[0].after.decode()), CP313)
    assert installed is not None
    assert all(small.fits(name, version, CP313) for name, version in installed.items())


# -- policies ----------------------------------------------------------------------------------

POLICIES: list[dict[str, Any]] = [
    {"no_upgrade": True},
    {"prefer": "nearest"},
    {"no_upgrade": True, "prefer": "nearest"},
    {"relax_ranges": True},
]


def let_go(lines: Sequence[Wanted], policy: dict[str, Any]) -> list[Wanted]:
    """What binds under a policy when every pin has been let go."""
    left = (
        [Wanted(line.name, "", 0) for line in lines] if "relax_ranges" in policy else orders(lines)
    )
    if "no_upgrade" in policy:
        pins = [line for line in lines if line.operator == "=="]
        left += [Wanted(pin.name, "<", pin.number + 1) for pin in pins]
    return left


@quick
@given(cases(), st.sampled_from(POLICIES))
def test_policy_is_obeyed_and_refusal_under_it_is_true(
    case: tuple[Small, list[Wanted]], policy: dict[str, Any]
) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index(), **policy)
    except NoSolutionError:
        assert not small.solvable(let_go(lines, policy), CP313)
        return
    assert closure_of(made) in list(small.solutions(read(after(made)), CP313))
    assert not plan(after(made), small.index(), **policy).changed
    for old, new in zip(lines, read_first(made, len(lines)), strict=True):
        if "no_upgrade" in policy and str(old) != str(new):
            assert new.number < old.number


@quick
@given(cases())
def test_nearest_is_nearest(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    try:
        made = plan(text_of(lines), small.index(), prefer="nearest")
    except NoSolutionError:
        return
    kept = read_first(made, len(lines))
    for place, (old, new) in enumerate(zip(lines, kept, strict=True)):
        if str(old) == str(new):
            continue
        for number in range(len(small.packages[new.name])):
            if abs(number - old.number) < abs(new.number - old.number):
                nearer = Wanted(new.name, "==", number)
                alone = [*kept[:place], nearer, *kept[place + 1 :]]
                assert not small.solvable(alone, CP313), f"{nearer} is nearer to {old} than {new}"


# -- rules -------------------------------------------------------------------------------------

Cap = tuple[str, str, str]  # package, versions, the package beside it or ""

caps = st.tuples(
    st.sampled_from("abcdef"),
    st.sampled_from(["<1.1", "<1.2", ">=1.1", ">=1.2", "!=1.1"]),
    st.sampled_from(["", "", "a", "b", "c"]),
).filter(lambda cap: cap[0] != cap[2])


def obeyed(solution: dict[str, int], rules: Sequence[Cap]) -> bool:
    return all(
        f"1.{solution[package]}" in SpecifierSet(versions)
        for package, versions, beside in rules
        if package in solution and (not beside or beside in solution)
    )


@quick
@given(cases(), st.lists(caps, min_size=1, max_size=3))
def test_rules_hold_in_the_whole_closure_and_refusal_under_them_is_true(
    case: tuple[Small, list[Wanted]], rules: list[Cap]
) -> None:
    small, lines = case
    pack = "\n".join(
        pack_text(id=f"cap-{place}", package=package, versions=versions, beside=beside or None)
        for place, (package, versions, beside) in enumerate(rules)
    )
    try:
        made = plan(text_of(lines), small.index(), rules=pack)
    except NoSolutionError:
        solutions = small.solutions(orders(lines), CP313)
        assert not any(obeyed(solution, rules) for solution in solutions)
        return
    assert obeyed(closure_of(made), rules)
    assert not plan(after(made), small.index(), rules=pack).changed


# -- constraints files -------------------------------------------------------------------------


def constrained(
    small: Small, lines: Sequence[Wanted], limits: Sequence[Wanted]
) -> Iterator[dict[str, int]]:
    """The solutions within limits, which require nothing by themselves."""
    for solution in small.solutions(lines, CP313):
        if all(one.holds(solution[one.name]) for one in limits if one.name in solution):
            yield solution


@quick
@given(cases(), st.data())
def test_constraints_bind_and_pinned_ones_move_no_more_than_they_must(
    case: tuple[Small, list[Wanted]], data: st.DataObject
) -> None:
    small, lines = case
    limit = st.builds(
        Wanted,
        st.sampled_from(list(small.packages)),
        st.sampled_from(["==", "==", "<", ">="]),
        st.integers(0, 1),
    ).filter(lambda one: one.number < len(small.packages[one.name]))
    limits = data.draw(st.lists(limit, max_size=3, unique_by=lambda one: one.name))
    files = {"requirements.txt": f"-c limits.txt\n{text_of(lines)}", "limits.txt": text_of(limits)}
    try:
        made = plan(files, small.index())
    except NoSolutionError:
        assert not any(True for _ in constrained(small, orders(lines), orders(limits)))
        return
    left = read(after(made).removeprefix("-c limits.txt\n"))
    kept = read(after(made, "limits.txt"))
    assert closure_of(made) in list(constrained(small, left, kept))
    assert not plan({file.path: file.after for file in made.files}, small.index()).changed
    for place, old in enumerate(limits):
        if str(old) != str(kept[place]):
            back = [*kept[:place], old, *kept[place + 1 :]]
            assert not any(True for _ in constrained(small, left[: len(lines)], back))
