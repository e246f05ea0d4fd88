"""Never silently ancient: what lies far below what was asked for or is current."""

from __future__ import annotations

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import CP311, PURE, index, project
from tests.fixing import fixed, plan, versions


def test_pin_does_not_fall_more_than_one_major_version() -> None:
    world = index(project("foo", {"1.0": PURE, "3.0": CP311}))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==3.0\n", world)
    assert "--allow-ancient foo" in str(refused.value)
    assert "far older than 3.0" in str(refused.value)


def test_pin_may_fall_one_major_version() -> None:
    world = index(project("foo", {"2.0": PURE, "3.0": CP311}))
    assert fixed("foo==3.0\n", world) == "foo==2.0\n"


def test_pin_does_not_fall_more_than_three_years() -> None:
    world = index(
        project(
            "foo", {"1.0": PURE, "1.9": CP311}, uploaded={"1.0": "2018-01-01", "1.9": "2022-06-01"}
        )
    )
    with pytest.raises(NoSolutionError, match="--allow-ancient foo"):
        plan("foo==1.9\n", world)


def test_pin_may_fall_less_than_three_years() -> None:
    world = index(
        project(
            "foo", {"1.0": PURE, "1.9": CP311}, uploaded={"1.0": "2020-01-01", "1.9": "2022-06-01"}
        )
    )
    assert fixed("foo==1.9\n", world) == "foo==1.0\n"


def test_allow_ancient_takes_it_and_only_for_the_named_package() -> None:
    world = index(
        project("foo", {"1.0": PURE, "3.0": CP311}), project("bar", {"1.0": PURE, "3.0": CP311})
    )
    assert fixed("foo==3.0\n", world, allow_ancient=frozenset({"foo"})) == "foo==1.0\n"
    with pytest.raises(NoSolutionError, match="--allow-ancient bar"):
        plan("foo==3.0\nbar==3.0\n", world, allow_ancient=frozenset({"foo"}))


def test_below_one_is_ancient_beside_a_stable_line_of_another_time() -> None:
    world = index(
        project(
            "foo",
            {"0.11": PURE, "1.2": CP311},
            uploaded={"0.11": "2023-12-01", "1.2": "2025-10-01"},
        )
    )
    with pytest.raises(NoSolutionError, match="--allow-ancient foo"):
        plan("foo==1.2\n", world)


def test_unpinned_requirement_is_not_served_by_an_ancient_release() -> None:
    world = index(project("foo", {"0.1": PURE, "2.0": CP311}))
    with pytest.raises(NoSolutionError, match="--allow-ancient foo"):
        plan("foo\n", world)


def test_dependency_is_not_served_by_an_ancient_release() -> None:
    world = index(
        project("app", ["1.0"], requires=["foo"]), project("foo", {"1.0": PURE, "4.0": CP311})
    )
    with pytest.raises(NoSolutionError, match="--allow-ancient foo"):
        plan("app==1.0\n", world)


def test_pin_that_asks_for_something_old_is_not_ancient() -> None:
    world = index(project("foo", {"1.0": PURE, "5.0": PURE}))
    assert fixed("foo==1.0\n", world) == "foo==1.0\n"


def test_dependency_that_its_parent_wants_old_is_not_ancient() -> None:
    world = index(
        project("app", ["1.0"], requires=["foo<2"]), project("foo", {"1.0": PURE, "5.0": PURE})
    )
    assert versions(plan("app==1.0\n", world)) == {"app": "1.0", "foo": "1.0"}


def test_other_pin_moves_rather_than_take_an_ancient_dependency() -> None:
    world = index(
        project("app", ["1.0", "2.0"], requires={"1.0": ["lib<4"], "2.0": ["lib>=4"]}),
        project("lib", {"1.0": PURE, "3.0": CP311, "4.0": PURE}),
    )
    made = plan("app==1.0\n", world)
    assert versions(made) == {"app": "2.0", "lib": "4.0"}


def test_pin_nearer_to_its_old_version_is_not_worth_an_ancient_release() -> None:
    # With app 2.1, which is found only when all else is settled, nothing wants an old foo any more.
    world = index(
        project(
            "app",
            ["2.0", "2.1", "2.3"],
            requires={"2.0": ["behind<3.2"], "2.1": ["lib==1.0"], "2.3": ["p6<1.3", "p8==2.1"]},
        ),
        project("behind", ["2.3"], requires=["foo<2"]),
        project("beside", ["2.0"], requires=["lib"]),
        project(
            "lib",
            ["1.0", "2.2", "3.1", "3.2"],
            requires={"2.2": ["p8==3.2"], "3.1": ["missing"], "3.2": ["p6==1.0"]},
        ),
        project("foo", {"1.0": PURE, "3.0": CP311}),
        project("p6", ["1.0", "1.2"], requires={"1.2": ["lib>=1.0"]}),
        project("p7", ["4.2", "4.3"], requires={"4.2": ["missing"], "4.3": ["p6<1.0"]}),
        project("p8", ["2.1"], requires=["p7>=3.0"]),
    )
    text = "app==2.3\nfoo!=1.1\nbeside<3.0\n"
    assert fixed(text, world, prefer="nearest") == text.replace("2.3", "2.0")
