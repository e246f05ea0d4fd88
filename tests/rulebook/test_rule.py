from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.rulebook.rule import Watched, applies_to, fires, left_by
from tests.rulebook.packs import DEMO, LINUX_313, rule

OTHER = canonicalize_name("rpds-py")


@pytest.mark.parametrize(
    ("python", "full_version", "expected"),
    [
        (None, "3.8.20", True),
        (">=3.13", "3.13.0", True),
        (">=3.13", "3.12.9", False),
        (">=3.12.4", "3.12.3", False),
        (">=3.12.4", "3.12.4", True),
        (">=3.13", "3.15.0b2", True),
    ],
)
def test_a_rule_holds_on_the_pythons_it_names(
    python: str | None, full_version: str, expected: bool
) -> None:
    environment = LINUX_313 | {"python_full_version": full_version}
    assert applies_to(rule(python=python), environment) is expected


def test_a_rule_holds_on_the_platforms_it_names() -> None:
    windows = LINUX_313 | {"sys_platform": "win32"}
    assert applies_to(rule(), windows)
    assert applies_to(rule(platform=["darwin", "win32"]), windows)
    assert not applies_to(rule(platform=["linux"]), windows)


def test_both_conditions_must_hold() -> None:
    both = rule(python=">=3.14", platform=["linux"])
    assert not applies_to(both, LINUX_313)


def test_a_cap_leaves_the_versions_it_names() -> None:
    left = left_by(rule(versions="<2"))
    assert Version("1.10.27") in left
    assert Version("2.0") not in left
    assert not left.contains(Version("2.0a3"), prereleases=True)


def test_a_cap_that_looks_at_some_versions_leaves_all_the_others() -> None:
    left = left_by(rule(versions=">=2.0.31", matches=">=2"))
    assert [v for v in ("1.4.54", "2.0.0", "2.0.30", "2.0.31", "3.0") if v in left] == [
        "1.4.54",
        "2.0.31",
        "3.0",
    ]


def test_an_always_rule_fires_whatever_wheels_there_are() -> None:
    assert fires(rule(), {DEMO: [Version("2.0")]})


def test_a_cap_without_wheel_fires_only_where_no_newer_version_has_one() -> None:
    cap = rule(applies="without-wheel")
    assert not fires(cap, {DEMO: [Version("1.0"), Version("2.1")]})
    assert fires(cap, {DEMO: [Version("1.0")]})
    assert fires(cap, {})


def test_a_newer_pre_release_with_a_wheel_is_a_newer_wheel() -> None:
    assert not fires(rule(applies="without-wheel"), {DEMO: [Version("2.1b1")]})


def test_a_rule_about_another_packages_wheels_fires_where_that_one_has_none_at_all() -> None:
    cap = rule(applies="without-wheel", wheels_of=["rpds-py"])
    assert cap.watched == (Watched(OTHER, SpecifierSet()),)
    assert fires(cap, {DEMO: [Version("2.1")]})
    assert fires(cap, {DEMO: [Version("2.1")], OTHER: []})
    assert not fires(cap, {OTHER: [Version("0.1")]})


def test_a_rule_that_watches_several_packages_fires_where_one_has_no_wheel() -> None:
    cap = rule(applies="without-wheel", wheels_of=["rpds-py", "jiter"])
    wheels = {OTHER: [Version("0.1")]}
    assert fires(cap, wheels)
    assert not fires(cap, wheels | {canonicalize_name("jiter"): [Version("0.1")]})


def test_a_drop_without_wheel_fires_where_the_package_has_no_wheel_at_all() -> None:
    drop = rule(action="drop", versions=None, applies="without-wheel")
    assert drop.watched == (Watched(DEMO, SpecifierSet()),)
    assert fires(drop, {DEMO: []})
    assert not fires(drop, {DEMO: [Version("0.1")]})


def test_only_the_versions_that_count_are_looked_for() -> None:
    placeholder = {OTHER: [Version("0.0.1")]}
    assert not fires(rule(applies="without-wheel", wheels_of=["rpds-py"]), placeholder)
    assert fires(rule(applies="without-wheel", wheels_of=["rpds-py>=0.1"]), placeholder)
    propose = {"action": "propose", "versions": None, "applies": "without-wheel"}
    assert not fires(rule(**propose), {DEMO: [Version("0.0.1")]})
    assert fires(rule(**propose, matches=">=0.1"), {DEMO: [Version("0.0.1")]})
