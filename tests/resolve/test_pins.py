"""What becomes of pins: which stay, which move, and where to."""

from __future__ import annotations

import pytest

from pinfix.errors import IndexUnavailableError, NoSolutionError
from tests.fake_index import C_SDIST, CP311, CP313, CP313_WINDOWS, PURE, SDIST, index, project
from tests.fixing import LINUX_311, change, fixed, plan, versions

COMPILED = project("foo", {"1.0": CP311, "1.1": [CP313], "1.2": [CP311, CP313], "1.3": [CP311]})


def test_pin_without_wheel_moves_to_newest_that_has_one() -> None:
    assert fixed("foo==1.0\n", index(COMPILED)) == "foo==1.2\n"


def test_pin_stays_when_its_closure_has_wheels() -> None:
    world = index(
        project("foo", ["1.0", "2.0"], requires=["bar"]), project("bar", {"1.0": [CP313]})
    )
    made = plan("foo==1.0\n", world)
    assert not made.changed
    assert made.changes == ()
    assert versions(made)["foo"] == "1.0"


def test_pure_wheel_whose_exact_dependency_has_no_wheel_moves() -> None:
    # The trap: nobody wrote core down, and foo 1.0 itself installs everywhere.
    world = index(
        project(
            "foo",
            ["1.0", "1.1", "1.2"],
            requires={v: [f"core=={v}"] for v in ("1.0", "1.1", "1.2")},
        ),
        project("core", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP311}),
    )
    made = plan("foo==1.0\n", world)
    assert versions(made) == {"foo": "1.1", "core": "1.1"}
    moved = change(made, "foo")
    assert moved.cause == "no wheel"
    assert (
        "core 1.0 has no wheel for cp313-manylinux_2_28_x86_64 (its wheels: cp311" in moved.reason
    )


def test_wheel_of_another_platform_is_no_wheel() -> None:
    world = index(project("foo", {"1.0": [CP313_WINDOWS, C_SDIST], "2.0": [CP313]}))
    assert fixed("foo==1.0\n", world) == "foo==2.0\n"


def test_wheel_excluded_by_requires_python_is_no_candidate() -> None:
    world = index(project("foo", ["1.0", "1.1"], requires_python={"1.0": "<3.13", "1.1": ">=3.13"}))
    made = plan("foo==1.0\n", world)
    assert versions(made) == {"foo": "1.1"}
    assert "requires Python <3.13" in change(made, "foo").reason


def test_prefer_nearest_moves_the_pin_as_little_as_can_be() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313, "1.2": CP313, "1.3": CP313}))
    assert fixed("foo==1.0\n", world, prefer="nearest") == "foo==1.1\n"
    assert fixed("foo==1.0\n", world, prefer="newest") == "foo==1.3\n"


def test_no_upgrade_goes_below_the_old_pin_only() -> None:
    world = index(project("foo", {"1.0": CP313, "1.1": CP313, "1.2": CP311, "1.3": CP313}))
    assert fixed("foo==1.2\n", world, no_upgrade=True) == "foo==1.1\n"


def test_no_upgrade_with_nothing_below_is_refused() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313}))
    with pytest.raises(NoSolutionError, match="foo"):
        plan("foo==1.0\n", world, no_upgrade=True)


def test_pin_that_is_not_on_the_index_moves_and_says_so() -> None:
    made = plan("foo==0.9\n", index(COMPILED))
    assert versions(made) == {"foo": "1.2"}
    assert change(made, "foo").cause == "not on index"


def test_index_that_cannot_be_reached_is_not_a_missing_project() -> None:
    with pytest.raises(IndexUnavailableError, match="no route to host"):
        plan("foo==1.0\n", index(COMPILED, down=["foo"]))


def test_wildcard_pin_stays_where_one_of_its_versions_serves() -> None:
    world = index(project("foo", {"1.0": CP313, "1.1": CP311, "2.0": CP313}))
    assert fixed("foo==1.*\n", world) == "foo==1.*\n"


def test_arbitrary_equality_keeps_its_operator_when_it_moves() -> None:
    assert fixed("foo===1.0\n", index(COMPILED)) == "foo===1.2\n"


def test_marker_comment_and_spacing_survive_a_move() -> None:
    text = 'foo == 1.0 ; python_version >= "3.8"  # ours\r\n'
    assert fixed(text, index(COMPILED)) == text.replace("1.0", "1.2")


def test_line_whose_marker_is_false_on_the_target_is_not_looked_at() -> None:
    text = 'foo==1.0 ; python_version < "3.12"\nbar==1.0\n'
    made = plan(text, index(project("bar", ["1.0"])))
    assert not made.changed
    assert versions(made) == {"bar": "1.0"}


def test_extra_of_a_pin_brings_its_dependencies_into_the_closure() -> None:
    world = index(
        project("foo", ["1.0", "1.1"], requires={"1.0": ['bar==1.0 ; extra == "fast"']}),
        project("bar", {"1.0": CP311}),
    )
    assert fixed("foo==1.0\n", world) == "foo==1.0\n"
    assert fixed("foo[fast]==1.0\n", world) == "foo[fast]==1.1\n"


def test_dependency_markers_are_the_targets_not_the_hosts() -> None:
    world = index(
        project("foo", ["1.0", "1.1"], requires={"1.0": ['bar ; python_version >= "3.13"']}),
        project("bar", {"1.0": CP311}),
    )
    assert fixed("foo==1.0\n", world, targets="cp312-manylinux") == "foo==1.0\n"
    assert fixed("foo==1.0\n", world) == "foo==1.1\n"


def test_unpinned_dependency_takes_an_older_version_that_has_wheels() -> None:
    world = index(
        project("foo", ["1.0"], requires=["bar>=1"]),
        project("bar", {"1.0": [CP313], "1.1": [CP311]}),
    )
    made = plan("foo==1.0\n", world)
    assert versions(made) == {"foo": "1.0", "bar": "1.0"}


def test_local_version_satisfies_the_public_pin() -> None:
    world = index(project("foo", {"1.0+cpu": PURE, "1.1": PURE}))
    made = plan("foo==1.0\n", world)
    assert not made.changed
    assert versions(made) == {"foo": "1.0+cpu"}


def test_two_lines_for_one_package_move_together() -> None:
    made = plan("foo==1.0\nfoo>=1.0\n", index(COMPILED))
    assert made.files[0].after == b"foo==1.2\nfoo>=1.0\n"


def test_evidence_names_the_newer_versions_that_were_passed_over() -> None:
    made = plan("foo==1.0\n", index(COMPILED))
    assert any(
        "passed over" in fact and "1.3" in fact and "cp311" in fact
        for fact in change(made, "foo").evidence
    )


def test_url_requirement_is_kept_with_a_warning() -> None:
    text = "foo @ https://host.test/foo-1.0-py3-none-any.whl\nbar==1.0\n"
    made = plan(text, index(project("bar", ["1.0"], requires=["foo>=3"])))
    assert not made.changed
    assert any("outside the index" in warning for warning in made.warnings)


def test_what_already_holds_on_one_python_moves_on_another() -> None:
    world = index(project("foo", {"1.0": [CP311, SDIST], "2.0": [CP313]}))
    assert fixed("foo==1.0\n", world, targets=LINUX_311) == "foo==1.0\n"
    assert fixed("foo==1.0\n", world) == "foo==2.0\n"


def test_project_that_is_not_on_the_index_is_refused_by_name() -> None:
    with pytest.raises(NoSolutionError, match="nowhere is not on the index"):
        plan("nowhere==1.0\n", index(COMPILED))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "demo",
            "    demo 1.0 requires six>=1.9\n    six has no such version on the index; the newest is 1.0",
        ),
        ("six>=99", "six>=99\n    six has no such version on the index; the newest is 1.0"),
        ("other", "    other 1.0 requires nope\n    nope is not on the index"),
    ],
)
def test_what_no_version_was_ever_made_of_is_said(text: str, said: str) -> None:
    world = index(
        project("demo", ["1.0"], requires={"1.0": ["six>=1.9"]}),
        project("other", ["1.0"], requires={"1.0": ["nope"]}),
        project("six", ["1.0"]),
    )
    with pytest.raises(NoSolutionError) as caught:
        plan(f"{text}\n", world)
    assert said in str(caught.value)
