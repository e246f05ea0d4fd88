from __future__ import annotations

import pytest
from packaging.markers import Marker, default_environment
from packaging.version import Version

from pinfix.errors import UsageError
from pinfix.targets.target import parse_target


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("cp311-manylinux", "cp311-manylinux_2_28_x86_64"),
        ("cp311-linux", "cp311-manylinux_2_28_x86_64"),
        ("cp311-manylinux_aarch64", "cp311-manylinux_2_28_aarch64"),
        ("cp311-linux-arm64", "cp311-manylinux_2_28_aarch64"),
        ("cp313-manylinux_2_17_x86_64", "cp313-manylinux_2_17_x86_64"),
        ("cp313-manylinux_2_17", "cp313-manylinux_2_17_x86_64"),
        ("cp313-manylinux2014_aarch64", "cp313-manylinux_2_17_aarch64"),
        ("cp38-manylinux2010_i686", "cp38-manylinux_2_12_i686"),
        ("cp38-manylinux1_x86_64", "cp38-manylinux_2_5_x86_64"),
        ("cp312-musllinux", "cp312-musllinux_1_2_x86_64"),
        ("cp312-musllinux_1_1_aarch64", "cp312-musllinux_1_1_aarch64"),
        ("cp312-macosx", "cp312-macosx_13_0_arm64"),
        ("cp312-macos-13.0-aarch64", "cp312-macosx_13_0_arm64"),
        ("cp312-macosx_x86_64", "cp312-macosx_13_0_x86_64"),
        ("cp312-win", "cp312-win_amd64"),
        ("cp312-windows", "cp312-win_amd64"),
        ("cp312-win32", "cp312-win32"),
        ("cp313t-manylinux", "cp313t-manylinux_2_28_x86_64"),
        ("pp311-manylinux", "pp311-manylinux_2_28_x86_64"),
        ("pypy3.11-manylinux", "pp311-manylinux_2_28_x86_64"),
        ("cp313-any", "cp313-any"),
        ("3.11-manylinux", "cp311-manylinux_2_28_x86_64"),
        ("py311-manylinux", "cp311-manylinux_2_28_x86_64"),
        (" CP311-ManyLinux ", "cp311-manylinux_2_28_x86_64"),
        ("cp313-cp313-manylinux_2_28_x86_64", "cp313-manylinux_2_28_x86_64"),
        ("cp316-manylinux", "cp316-manylinux_2_28_x86_64"),
    ],
)
def test_every_form_has_one_canonical_name(text: str, name: str) -> None:
    target = parse_target(text)
    assert target.name == name
    assert target.text == text
    assert parse_target(target.name) == target


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("cp311", "names no platform; write it like cp311-manylinux"),
        ("manylinux", "names no Python; write it like cp313-manylinux"),
        ("render", "names no Python; write it like cp313-render"),
        ("cp27-manylinux", "pinfix knows Python 3, from 3.6"),
        ("cp35-manylinux", "pinfix knows Python 3, from 3.6"),
        ("c311-manylinux", "is no Python that pinfix knows; write it like cp311"),
        ("3.11.4-manylinux", "write cp311 and give --python 3.11.4"),
        ("cp312t-manylinux", "free-threaded builds begin with cp313t"),
        ("pp399-manylinux", "there is no PyPy for this Python"),
        ("cp312-manylinx", "is no platform that pinfix knows; write manylinux"),
        ("cp312-freebsd", "write manylinux or musllinux or macosx or windows or any"),
        ("cp312-manylinux1_aarch64", "begins with manylinux_2_17_aarch64"),
        ("cp312-manylinux_2_4_x86_64", "begins with manylinux_2_5_x86_64"),
        ("cp312-manylinux_2_999_x86_64", "there is no version 2.999"),
        ("cp312-musllinux_2_0_x86_64", "musl is at 1.x"),
        ("cp312-macosx_10_9_arm64", "begin with macosx_11_0_arm64"),
        ("cp312-manylinux_2_28_sparc", "is no machine with manylinux wheels"),
        ("cp313-abi3-manylinux", "is no platform"),
        ("renderx", "write PYTHON-PLATFORM, like cp313-render"),
        ("", "is no target; write PYTHON-PLATFORM, like cp313-manylinux"),
        ("cp311-", "is no target"),
    ],
)
def test_what_is_no_target_is_refused_with_the_nearest_right_form(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target(text)
    assert sentence in str(refused.value)


def test_a_python_without_patch_release_means_its_newest_known_one() -> None:
    target = parse_target("cp311-manylinux")
    assert target.python_version == Version("3.11.18")
    assert target.environment["python_full_version"] == "3.11.18"
    assert target.environment["python_version"] == "3.11"


@pytest.mark.parametrize(
    ("python", "full"), [("3.11.9", "3.11.9"), ("3.11", "3.11.18"), ("3.11.0rc1", "3.11.0rc1")]
)
def test_python_option_sets_the_patch_release(python: str, full: str) -> None:
    target = parse_target("cp311-manylinux", python=python)
    assert target.environment["python_full_version"] == full
    assert target.environment["implementation_version"] == full
    assert str(target.python_version) == full
    assert target != parse_target("cp311-manylinux", python="3.11.5")


@pytest.mark.parametrize(
    ("python", "sentence"),
    [
        ("3.12.1", "does not agree with the target's cp311 (Python 3.11)"),
        ("3", "does not agree"),
        ("three", "not a version"),
        ("3.11.4.1", "not a Python release"),
        ("3.11.4+local", "not a Python release"),
        ("3.11.4.post1", "not a Python release"),
    ],
)
def test_python_option_that_disagrees_is_refused(python: str, sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_target("cp311-manylinux", python=python)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("cp311-manylinux", ("posix", "linux", "Linux", "x86_64")),
        ("cp311-musllinux_1_2_aarch64", ("posix", "linux", "Linux", "aarch64")),
        ("cp311-macosx_13_0_arm64", ("posix", "darwin", "Darwin", "arm64")),
        ("cp311-win_amd64", ("nt", "win32", "Windows", "AMD64")),
        ("cp311-win_arm64", ("nt", "win32", "Windows", "ARM64")),
        ("cp311-win32", ("nt", "win32", "Windows", "x86")),
        ("cp311-any", ("posix", "linux", "Linux", "x86_64")),
    ],
)
def test_platform_markers_are_the_targets(text: str, markers: tuple[str, ...]) -> None:
    environment = parse_target(text).environment
    keys = ("os_name", "sys_platform", "platform_system", "platform_machine")
    assert tuple(environment[key] for key in keys) == markers
    assert environment["platform_release"] == environment["platform_version"] == ""
    assert environment.keys() == default_environment().keys()


def test_pypy_is_told_apart_by_markers() -> None:
    environment = parse_target("pp311-manylinux").environment
    assert environment["implementation_name"] == "pypy"
    assert environment["platform_python_implementation"] == "PyPy"
    assert environment["implementation_version"].startswith("7.3.")
    marker = Marker("platform_python_implementation == 'CPython' and python_version < '3.12'")
    assert not marker.evaluate(environment)
    assert marker.evaluate(parse_target("cp311-manylinux").environment)


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("cp311-manylinux", "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        ("cp311-manylinux", "cp311-cp311-manylinux1_x86_64"),
        ("cp311-manylinux", "cp37-abi3-manylinux_2_28_x86_64"),
        ("cp311-manylinux", "cp311-cp311-linux_x86_64"),
        ("cp311-manylinux", "py2.py3-none-any"),
        ("cp311-manylinux", "py3-none-manylinux2014_x86_64"),
        ("cp311-macosx_13_0_arm64", "cp311-cp311-macosx_10_9_universal2"),
        ("cp311-macosx_13_0_arm64", "cp311-cp311-macosx_11_0_arm64"),
        ("cp37-manylinux", "cp37-cp37m-manylinux2014_x86_64"),
        ("cp313t-manylinux", "cp313-cp313t-manylinux_2_17_x86_64"),
        ("cp315t-manylinux", "cp315-abi3.abi3t-manylinux_2_17_x86_64"),
        ("pp311-manylinux", "pp311-pypy311_pp73-manylinux_2_17_x86_64"),
        ("cp313-any", "py3-none-any"),
        ("cp313-any", "cp313-none-any"),
    ],
)
def test_a_wheel_that_fits_has_a_rank(text: str, suffix: str) -> None:
    assert parse_target(text).rank(suffix) is not None


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("cp311-manylinux", "cp311-cp311-manylinux_2_29_x86_64"),
        ("cp311-manylinux", "cp311-cp311-manylinux_2_17_aarch64"),
        ("cp311-manylinux", "cp311-cp311-musllinux_1_2_x86_64"),
        ("cp311-manylinux", "cp312-abi3-manylinux_2_17_x86_64"),
        ("cp311-manylinux", "cp310-cp310-manylinux_2_17_x86_64"),
        ("cp311-manylinux", "py2-none-any"),
        ("cp313t-manylinux", "cp39-abi3-manylinux_2_17_x86_64"),
        ("cp313t-manylinux", "cp313-cp313-manylinux_2_17_x86_64"),
        ("cp313-manylinux", "cp313-cp313t-manylinux_2_17_x86_64"),
        ("pp311-manylinux", "cp311-cp311-manylinux_2_17_x86_64"),
        ("cp313-any", "py3-none-manylinux_2_17_x86_64"),
        ("cp313-any", "cp313-cp313-manylinux_2_17_x86_64"),
        ("cp311-musllinux", "cp311-cp311-manylinux_2_17_x86_64"),
        ("cp311-manylinux", "py36+-none-any"),
        ("cp311-manylinux", "none-any"),
        ("cp311-manylinux", ""),
    ],
)
def test_a_wheel_that_does_not_fit_has_none(text: str, suffix: str) -> None:
    assert parse_target(text).rank(suffix) is None


def test_the_more_specific_wheel_ranks_better() -> None:
    target = parse_target("cp311-manylinux")
    ranks = [
        target.rank(suffix)
        for suffix in (
            "cp311-cp311-manylinux_2_28_x86_64",
            "cp311-cp311-manylinux_2_17_x86_64",
            "cp311-abi3-manylinux_2_28_x86_64",
            "cp38-abi3-manylinux_2_28_x86_64",
            "py3-none-manylinux_2_28_x86_64",
            "py3-none-any",
        )
    ]
    assert None not in ranks
    assert ranks == sorted(ranks, key=lambda rank: rank or 0)
    assert len(set(ranks)) == len(ranks)


def test_describe_says_what_a_short_form_was_taken_for() -> None:
    assert parse_target("cp311-manylinux").describe() == "CPython 3.11.18, Linux x86_64, glibc 2.28"
    assert "free-threaded" in parse_target("cp313t-manylinux").describe()
    assert "pure wheels only" in parse_target("cp313-any").describe()
    assert "render" in parse_target("cp313-render").describe()
