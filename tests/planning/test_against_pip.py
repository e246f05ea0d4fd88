"""The guarantee: pip, left alone with the rewritten file, never starts a compiler."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_index import C_SDIST, CP311, CP313, PURE, SDIST, index, project, sha256_of
from tests.fixing import LINUX_311, LINUX_313, after, change, fixed, plan, versions
from tests.rulebook.packs import pack_text

NEWER_SDIST = project("foo", {"1.0": CP313, "2.0": C_SDIST})
MARK = "# Added by pinfix"


def test_unpinned_line_whose_newest_version_is_an_sdist_gets_a_pin_in_the_marked_block() -> None:
    made = plan("foo\n", index(NEWER_SDIST))
    lines = made.files[0].after.decode().splitlines()
    assert lines[0] == "foo"
    assert lines[-1] == "foo==1.0"
    assert any(line.startswith(MARK) for line in lines)
    assert "pip would take foo 2.0, which has only a source distribution" in lines[-2]
    assert change(made, "foo").cause == "pip prefers"


def test_unpinned_dependency_whose_newest_version_is_an_sdist_gets_a_pin() -> None:
    world = index(project("app", ["1.0"], requires=["foo"]), NEWER_SDIST)
    text = fixed("app==1.0\n", world)
    assert text.startswith("app==1.0\n")
    assert text.endswith("foo==1.0\n")


def test_the_block_is_written_once() -> None:
    world = index(project("app", ["1.0"], requires=["foo"]), NEWER_SDIST)
    text = fixed("app==1.0\n", world)
    assert not plan(text, world).changed


def test_nothing_is_added_where_pip_ends_at_a_wheel_anyway() -> None:
    world = index(
        project("app", ["1.0"], requires=["foo<2"]), project("foo", {"1.0": CP313, "2.0": C_SDIST})
    )
    assert not plan("app==1.0\n", world).changed


def test_newest_version_without_wheel_for_this_python_counts_as_a_build() -> None:
    world = index(project("foo", {"1.0": CP313, "2.0": [CP311, C_SDIST]}))
    assert fixed("foo\n", world).endswith("foo==1.0\n")


def test_newest_version_that_pip_cannot_take_at_all_needs_no_pin() -> None:
    # No sdist: pip skips the version by itself.
    world = index(project("foo", {"1.0": CP313, "2.0": CP311}))
    assert not plan("foo\n", world).changed


def test_second_block_pin_joins_the_first_block() -> None:
    bar = project("bar", {"1.0": CP313, "2.0": C_SDIST})
    once = fixed("foo\n", index(NEWER_SDIST))
    text = fixed(f"{once}bar\n", index(NEWER_SDIST, bar))
    assert text.count(MARK) == 1
    assert "foo==1.0" in text
    assert "bar==1.0" in text
    assert not plan(text, index(NEWER_SDIST, bar)).changed


def test_block_keeps_the_files_line_ends() -> None:
    text = fixed("foo\r\n", index(NEWER_SDIST))
    assert text.count("\n") == text.count("\r\n")


def test_file_without_final_newline_gets_its_block_on_lines_of_its_own() -> None:
    text = fixed("foo", index(NEWER_SDIST))
    assert text.splitlines()[0] == "foo"
    assert "foo==1.0" in text.splitlines()


def test_parent_is_pinned_where_its_newer_version_brings_the_build() -> None:
    world = index(
        project("app", ["1.0", "2.0"], requires={"1.0": [], "2.0": ["foo>=2"]}),
        project("foo", {"1.0": CP313, "2.0": C_SDIST}),
    )
    made = plan("app\n", world)
    assert versions(made) == {"app": "1.0"}
    assert made.files[0].after.decode().endswith("app==1.0\n")


def test_plain_python_sdist_that_pip_prefers_to_a_wheel_is_pinned_away() -> None:
    world = index(project("foo", {"1.0": PURE, "2.0": SDIST}))
    text = fixed("foo\n", world)
    assert text.endswith("foo==1.0\n")
    assert not plan(text, world).changed


def test_pin_for_one_of_two_targets_carries_a_marker() -> None:
    world = index(project("app", ["1.0"], requires=['foo ; python_version >= "3.12"']), NEWER_SDIST)
    text = fixed("app==1.0\n", world, targets=(LINUX_311, LINUX_313))
    assert text.endswith('foo==1.0 ; python_version == "3.13"\n')


def test_hash_checking_file_gets_hashed_pins() -> None:
    app = project("app", ["1.0"], requires=["foo"])
    text = (
        f"app==1.0 --hash=sha256:{sha256_of('app-1.0-py3-none-any.whl')}\n"
        f"foo==2.0 --hash=sha256:{sha256_of('foo-2.0.tar.gz')}\n"
    )
    after = fixed(text, index(app, NEWER_SDIST))
    assert sha256_of(f"foo-1.0-{CP313}.whl") in after
    assert sha256_of("foo-2.0.tar.gz") not in after
    assert sha256_of("app-1.0-py3-none-any.whl") in after


def test_hashes_of_a_moved_pin_are_those_of_every_file_of_the_new_version() -> None:
    foo = project("foo", {"1.0": [CP311, C_SDIST], "2.0": [CP313, CP311, C_SDIST]})
    text = (
        "foo==1.0 \\\n"
        f"    --hash=sha256:{sha256_of(f'foo-1.0-{CP311}.whl')} \\\n"
        f"    --hash=sha256:{sha256_of('foo-1.0.tar.gz')}\n"
    )
    after = fixed(text, index(foo))
    names = [f"foo-2.0-{CP313}.whl", f"foo-2.0-{CP311}.whl", "foo-2.0.tar.gz"]
    hashes = sorted(f"    --hash=sha256:{sha256_of(name)}" for name in names)
    assert after == "foo==2.0 \\\n" + " \\\n".join(hashes) + "\n"


def test_hashes_of_a_pin_that_stays_are_left_alone() -> None:
    foo = project("foo", {"1.0": PURE, "2.0": PURE})
    text = f"foo==1.0 --hash=sha256:{sha256_of('foo-1.0-py3-none-any.whl')}\n"
    assert fixed(text, index(foo)) == text


@pytest.mark.parametrize("pinned", ["foo==1.0", "foo==1.0 ; python_version > '3'"])
def test_pinned_package_needs_no_block(pinned: str) -> None:
    assert not plan(f"{pinned}\n", index(NEWER_SDIST)).changed


def test_block_stands_in_each_named_file_that_pulls_the_package_in() -> None:
    world = index(
        project("base", ["1.0"]),
        project("bar", ["1.0"]),
        project("baz", ["1.0"], requires=["lib"]),
        project("lib", {"1.0": CP313, "2.0": SDIST}),
    )
    files = {
        "base.txt": "base==1.0\n",
        "a.txt": "-r base.txt\nbar==1.0\n",
        "b.txt": "-r base.txt\nbaz==1.0\n",
    }
    made = plan(files, world, roots=["a.txt", "b.txt"])
    assert [file.path for file in made.files if file.changed] == ["b.txt"]


def test_pip_knows_the_users_own_pins_before_it_tries_anything() -> None:
    # The newest a would pull in a newer b, which has only an sdist; but the file pins b.
    world = index(
        project("a", ["1.0", "2.0"], requires={"1.0": ["b"], "2.0": ["b", "c==1.0"]}),
        project("b", {"1.0": CP313, "2.0": C_SDIST}),
        project("c", ["1.0", "2.0"]),
    )
    assert fixed("a\nb==1.0\nc==2.0\n", world) == "a\nb==1.0\nc==2.0\n"


def test_line_that_gets_a_rules_bound_is_guarded_as_it_is_then_written() -> None:
    # Without the bound pip would take 3.0, with it the sdist of 2.0.
    foo = project("foo", {"1.0": CP313, "2.0": C_SDIST, "3.0": CP313})
    rules = pack_text(package="foo", versions="<3")
    text = fixed("foo\n", index(foo), rules=rules)
    assert text.startswith("foo<3\n")
    assert text.endswith("foo==1.0\n")
    assert not plan(text, index(foo), rules=rules).changed


def test_line_gets_the_bound_of_each_rule_that_pip_would_break() -> None:
    foo = project("foo", ["1.0", "2.0", "3.0"])
    rules = pack_text(id="one", package="foo", versions="<3") + pack_text(
        id="two", package="foo", versions="<2"
    )
    text = fixed("foo\n", index(foo), rules=rules)
    assert versions(plan(text, index(foo), rules=rules)) == {"foo": "1.0"}
    assert not plan(text, index(foo), rules=rules).changed
    assert "==" not in text


def test_pin_for_one_target_does_not_bind_what_others_pull_in() -> None:
    world = index(
        project("app", ["1.0", "1.1"], requires={"1.1": ["lib"]}),
        project("lib", {"1.0": CP313, "2.0": [CP311, C_SDIST]}),
    )
    targets = (LINUX_311, LINUX_313)
    once = fixed("app==1.1\n", world, targets=targets)
    assert once.endswith('lib==1.0 ; python_version == "3.13"\n')
    assert not plan(once, world, targets=targets).changed


def test_bound_is_written_on_the_lines_of_the_targets_that_the_rule_is_about() -> None:
    foo = project("foo", {"2.0": CP313, "3.0": [CP311, CP313]})
    rules = pack_text(package="foo", versions="<3", python=">=3.13")
    how: dict[str, Any] = {"targets": (LINUX_311, LINUX_313), "rules": rules}
    text = fixed(
        'foo ; python_version < "3.12"\nfoo ; python_version >= "3.12"\n', index(foo), **how
    )
    assert text == 'foo ; python_version < "3.12"\nfoo<3 ; python_version >= "3.12"\n'
    assert not plan(text, index(foo), **how).changed


@pytest.mark.parametrize("text", ["foo>=2\n", "foo\n"])
def test_line_for_targets_that_differ_gets_a_pin_and_no_bound(text: str) -> None:
    foo = project("foo", {"2.0": CP313, "2.5": C_SDIST, "3.0": [CP311, CP313]})
    rules = pack_text(package="foo", versions="<3", python=">=3.13")
    how: dict[str, Any] = {"targets": (LINUX_311, LINUX_313), "rules": rules, "split": True}
    once = fixed(text, index(foo), **how)
    assert "<3" not in once
    assert not plan(once, index(foo), **how).changed


def test_yanked_release_within_a_bound_is_nothing_that_pip_would_take() -> None:
    foo = project(
        "foo", {"2.0": PURE, "2.8rc1": C_SDIST, "2.9": C_SDIST, "3.0": PURE}, yanked={"2.9": "bad"}
    )
    rules = pack_text(package="foo", versions="<3")
    assert fixed("foo\n", index(foo), rules=rules) == "foo<3\n"


def test_constraint_for_one_target_keeps_pip_from_nothing_on_another() -> None:
    world = index(
        project("app", ["1.0"], requires=["lib"]), project("lib", {"1.0": PURE, "2.0": C_SDIST})
    )
    files = {"requirements.txt": "-c c.txt\napp\n", "c.txt": 'lib<2 ; python_version < "3.12"\n'}
    text = after(plan(files, world, targets=(LINUX_311, LINUX_313)))
    assert text.endswith("\nlib==1.0\n")


@pytest.mark.parametrize("lines", ["lib<2\nlib!=0.9\n", "lib!=0.9\nlib<2\n"])
def test_all_constraints_on_a_package_keep_pip(lines: str) -> None:
    world = index(
        project("app", ["1.0"], requires=["lib"]), project("lib", {"1.0": PURE, "2.0": C_SDIST})
    )
    assert not plan({"requirements.txt": "-c c.txt\napp\n", "c.txt": lines}, world).changed
