"""What the solver is told: a version that cannot stand is passed over, not settled and given up."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any
from weakref import ref

import pytest
from nab_resolver.resolver import Resolver

from pinfix.errors import NoSolutionError, to_keep
from pinfix.index.protocol import Index
from pinfix.resolve import provider
from tests.fake_index import CP311, Project, index, project
from tests.fixing import plan, versions

OTHERS = [f"other{number}" for number in range(20)]
MANY = [f"1.{minor}" for minor in range(30)]


@pytest.fixture
def solvers(monkeypatch: pytest.MonkeyPatch) -> list[Resolver[Any, Any]]:
    """Every solver that is made."""
    made: list[Resolver[Any, Any]] = []

    class Noted(Resolver[Any, Any]):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(provider, "Resolver", Noted)
    return made


def _around(*projects: Project) -> Index:
    return index(*projects, *(project(name, ["1.0", "1.1"]) for name in OTHERS))


def test_versions_that_a_pin_rules_out_cost_no_conflict(
    solvers: list[Resolver[Any, Any]],
) -> None:
    world = _around(
        project("app", MANY, requires={v: [f"lib=={v}"] for v in MANY}), project("lib", MANY)
    )
    text = "\n".join([*OTHERS, "lib==1.0", "app"])
    assert versions(plan(text, world))["app"] == "1.0"
    first = solvers[0].stats
    assert (first.conflicts, first.decisions) == (0, len(OTHERS) + 3)


def test_what_is_passed_over_is_named_where_nothing_is_left() -> None:
    world = _around(
        project("app", MANY, requires={v: [f"lib=={v}"] for v in MANY}),
        project("lib", ["0.9", *MANY]),
    )
    made = plan("\n".join([*OTHERS, "lib==0.9", "app"]), world)
    (only,) = made.changes
    assert only.after == "lib==1.29"
    assert "requires lib==" in only.reason


def test_what_an_extra_rules_out_is_passed_over(solvers: list[Resolver[Any, Any]]) -> None:
    needs = {v: [f"lib=={v} ; extra == 'more'"] for v in MANY}
    world = _around(project("app", MANY, requires=needs, extras=("more",)), project("lib", MANY))
    text = "\n".join([*OTHERS, "lib==1.7", "app[more]"])
    assert versions(plan(text, world))["app"] == "1.7"
    assert solvers[0].stats.conflicts == 0


def test_a_dependency_on_one_version_without_a_wheel_costs_no_conflict(
    solvers: list[Resolver[Any, Any]],
) -> None:
    world = _around(
        project("app", MANY, requires={v: [f"core=={v}"] for v in MANY}),
        project("core", dict.fromkeys(MANY, CP311) | {"1.3": "py3-none-any"}),
    )
    assert versions(plan("\n".join([*OTHERS, "app"]), world))["app"] == "1.3"
    assert solvers[0].stats.conflicts == 0


def test_what_asks_for_versions_that_there_are_not_is_settled_once(
    solvers: list[Resolver[Any, Any]],
) -> None:
    needs = {v: ["lib>9"] for v in MANY[1:]}
    world = _around(project("app", MANY, requires=needs), project("lib", MANY))
    assert versions(plan("\n".join([*OTHERS, "app"]), world))["app"] == "1.0"
    assert solvers[0].stats.rounds < 3 * len(MANY) * len(OTHERS)


def test_a_version_that_rules_itself_out_is_passed_over() -> None:
    needs = {"2.0": ["app<2"], "2.1": ["app==1.0"], "2.2": ["app==0.9"]}
    world = index(project("app", ["1.0", "2.0", "2.1", "2.2"], requires=needs))
    assert versions(plan("app>=0.5", world)) == {"app": "1.0"}


@pytest.fixture
def without_collector() -> Iterator[None]:
    """Cycles stay: only what nothing refers to any more is freed."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("without_collector")
def test_what_a_search_took_is_freed_with_it(solvers: list[Resolver[Any, Any]]) -> None:
    world = index(
        project("app", MANY, requires=["lib==1.0"]),
        project("lib", MANY, requires=["core"]),
        project("core", {"1.0": CP311, "1.1": CP311}),
    )
    needs = {"1.0": ["lib==1.0"]}
    solvable = index(project("app", MANY, requires=needs), project("lib", MANY))
    made_plan = plan("app==1.0\nlib==1.3\n", solvable)
    assert made_plan.changes
    try:
        plan("app==1.0\nlib==1.3\ncore==1.0\n", world)
    except NoSolutionError as error:
        refusal = to_keep(error)
    assert "core" in str(refusal)
    assert len(solvers) > 2
    made = [ref(one) for one in solvers]
    solvers.clear()
    assert not [one for one in made if one() is not None]
