"""Versions that count only once somebody names them: yanked ones (PEP 592), pre-releases (PEP 440)."""

from __future__ import annotations

from itertools import permutations

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import index, project
from tests.fixing import plan, versions

WORLD = index(
    project("gone", ["1.0"], yanked={"1.0": "broken"}),
    project("early", ["0.5", "1.0a1"]),
    project("names", ["1.0"], requires=["gone==1.0", "early==1.0a1"]),
    project("far", ["1.0"], requires=["names"]),
)


@pytest.mark.parametrize("lines", [*permutations(["gone>=0.9", "early>=0.6", "far==1.0"])])
def test_whoever_names_them_may_stand_anywhere_in_the_file(lines: tuple[str, ...]) -> None:
    made = plan("\n".join(lines) + "\n", WORLD)
    assert versions(made) == {"early": "1.0a1", "far": "1.0", "gone": "1.0", "names": "1.0"}


@pytest.mark.parametrize("line", ["gone>=0.9", "early>=0.6"])
def test_where_nobody_names_them_they_are_out(line: str) -> None:
    with pytest.raises(NoSolutionError):
        plan(f"{line}\n", WORLD)
