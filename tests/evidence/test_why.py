"""``why``: ways to a package through files as written, and what is said of each version."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.evidence.as_written import AsWritten
from pinfix.evidence.why import Why, why
from pinfix.planning.rules_in_force import RulesInForce
from pinfix.report.why import why_text
from pinfix.requirements.tree import read_tree
from pinfix.resolve.demand import Policy
from pinfix.resolve.facts import Facts
from pinfix.resolve.judge import Judge
from pinfix.rulebook.packs import rule_book
from pinfix.rulebook.parse import parse_pack
from pinfix.targets.host import find_target
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    PURE,
    RUST_SDIST,
    SDIST,
    FakeIndex,
    index,
    project,
)
from tests.rulebook.packs import pack_text

WORLD = index(
    project("app", ["1.0", "2.0"], requires={"1.0": ["core==1.0", "lib[fast]"], "2.0": ["core"]}),
    project("lib", ["1.0"], requires=['core<3; extra == "fast"', "app; python_version < '3'"]),
    project(
        "core",
        {
            "1.0": [CP311, RUST_SDIST],
            "1.1": [CP311, RUST_SDIST],
            "2.0": [CP313, RUST_SDIST],
            "2.1": [CP313],
            "3.0": [CP313],
            "4.0a1": [PURE],
        },
        yanked={"2.1": "broken"},
        requires_python={"3.0": ">=3.14"},
        uploaded={"1.0": "2023-11-09"},
    ),
    project("round", ["1.0"], requires=["trip"]),
    project("trip", ["1.0"], requires=["round", "core"]),
    project("source", {f"1.{n}": SDIST for n in range(6)}),
    project("native", {f"1.{n}": C_SDIST for n in range(6)}),
)
CORE = canonicalize_name("core")


def answer(name: str, text: str | None = None, rules: str = "", asked: Sequence[str] = ()) -> Why:
    facts = Facts(WORLD, [find_target("cp313-manylinux")])
    book = rule_book([parse_pack(rules, "own.toml")])
    judge = Judge(facts, Policy(), RulesInForce(book, facts).caps)
    written = None
    if text is not None:
        tree = read_tree(["r.txt"], {"r.txt": text.encode()}.__getitem__)
        written = AsWritten(tree, facts)
    versions = [Version(version) for version in asked]
    return why(canonicalize_name(name), facts, judge, WORLD, written, versions)


def reasons(found: Why) -> dict[str, tuple[bool, str]]:
    return {story.version: (story.works, story.reason) for story in found.versions}


def test_every_version_says_why_it_is_or_is_no_candidate() -> None:
    place = "cp313-manylinux_2_28_x86_64"
    rules = pack_text(id="r", package="core", versions="!=4.0a1", reason="4 is not for us")
    assert reasons(answer("core", rules=rules)) == {
        "4.0a1": (False, "is ruled out (4 is not for us)"),
        "3.0": (False, f"requires Python >=3.14, and {place} has 3.13.18"),
        "2.1": (False, "was yanked (broken)"),
        "2.0": (True, "has a wheel (its wheels: cp313 on manylinux x86_64)"),
        "1.1": (False, f"has no wheel for {place} (its wheels: cp311 on manylinux x86_64)"),
        "1.0": (False, f"has no wheel for {place} (its wheels: cp311 on manylinux x86_64)"),
    }


def test_constraints_bind_and_are_no_way_to_a_package() -> None:
    facts = Facts(WORLD, [find_target("cp313-manylinux")])
    files = {"r.txt": b"-c c.txt\napp\n", "c.txt": b"app<2\n"}
    written = AsWritten(read_tree(["r.txt"], files.__getitem__), facts)
    judge = Judge(facts, Policy(), lambda _name, _target: ())
    found = why(canonicalize_name("app"), facts, judge, WORLD, written, [])
    assert found.as_written == "1.0"
    assert found.paths == (("r.txt:2 app",),)
    against = {story.version: story.conflicts for story in found.versions}
    assert against["2.0"] == ("c.txt:1 app<2",)
    assert against["1.0"] == ()


def test_first_and_last_that_work() -> None:
    assert [story.version for story in answer("app").working] == ["2.0", "1.0"]
    # A pre-release counts only where there is nothing else.
    assert [story.version for story in answer("core").working] == ["2.0"]


def test_sources_are_read_as_long_as_it_makes_sense() -> None:
    plain = reasons(answer("source"))
    assert plain["1.5"] == (True, "is plain Python source, which pip builds without a compiler")
    assert plain["1.0"] == (False, "has only a source distribution (not read)")
    assert reasons(answer("source", asked=["1.0"]))["1.0"][0]
    assert "which needs a C compiler" in reasons(answer("native"))["1.5"][1]


def test_the_version_that_is_asked_about_shows_its_files_and_its_building() -> None:
    (files,) = answer("core", asked=["1.0"]).files
    assert (files.version, files.date) == ("1.0", "2023-11-09")
    assert files.wheels == ("cp311 on manylinux x86_64",)
    assert files.building is not None
    assert (files.building.kind, str(files.building)) == ("rust", "core-1.0.tar.gz: setup.py")


def test_paths_go_through_versions_as_pip_would_take_them() -> None:
    found = answer("core", "app==1.0\ncore>=1  # ours\n")
    assert found.paths == (
        ("r.txt:2 core>=1",),
        ("r.txt:1 app==1.0", "core==1.0"),
        ("r.txt:1 app==1.0", "lib", "core<3"),
    )
    assert found.as_written == "1.0"
    # Unpinned, app is at 2.0, which does not require lib.
    assert answer("lib", "app\n").paths == ()


def test_a_circle_ends() -> None:
    assert answer("core", "round\n").paths == (("r.txt:1 round", "trip", "core"),)
    assert answer("round", "trip\n").paths == (("r.txt:1 trip", "round"),)


def test_what_others_ask_for_stands_against_a_version() -> None:
    stories = {s.version: s for s in answer("core", "app==1.0\n").versions}
    assert stories["1.0"].conflicts == ()
    assert stories["2.0"].works
    assert stories["2.0"].conflicts == ("app 1.0 requires core==1.0",)
    assert stories["3.0"].conflicts == ("app 1.0 requires core==1.0", "lib 1.0 requires core<3")


def test_lines_for_other_targets_require_nothing() -> None:
    assert answer("core", 'core; sys_platform == "win32"\n').paths == ()


TEXT = """\
core on cp313-manylinux_2_28_x86_64: CPython 3.13.18, Linux x86_64, glibc 2.28

required by
  r.txt:1 app==1.0 -> core==1.0
  r.txt:1 app==1.0 -> lib -> core<3

after pinfix: core 2.0

versions, newest first (5, 1 pre-releases left out)
  ✗ 3.0               requires Python >=3.14, and it has 3.13.18 [1] [2]
  ✗ 2.1               was yanked (broken) [1]
  ✓ 2.0               has a wheel (its wheels: cp313 on manylinux x86_64) [1]
  ✗ 1.1               has no wheel for it (its wheels: cp311 on manylinux x86_64) [1]
  ✗ 1.0 (2023-11-09)  has no wheel for it (its wheels: cp311 on manylinux x86_64)  <- as written
  [1] app 1.0 requires core==1.0
  [2] lib 1.0 requires core<3

first that works: 2.0; last: 2.0

1.0 (2023-11-09)
  wheels    cp311 on manylinux x86_64
  source    building takes a Rust compiler
            core-1.0.tar.gz: setup.py
"""


def test_it_reads_well() -> None:
    assert why_text(answer("core", "app==1.0\n"), "core 2.0") == TEXT


@pytest.mark.parametrize("width", [60, 80])
def test_it_fits_the_terminal(width: int) -> None:
    text = why_text(answer("core", "app==1.0\n"), "core 2.0", width=width)
    table = text[: text.index("first that works")]
    assert all(len(line) <= width for line in table.splitlines())


def test_nothing_that_works_is_said() -> None:
    assert "no version works on this target" in why_text(answer("native"), "")


def test_the_index_is_asked_for_what_matters() -> None:
    world: FakeIndex = WORLD
    before = len(world.asked)
    answer("core")
    assert set(world.asked[before:]) == {"core"}
