"""What packages bring, of the versions that a plan chose, or that requirements ask for."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName

from pinfix.evidence.modules import modules_named
from tests.fake_index import CP311, index, project

WORLD = index(
    project("old", {"1.0": CP311}, modules=["old", "shared"]),
    project("web", ["1.0", "2.0"], modules=["web"]),
    project("new", ["1.0"], modules=["new"]),
)


def test_of_requirements_whatever_they_were_built_for() -> None:
    wanted = {"old": "==1.0", "web": ">=1", "nobody": "", "new": "==9"}
    named = {NormalizedName(name): SpecifierSet(text) for name, text in wanted.items()}
    assert modules_named(named, WORLD) == {
        "old": {"old", "shared"},
        "web": {"web"},
        "new": {"new"},
    }
