"""Ranges are orders: they bind, and where nothing holds under them the answer says so."""

from __future__ import annotations

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import C_SDIST, CP311, CP313, PURE, index, project
from tests.fixing import after, fixed, plan, versions

NO_WHEEL_BELOW_2 = project("foo", {"1.0": CP311, "1.5": CP311, "2.0": CP313})


def test_range_with_a_wheel_inside_is_left_alone() -> None:
    world = index(project("foo", {"1.0": CP313, "1.5": CP311, "2.0": CP313}))
    made = plan("foo<2\n", world)
    assert versions(made) == {"foo": "1.0"}


@pytest.mark.parametrize("range_", ["foo<2", "foo~=1.0", "foo>=1,<2", "foo!=2.0"])
def test_range_without_a_wheel_inside_is_refused_with_the_file_and_the_reason(range_: str) -> None:
    with pytest.raises(NoSolutionError) as refused:
        plan(f"{range_}\n", index(NO_WHEEL_BELOW_2))
    message = str(refused.value)
    assert "requirements.txt:1 requires foo" in message
    assert "has no wheel for cp313-manylinux_2_28_x86_64" in message
    assert "--relax-ranges" in message


def test_relax_ranges_lets_a_range_move_as_pins_do() -> None:
    made = plan("foo<2\n", index(NO_WHEEL_BELOW_2), relax_ranges=True)
    assert versions(made) == {"foo": "2.0"}
    assert made.files[0].after == b"foo==2.0\n"


def test_pin_moves_before_a_range_does() -> None:
    world = index(
        project("app", ["1.0", "1.1"], requires={"1.0": ["foo<2"], "1.1": ["foo"]}),
        project("foo", ["1.0", "2.0"]),
    )
    text = "app==1.0\nfoo>=2\n"
    assert fixed(text, world) == "app==1.1\nfoo>=2\n"
    assert fixed(text, world, relax_ranges=True) == "app==1.1\nfoo>=2\n"


def test_ranges_that_contradict_each_other_are_refused_with_both() -> None:
    world = index(project("foo", ["1.0", "2.0"]))
    with pytest.raises(NoSolutionError) as refused:
        plan("foo<2\nfoo>=2\n", world)
    assert "requirements.txt:1 requires foo<2" in str(refused.value)
    assert "requirements.txt:2 requires foo>=2" in str(refused.value)


def test_refusal_names_the_pythons_that_have_the_wheels() -> None:
    with pytest.raises(NoSolutionError) as refused:
        plan("foo<2\n", index(NO_WHEEL_BELOW_2))
    assert "cp311" in str(refused.value)


def test_refusal_tells_who_required_what_down_the_closure() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib>=1"]),
        project("lib", ["1.0"], requires=["core==1.0"]),
        project("core", {"1.0": CP311}),
    )
    with pytest.raises(NoSolutionError) as refused:
        plan("app==1.0\n", world)
    message = str(refused.value)
    assert "app 1.0 requires lib>=1" in message
    assert "lib 1.0 requires core==1.0" in message
    assert "core 1.0 has no wheel for cp313" in message


def test_unpinned_line_stays_unpinned() -> None:
    world = index(project("foo", {"1.0": PURE, "2.0": PURE}))
    assert fixed("foo\n", world) == "foo\n"


def test_compatible_release_takes_the_newest_that_has_a_wheel_inside() -> None:
    world = index(project("foo", {"1.4": PURE, "1.5": CP311, "2.0": PURE}))
    made = plan("foo~=1.4\n", world)
    assert versions(made) == {"foo": "1.4"}


def test_refusal_names_the_wheels_there_are_beside_an_sdist() -> None:
    foo = project("foo", {"1.0": [CP311, C_SDIST], "1.1": [CP311, C_SDIST], "2.0": CP313})
    with pytest.raises(NoSolutionError) as refused:
        plan("foo<2\n", index(foo))
    assert "has no wheel for cp313-manylinux_2_28_x86_64 (its wheels: cp311" in str(refused.value)
    assert "only a source distribution" not in str(refused.value)


def test_refusal_speaks_of_the_versions_that_were_asked_for() -> None:
    foo = project(
        "foo",
        {"1.0": CP311, "1.1": CP311, "2.0": CP311, "2.1": CP311, "3.0rc1": CP313, "2.5": CP313},
        yanked={"2.5": "bad"},
    )
    with pytest.raises(NoSolutionError) as refused:
        plan("foo<2\n", index(foo))
    message = str(refused.value)
    assert "foo 1.1" in message
    for outside in ("2.0", "2.1", "2.5", "3.0rc1", "--allow-prereleases"):
        assert outside not in message


def test_range_binds_the_pin_of_the_same_package() -> None:
    world = index(project("lib", {"1.0": CP313, "1.1": CP311, "1.2": CP313, "1.3": CP313}))
    made = plan({"a.txt": "lib<1.3\n", "b.txt": "lib==1.1\n"}, world, roots=["a.txt", "b.txt"])
    assert after(made, "a.txt") == "lib<1.3\n"
    assert after(made, "b.txt") == "lib==1.2\n"
