"""What may be a candidate at all: yanked releases, pre-releases, source distributions."""

from __future__ import annotations

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    PURE,
    RUST_SDIST,
    SDIST,
    Project,
    index,
    project,
)
from tests.fixing import LINUX_311, LINUX_313, change, fixed, plan, versions


def test_yanked_release_is_not_moved_to() -> None:
    world = index(
        project("foo", {"1.0": CP311, "1.1": CP313, "1.2": CP313}, yanked={"1.2": "broken"})
    )
    assert fixed("foo==1.0\n", world) == "foo==1.1\n"


def test_yanked_release_that_is_pinned_stays_with_a_warning() -> None:
    world = index(project("foo", ["1.0", "1.1"], yanked={"1.0": "wrong metadata"}))
    made = plan("foo==1.0\n", world)
    assert not made.changed
    assert any("foo 1.0 was yanked: wrong metadata" in warning for warning in made.warnings)


def test_yanked_release_serves_no_range() -> None:
    world = index(project("foo", ["1.0", "1.1"], yanked={"1.1": ""}))
    assert versions(plan("foo>=1\n", world)) == {"foo": "1.0"}


def test_only_version_yanked_says_so() -> None:
    world = index(project("foo", ["1.0"], yanked={"1.0": "leaks a key"}))
    with pytest.raises(NoSolutionError, match=r"was yanked \(leaks a key\)"):
        plan("foo\n", world)


def test_prerelease_is_not_moved_to() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313, "1.2rc1": CP313}))
    assert fixed("foo==1.0\n", world) == "foo==1.1\n"


def test_prerelease_that_is_pinned_stays() -> None:
    world = index(project("foo", ["1.0", "1.2rc1"]))
    assert fixed("foo==1.2rc1\n", world) == "foo==1.2rc1\n"


def test_prerelease_that_a_range_names_is_admitted() -> None:
    world = index(project("foo", ["1.0", "1.2rc1"]))
    assert versions(plan("foo>=1.2rc1\n", world)) == {"foo": "1.2rc1"}


def test_prerelease_that_a_dependency_pins_is_admitted() -> None:
    world = index(
        project("app", ["1.0"], requires=["foo==1.2b1"]), project("foo", ["1.0", "1.2b1"])
    )
    assert versions(plan("app==1.0\n", world))["foo"] == "1.2b1"


def test_allow_prereleases_lets_them_in() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313, "1.2rc1": CP313}))
    assert fixed("foo==1.0\n", world, allow_prereleases=True) == "foo==1.2rc1\n"


def test_project_with_nothing_but_prereleases_is_used() -> None:
    world = index(project("foo", {"1.0a1": CP311, "1.0a2": CP313}))
    assert versions(plan("foo\n", world)) == {"foo": "1.0a2"}


def test_plain_python_sdist_is_kept_with_a_warning() -> None:
    world = index(project("foo", {"1.0": SDIST, "1.1": SDIST}))
    made = plan("foo==1.0\n", world)
    assert not made.changed
    assert made.kept_sdists == ("foo",)
    assert any("foo 1.0 has no wheel" in w and "plain Python" in w for w in made.warnings)


def test_what_a_kept_sdist_requires_is_in_the_closure() -> None:
    world = index(
        project("foo", {"1.0": SDIST}, requires=["bar>=1"]),
        project("bar", {"1.0": CP313, "2.0": CP311}),
    )
    assert versions(plan("foo==1.0\n", world)) == {"foo": "1.0", "bar": "1.0"}


def test_strict_wheels_refuses_a_plain_python_sdist() -> None:
    world = index(project("foo", {"1.0": SDIST}))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==1.0\n", world, strict_wheels=True)
    assert "--strict-wheels" in str(refused.value)


@pytest.mark.parametrize(("sdist", "compiler"), [(RUST_SDIST, "Rust"), (C_SDIST, "C")])
def test_sdist_that_needs_a_compiler_is_rejected_by_what_it_needs(
    sdist: str, compiler: str
) -> None:
    world = index(project("foo", {"1.0": sdist}))
    with pytest.raises(NoSolutionError, match=f"needs a {compiler} compiler"):
        plan("foo==1.0\n", world)


def test_pin_with_only_a_compiled_sdist_moves_to_the_newest_wheel() -> None:
    world = index(project("foo", {"1.0": C_SDIST, "1.1": PURE}))
    made = plan("foo==1.0\n", world)
    assert versions(made) == {"foo": "1.1"}
    assert change(made, "foo").cause == "no wheel"


def test_sdist_of_a_version_with_foreign_wheels_is_not_taken_for_plain_python() -> None:
    world = index(project("foo", {"1.0": [CP311, SDIST]}))
    with pytest.raises(NoSolutionError, match="has no wheel for cp313"):
        plan("foo==1.0\n", world)


def test_pin_on_a_plain_sdist_stays_even_where_another_version_has_a_wheel() -> None:
    # pip builds it without a compiler, so nothing is won by a move.
    world = index(project("foo", {"1.0": SDIST, "1.1": PURE}))
    assert fixed("foo==1.0\n", world) == "foo==1.0\n"


def test_file_with_the_best_tag_is_the_one_installed() -> None:
    world = index(project("foo", {"1.0": [CP313, PURE]}))
    (entry,) = plan("foo==1.0\n", world).closure
    assert entry.files == {"cp313-manylinux_2_28_x86_64": f"foo-1.0-{CP313}.whl"}


def test_pip_is_kept_from_a_build_that_it_would_only_try_on_its_way() -> None:
    # pip meets the user's own f first, takes 1.2 and starts to build it, before it knows of d.
    world = index(
        project("f", {"1.0": PURE, "1.1": PURE, "1.2": (CP311, C_SDIST)}),
        project("c", ["1.0"], requires=["d<1.1"]),
        project("d", ["1.0"], requires=["f==1.0"]),
    )
    assert fixed("f\nc==1.0\n", world).endswith("\nf==1.0\n")


def test_guard_holds_in_a_file_with_a_yanked_pin() -> None:
    world = index(
        project("old", ["1.0", "1.1"], yanked={"1.0": "broken"}),
        project("foo", {"1.0": CP313, "2.0": (CP311, C_SDIST)}),
    )
    assert "foo==1.0" in fixed("foo\nold==1.0\n", world)


def test_guard_looks_behind_a_source_distribution_that_is_kept() -> None:
    world = index(
        project("plain", {"1.0": SDIST}, requires=["bar"]),
        project("bar", {"1.0": CP313, "2.0": (CP311, C_SDIST)}),
    )
    assert "bar==1.0" in fixed("plain==1.0\n", world)


# -- who names it has to be in the plan ----------------------------------------------------------


def looked_at(named: str) -> Project:
    """A package whose newest version, which nothing can serve, requires ``named``."""
    return project("app", ["1.0", "2.0"], requires={"1.0": ["foo"], "2.0": [named, "bar>=2"]})


BAR = project("bar", ["1.0"])


def test_yanked_release_that_only_an_unfit_version_names_is_not_taken() -> None:
    foo = project("foo", {"1.0": CP311, "1.1": CP313}, yanked={"1.1": "leaks a key"})
    with pytest.raises(NoSolutionError, match=r"foo 1.1 was yanked \(leaks a key\)"):
        plan("app\n", index(looked_at("foo==1.1"), foo, BAR))


def test_prerelease_that_only_an_unfit_version_names_is_not_taken() -> None:
    foo = project("foo", {"1.0": CP311, "1.1rc1": CP313})
    with pytest.raises(NoSolutionError, match=r"foo 1.0 has no wheel"):
        plan("app\n", index(looked_at("foo>=1.1rc1"), foo, BAR))


def test_what_nobody_in_the_plan_names_makes_way_for_what_needs_no_name() -> None:
    # baz 2.0 needs the foo that only app 2.0 names; baz 1.0 does without.
    foo = project("foo", {"1.0": CP313, "1.1": CP313}, yanked={"1.1": "leaks a key"})
    baz = project("baz", ["1.0", "2.0"], requires={"2.0": ["foo>=1.1"]})
    world = index(looked_at("foo==1.1"), foo, BAR, baz)
    made = plan("app\nbaz\n", world)
    assert versions(made) == {"app": "1.0", "foo": "1.0", "baz": "1.0"}


def test_what_a_chosen_version_names_is_taken() -> None:
    foo = project("foo", {"1.0": CP311, "1.1": CP313}, yanked={"1.1": "leaks a key"})
    world = index(looked_at("foo==1.1"), foo, project("bar", ["2.0"]))
    assert versions(plan("app\n", world)) == {"app": "2.0", "foo": "1.1", "bar": "2.0"}


def test_refusal_hints_at_a_prerelease_newer_than_all_that_is_refused() -> None:
    foo = project("foo", {"1.0": CP311, "2.0rc1": CP311, "2.0rc2": CP313})
    with pytest.raises(NoSolutionError) as refused:
        plan("foo\n", index(foo))
    assert "hint: --allow-prereleases lets foo 2.0rc2 in, which is a pre-release." in str(
        refused.value
    )
    assert versions(plan("foo\n", index(foo), allow_prereleases=True)) == {"foo": "2.0rc2"}


@pytest.mark.parametrize(
    "files",
    [{"1.0": CP311, "2.0rc1": CP311}, {"1.0rc1": CP313, "1.0": CP311}, {"1.0": CP311}],
)
def test_refusal_hints_at_no_prerelease_that_is_older_or_would_not_do(
    files: dict[str, str],
) -> None:
    with pytest.raises(NoSolutionError) as refused:
        plan("foo\n", index(project("foo", files)))
    assert "--allow-prereleases" not in str(refused.value)


@pytest.mark.parametrize("text", ["baz\napp\n", "app\nbaz\n", "baz==2.0\napp\n"])
def test_what_needs_a_name_brings_in_what_names_it_whatever_is_asked_first(text: str) -> None:
    world = index(
        project("baz", ["1.0", "2.0"], requires={"2.0": ["bar<2"]}),
        project("bar", ["1.0", "2.0"]),
        project("app", ["1.0", "2.0"], requires={"1.0": ["foo"], "2.0": ["bar>=2", "foo==1.1"]}),
        project("foo", {"1.0": CP311, "1.1": CP313}, yanked={"1.1": "leaks a key"}),
    )
    found = versions(plan(text, world))
    assert found == {"app": "2.0", "bar": "2.0", "baz": "1.0", "foo": "1.1"}


def test_line_for_another_target_names_nothing() -> None:
    foo = project("foo", {"1.0": CP313, "1.1": CP311}, yanked={"1.1": "leaks a key"})
    world = index(project("app", ["1.0"], requires=["foo"]), foo)
    text = 'app\nfoo==1.1 ; python_version >= "3.12"\n'
    with pytest.raises(NoSolutionError, match="leaks a key"):
        plan(text, world, targets=(LINUX_311, LINUX_313))


def test_old_source_distribution_that_nobody_in_the_plan_names_is_told_of() -> None:
    foo = project("foo", {"1.0": SDIST, "1.1": C_SDIST, "1.2": C_SDIST, "1.3": C_SDIST})
    app = project(
        "app", ["1.0", "2.0"], requires={"1.0": ["foo<1.1"], "2.0": ["foo==1.0", "bar>=2"]}
    )
    with pytest.raises(NoSolutionError, match=r"foo 1.0 has only a source distribution"):
        plan("app\n", index(app, foo, BAR))


def test_range_that_names_a_yanked_prerelease_names_it_as_a_prerelease_alone() -> None:
    foo = project("foo", {"1.0": CP311, "1.1rc1": CP313}, yanked={"1.1rc1": "leaks a key"})
    lib = project("lib", ["1.0", "2.0"], requires=["foo>=1.1rc1"])
    world = index(looked_at("foo==1.1rc1"), foo, lib, BAR)
    with pytest.raises(NoSolutionError, match="leaks a key"):
        plan("app\nlib\n", world)
