"""What pip would prefer: told by the way to the plan where that is the same in pip's world."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from unittest import mock

import pytest
from hypothesis import event, given
from nab_resolver.types import RootRequirement

from pinfix.errors import NoSolutionError
from pinfix.resolve import pip_view
from pinfix.resolve.found import Found
from pinfix.resolve.node import Node
from pinfix.resolve.provider import solve
from pinfix.resolve.search import Search
from tests.fake_index import C_SDIST, CP311, CP313, FakeIndex, index, project
from tests.fixing import LINUX_311, LINUX_313, fixed, plan
from tests.small_index import Small, Wanted, cases, quick, text_of

FOO = project("foo", {"1.0": CP313, "2.0": C_SDIST})


@quick
@given(cases())
def test_where_the_way_is_the_same_a_search_in_pips_world_ends_in_the_plan(
    case: tuple[Small, list[Wanted]],
) -> None:
    small, lines = case
    with mock.patch.object(pip_view, "_leads_to_plan", _checked):
        try:
            plan(text_of(lines), small.index())
        except NoSolutionError:
            return


_leads_to_plan = pip_view._leads_to_plan


def _checked(
    search: Search,
    found: Found,
    world: pip_view.PipWorld,
    roots: Sequence[RootRequirement[Node, int]],
) -> bool:
    fresh = copy(world)
    fresh._named = dict(world._named)
    same = _leads_to_plan(search, found, world, roots)
    event("same way" if same else "searched")
    if same:
        assert solve(fresh, roots).pins == found.pins
    return same


def _searches(text: str, world: FakeIndex, **how: object) -> int:
    """How often pip's world is searched for one plan, what it would begin to build apart."""
    with (
        mock.patch.object(pip_view, "_built_by", return_value=None),
        mock.patch.object(pip_view, "solve", wraps=solve) as searched,
    ):
        plan(text, world, **how)
    return searched.call_count


def test_file_that_pip_reads_alike_is_searched_once() -> None:
    world = index(
        project("app", ["1.0", "2.0"], requires=["bar<2"]), project("bar", ["1.0", "2.0"])
    )
    assert _searches("app\n", world) == 0
    assert _searches("app==1.0\nbar==1.0\n", world) == 0


@pytest.mark.parametrize("text", ["foo\n", "app\n"])
def test_file_of_which_pip_would_build_something_is_searched_in_pips_world(text: str) -> None:
    world = index(project("app", ["1.0"], requires=["foo"]), FOO)
    assert _searches(text, world) > 0
    assert "foo==1.0" in fixed(text, world)


def test_moved_pin_is_another_question() -> None:
    world = index(project("foo", {"1.0": CP311, "2.0": CP313}))
    assert _searches("foo==1.0\n", world) == 1


def test_targets_that_share_versions_are_searched_apart() -> None:
    world = index(project("foo", {"1.0": [CP311, CP313], "2.0": CP313}))
    assert _searches("foo\n", world, targets=(LINUX_311, LINUX_313)) == 1
