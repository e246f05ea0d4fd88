"""``--split``: where no one version serves all targets, a line for each, told apart by markers."""

from __future__ import annotations

import pytest
from hypothesis import given

from pinfix.errors import NoSolutionError
from pinfix.planning.plan import Plan
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    CP313_ARM,
    CP313_WINDOWS,
    PURE,
    FakeIndex,
    index,
    project,
    sha256_of,
)
from tests.fixing import LINUX_311, LINUX_313, after, change, fixed, plan
from tests.small_index import Small, Wanted, cases, quick, read, text_of

BOTH = (LINUX_311, LINUX_313)
APART = index(project("foo", {"1.0": CP311, "1.1": CP311, "2.0": CP313, "2.1": CP313}))


def split(text: str, world: FakeIndex = APART, targets: tuple[str, ...] = BOTH) -> str:
    return fixed(text, world, targets=targets, split=True)


def test_each_target_keeps_the_pin_or_gets_the_newest_that_works() -> None:
    assert split("foo==1.0\n") == (
        'foo==1.0 ; python_version < "3.12"\nfoo==2.1 ; python_version >= "3.12"\n'
    )
    assert split("foo==2.0\n") == (
        'foo==1.1 ; python_version < "3.12"\nfoo==2.0 ; python_version >= "3.12"\n'
    )


def test_reasons_say_which_target_keeps_what_and_why_another_moved() -> None:
    made = plan("foo==1.0\n", APART, targets=BOTH, split=True)
    kept, new = made.changes
    assert (kept.cause, kept.before) == ("split", "foo==1.0")
    assert "serves cp311-manylinux_2_28_x86_64" in kept.reason
    assert (new.cause, new.before) == ("no wheel", "")
    assert new.after == 'foo==2.1 ; python_version >= "3.12"'
    assert "foo 1.0 has no wheel for cp313-" in new.reason


def test_nothing_is_split_that_one_version_serves() -> None:
    world = index(project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "2.0": CP313}))
    assert split("foo==1.0\n", world) == "foo==1.1\n"


def test_without_the_option_it_is_a_refusal_that_names_it() -> None:
    with pytest.raises(NoSolutionError, match="--split"):
        plan("foo==1.0\n", APART, targets=BOTH)


def test_only_what_has_to_be_is_split() -> None:
    world = index(
        project("foo", {"1.0": CP311, "2.0": CP313}),
        project("bar", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313}),
    )
    assert split("bar==1.0\nfoo==1.0\n", world) == (
        'bar==1.1\nfoo==1.0 ; python_version < "3.12"\nfoo==2.0 ; python_version >= "3.12"\n'
    )


def test_range_that_each_target_can_meet_needs_no_split() -> None:
    assert split("foo\n") == "foo\n"
    assert split("foo>=1\n") == "foo>=1\n"


def test_system_tells_targets_apart_where_the_python_does_not() -> None:
    world = index(project("foo", {"1.0": CP313_WINDOWS, "1.1": CP313, "1.2": CP313_WINDOWS}))
    assert split("foo==1.1\n", world, (LINUX_313, "cp313-windows")) == (
        'foo==1.1 ; sys_platform != "win32"\nfoo==1.2 ; sys_platform == "win32"\n'
    )
    world = index(project("foo", {"1.0": CP313_ARM, "1.1": CP313}))
    assert split("foo==1.1\n", world, (LINUX_313, "cp313-manylinux_2_28_aarch64")) == (
        'foo==1.1 ; platform_machine != "aarch64"\nfoo==1.0 ; platform_machine == "aarch64"\n'
    )


def test_targets_with_the_same_version_share_a_line() -> None:
    targets = (LINUX_311, LINUX_313, "cp313-windows")
    world = index(project("foo", {"1.0": CP311, "2.0": [CP313, CP313_WINDOWS]}))
    assert split("foo==1.0\n", world, targets) == (
        'foo==1.0 ; python_version < "3.12"\nfoo==2.0 ; python_version >= "3.12"\n'
    )


def test_targets_that_no_marker_tells_apart_cannot_be_split() -> None:
    world = index(project("foo", {"1.0": CP313, "1.1": "cp313-cp313-musllinux_1_2_x86_64"}))
    with pytest.raises(NoSolutionError):
        split("foo==1.0\n", world, (LINUX_313, "cp313-musllinux"))


def test_comment_hashes_extras_and_own_marker_stay_with_each_line() -> None:
    old = sha256_of(f"foo-1.0-{CP311}.whl")
    new = sha256_of(f"foo-2.1-{CP313}.whl")
    text = f'foo[x]==1.0 ; os_name == "posix" \\\n    --hash=sha256:{old}  # why\nlast==1\n'
    world = index(
        project("foo", {"1.0": CP311, "1.1": CP311, "2.0": CP313, "2.1": CP313}),
        project("last", ["1"]),
    )
    made = plan(text, world, targets=BOTH, split=True)
    own = 'os_name == "posix" and python_version'
    assert after(made).startswith(
        f'foo[x]==1.0 ; {own} < "3.12" \\\n    --hash=sha256:{old}  # why\n'
        f'foo[x]==2.1 ; {own} >= "3.12" \\\n    --hash=sha256:{new}  # why\nlast==1\n'
    )


def test_marker_with_or_is_put_in_parentheses() -> None:
    text = 'foo==1.0 ; os_name == "posix" or os_name == "nt"\n'
    assert split(text).splitlines()[0] == (
        'foo==1.0 ; (os_name == "posix" or os_name == "nt") and python_version < "3.12"'
    )


def test_last_line_without_an_end_is_split_too() -> None:
    assert split("foo==1.0") == (
        'foo==1.0 ; python_version < "3.12"\nfoo==2.1 ; python_version >= "3.12"'
    )


def test_annotation_of_a_compiled_file_stands_below_each_line() -> None:
    header = "# This file is autogenerated by pip-compile\n"
    assert split(f"{header}foo==1.0\n    # via -r a.in\n") == (
        f'{header}foo==1.0 ; python_version < "3.12"\n    # via -r a.in\n'
        'foo==2.1 ; python_version >= "3.12"\n    # via -r a.in\n'
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (
            '    "foo==1.0", # why\n    "last==1"\n',
            "    \"foo==1.0 ; python_version < '3.12'\",\n"
            '    "foo==2.1 ; python_version >= \'3.12\'", # why\n    "last==1"\n',
        ),
        (
            "    'last==1', 'foo==1.0'\n",
            "    'last==1', 'foo==1.0 ; python_version < \"3.12\"', "
            "'foo==2.1 ; python_version >= \"3.12\"'\n",
        ),
        (
            '    """foo==1.0"""\n',
            '    """foo==1.0 ; python_version < \'3.12\'""",\n'
            '    """foo==2.1 ; python_version >= \'3.12\'"""\n',
        ),
    ],
)
def test_strings_of_a_pyproject(before: str, expected: str) -> None:
    head, tail = '[project]\nname = "x"\ndependencies = [\n', "]\n"
    world = index(
        project("foo", {"1.0": CP311, "2.1": CP313}),
        project("last", ["1"]),
    )
    files = {"pyproject.toml": head + before + tail}
    assert fixed(files, world, targets=BOTH, split=True) == head + expected + tail


def test_second_run_changes_nothing() -> None:
    once = split("foo==1.0\n")
    assert split(once) == once
    assert fixed(once, APART, targets=BOTH) == once


def installs(made: Plan, small: Small, tag: str, number: int) -> bool:
    """Whether each target's lines, by their markers, can be met from its wheels."""
    wanted = read(after(made), made.targets[number].environment)
    return small.solvable(wanted, tag)


@quick
@given(cases())
def test_it_is_refused_only_where_a_target_alone_is(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    text, world = text_of(lines), small.index()

    def serves(target: str) -> bool:
        try:
            plan(text, world, targets=target)
        except NoSolutionError:
            return False
        return True

    each = all(serves(target) for target in BOTH)
    try:
        made = plan(text, world, targets=BOTH, split=True)
    except NoSolutionError:
        assert not each
        return
    assert each
    assert installs(made, small, CP311, 0)
    assert installs(made, small, CP313, 1)
    again = plan(after(made), world, targets=BOTH, split=True)
    assert not again.changed


def test_unpinned_that_pip_would_build_is_pinned_for_the_target_that_needs_it() -> None:
    world = index(
        project("foo", {"1.0": CP311, "2.0": CP313}),
        project("bar", {"1.0": PURE, "2.0": C_SDIST}),
    )
    assert "bar==1.0\n" in split("foo==1.0\nbar\n", world)
    assert change(plan("foo==1.0\nbar\n", world, targets=BOTH, split=True), "bar").before == ""
