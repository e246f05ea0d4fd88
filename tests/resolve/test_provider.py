"""What the solver is told: a version that cannot stand is passed over, not settled and given up."""

from __future__ import annotations

from typing import Any

import pytest
from nab_resolver.resolver import Resolver

from pinfix.index.protocol import Index
from pinfix.resolve import provider
from tests.fake_index import Project, index, project
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
