"""Several targets at once: one version that serves all of them."""

from __future__ import annotations

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import (
    CP311,
    CP313,
    CP313_ARM,
    CP313_WINDOWS,
    PURE,
    index,
    project,
)
from tests.fixing import LINUX_311, LINUX_313, change, fixed, plan, versions

BOTH = (LINUX_311, LINUX_313)


def test_one_version_serves_every_target() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313, "1.3": CP311}))
    made = plan("foo==1.0\n", world, targets=BOTH)
    assert versions(made) == {"foo": "1.1"}
    assert made.files[0].after == b"foo==1.1\n"


def test_the_reason_names_the_target_that_lacks_the_wheel() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": [CP311, CP313]}))
    assert (
        "cp313-manylinux_2_28_x86_64"
        in change(plan("foo==1.0\n", world, targets=BOTH), "foo").reason
    )


def test_closure_is_one_version_for_all_targets_too() -> None:
    world = index(
        project("app", ["1.0"], requires=["foo"]),
        project("foo", {"1.0": PURE, "1.1": CP311, "1.2": CP313}),
    )
    made = plan("app==1.0\n", world, targets=BOTH)
    assert versions(made) == {"app": "1.0", "foo": "1.0"}


def test_package_needed_on_one_target_needs_wheels_only_there() -> None:
    world = index(
        project("app", ["1.0"], requires=['backport==1.0 ; python_version < "3.12"']),
        project("backport", {"1.0": CP311}),
    )
    made = plan("app==1.0\n", world, targets=BOTH)
    assert not made.changed
    (backport,) = (entry for entry in made.closure if entry.name == "backport")
    assert list(backport.files) == ["cp311-manylinux_2_28_x86_64"]


def test_two_architectures_want_wheels_for_both() -> None:
    world = index(project("foo", {"1.0": [CP313], "1.1": [CP313, CP313_ARM], "1.2": [CP313]}))
    arm = "cp313-manylinux_2_28_aarch64"
    assert fixed("foo==1.0\n", world, targets=(LINUX_313, arm)) == "foo==1.1\n"


def test_each_target_gets_its_own_file_of_the_one_version() -> None:
    world = index(project("foo", {"1.0": [CP311, CP313]}))
    (entry,) = plan("foo==1.0\n", world, targets=BOTH).closure
    assert entry.files == {
        "cp311-manylinux_2_28_x86_64": f"foo-1.0-{CP311}.whl",
        "cp313-manylinux_2_28_x86_64": f"foo-1.0-{CP313}.whl",
    }


def test_no_version_for_all_targets_is_refused() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313}))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==1.0\n", world, targets=BOTH)
    assert "cp311-manylinux_2_28_x86_64 and cp313-manylinux_2_28_x86_64" in str(refused.value)


def test_lines_with_disjoint_markers_keep_a_version_each() -> None:
    world = index(project("foo", {"1.0": CP311, "2.0": CP313, "2.1": CP313}))
    text = 'foo==1.0 ; python_version < "3.12"\nfoo==2.0 ; python_version >= "3.12"\n'
    made = plan(text, world, targets=BOTH)
    assert not made.changed
    assert [(entry.name, entry.version) for entry in made.closure] == [
        ("foo", "2.0"),
        ("foo", "1.0"),
    ]


def test_line_with_a_marker_moves_for_its_own_target_alone() -> None:
    world = index(project("foo", {"1.0": CP311, "1.5": CP311, "2.0": CP313}))
    text = 'foo==1.0 ; python_version < "3.12"\nfoo==1.5 ; python_version >= "3.12"\n'
    expected = 'foo==1.0 ; python_version < "3.12"\nfoo==2.0 ; python_version >= "3.12"\n'
    assert fixed(text, world, targets=BOTH) == expected


def test_refusal_says_which_targets_exclude_each_other() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==1.0\nbar==1.0\n", world, targets=(LINUX_311, LINUX_313))
    assert "exclude each other, and each can be served alone" in str(refused.value)


def test_refusal_says_which_target_cannot_be_served_even_alone() -> None:
    world = index(project("foo", {"1.0": CP311}))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==1.0\n", world, targets=(LINUX_311, LINUX_313))
    assert "cp313-manylinux_2_28_x86_64 cannot be served even alone" in str(refused.value)
    assert "exclude each other" not in str(refused.value)


def test_targets_that_the_same_line_is_about_get_the_same_version() -> None:
    world = index(
        project(
            "foo",
            {
                "1.0": PURE,
                "1.1": [CP311, CP313],
                "1.2": CP311,
                "1.3": CP313,
                "2.0": CP313_WINDOWS,
            },
        )
    )
    text = 'foo==0.9 ; sys_platform == "linux"\nfoo==2.0 ; sys_platform == "win32"\n'
    targets = (LINUX_311, LINUX_313, "cp313-windows")
    assert fixed(text, world, targets=targets) == text.replace("0.9", "1.1")


def test_pin_stays_where_what_it_pulls_in_may_differ_between_targets() -> None:
    # Each target's own pip picks the version of what no line names.
    world = index(
        project("app", {"1.0": PURE, "1.1": PURE}, requires={"1.0": ["dep"], "1.1": []}),
        project("dep", {"1.0": CP311, "2.0": CP313}),
    )
    made = plan("app==1.0\n", world, targets=BOTH)
    assert not made.changed
    assert [(e.version, len(e.files)) for e in made.closure if e.name == "dep"] == [
        ("2.0", 1),
        ("1.0", 1),
    ]
