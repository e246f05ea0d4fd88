"""Least change: no pin moves that could have stayed, and none is left older than it needs to be."""

from __future__ import annotations

from tests.fake_index import CP311, CP313, PURE, index, project
from tests.fixing import change, fixed, plan, versions


def test_of_two_pins_in_conflict_only_one_moves() -> None:
    world = index(
        project("app", ["1.0", "1.1"], requires={"1.0": ["lib<2"], "1.1": ["lib"]}),
        project("lib", ["1.0", "1.1", "2.0"]),
    )
    made = plan("app==1.0\nlib==2.0\n", world)
    assert len(made.changes) == 1
    assert made.changes[0].cause == "conflict"


def test_the_reason_of_a_conflict_says_who_requires_what() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib<2"]),
        project("lib", ["1.0", "2.0"]),
    )
    made = plan("app==1.0\nlib==2.0\n", world)
    assert versions(made) == {"app": "1.0", "lib": "1.0"}
    assert "app 1.0 requires lib<2" in change(made, "lib").reason


def test_pins_outside_of_a_conflict_stay() -> None:
    world = index(
        project("app", {"1.0": CP311, "1.1": CP313}, requires={"1.1": ["lib>=2"]}),
        project("lib", ["1.0", "2.0"]),
        project("other", ["1.0", "2.0"]),
    )
    text = "other==1.0\nlib==1.0\napp==1.0\n"
    assert fixed(text, world) == "other==1.0\nlib==2.0\napp==1.1\n"


def test_pin_that_moved_on_the_way_to_a_solution_is_put_back() -> None:
    # d has to leave 1.0. That frees a as well, which wants the d of the solution after all.
    world = index(
        project("a", ["1.0", "1.1", "1.2"], requires={"1.1": ["d==1.1"]}),
        project("b", ["1.0", "1.1"]),
        project("d", {"1.0": CP311, "1.1": PURE, "1.2": CP311}, requires={"1.1": ["b<1.1"]}),
    )
    made = plan("d==1.0\na==1.1\nb==1.1\n", world)
    assert made.files[0].after == b"d==1.1\na==1.1\nb==1.0\n"


def test_moved_pin_is_newest_even_if_an_unpinned_package_has_to_be_older_for_it() -> None:
    world = index(
        project("free", ["1.0", "1.1"], requires={"1.1": ["lib<1.2"]}),
        project("lib", {"1.0": CP311, "1.1": PURE, "1.2": PURE}),
    )
    for text in ("free\nlib==1.0\n", "lib==1.0\nfree\n"):
        assert "lib==1.2" in fixed(text, world)


def test_moved_pin_takes_the_newest_version_that_the_staying_pins_leave() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib<1.3"]),
        project("lib", {"1.0": CP311, "1.1": CP313, "1.2": CP313, "1.3": CP313}),
    )
    made = plan("app==1.0\nlib==1.0\n", world)
    assert made.files[0].after == b"app==1.0\nlib==1.2\n"
    assert "passed over: lib 1.3, since app 1.0 requires lib<1.3" in change(made, "lib").evidence


def test_second_run_changes_nothing() -> None:
    world = index(
        project("app", {"1.0": CP311, "1.1": CP313}, requires={"1.1": ["lib>=2"]}),
        project("lib", {"1.0": PURE, "2.0": CP311, "2.1": PURE}),
    )
    text = fixed("app==1.0\nlib==1.0\n", world)
    assert text == "app==1.1\nlib==2.1\n"
    assert not plan(text, world).changed


def test_plan_does_not_depend_on_the_order_the_index_was_asked_in() -> None:
    projects = [
        project("a", {"1.0": CP311, "1.1": CP313, "1.2": CP313}, requires={"1.2": ["c>=2"]}),
        project("b", {"1.0": CP311, "1.1": CP313}, requires={"1.1": ["c<2"]}),
        project("c", ["1.0", "2.0"]),
    ]
    text = "a==1.0\nb==1.0\nc==1.0\n"
    plans = [plan(text, index(*order)) for order in (projects, projects[::-1], projects)]
    assert plans[0].files == plans[1].files == plans[2].files
    assert plans[0].changes == plans[1].changes == plans[2].changes
    assert plans[0].closure == plans[1].closure == plans[2].closure


def test_nearest_beside_an_unpinned_line() -> None:
    world = index(
        project("a", ["1.0", "1.1", "1.2"], requires={"1.1": ["b==1.0"], "1.2": ["b==1.0"]}),
        project("b", ["1.0", "1.1"], requires={"1.0": ["a<1.2"]}),
    )
    assert fixed("b\na==1.2\n", world, prefer="nearest") == "b\na==1.1\n"
