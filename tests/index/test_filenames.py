from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import (
    InvalidWheelFilename,
    canonicalize_name,
    parse_wheel_filename,
)
from packaging.version import Version

from pinfix.index.filenames import FileName, FileNameReader


def read(filename: str, name: str = "foo") -> FileName | None:
    return FileNameReader(canonicalize_name(name)).read(filename)


def test_wheel_name_gives_version_tags_and_build() -> None:
    assert read("foo-1.0-2b-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl") == FileName(
        Version("1.0"), "cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64", (2, "b")
    )


def test_tags_are_lower_case_as_they_compare() -> None:
    assert read("foo-1.0-Py3-None-Any.whl") == FileName(Version("1.0"), "py3-none-any")


def test_non_normal_spellings_compare_as_versions() -> None:
    known = read("Foo_Bar-01.0.0-py3-none-any.whl", "foo-bar")
    assert known is not None
    assert known.version == Version("1")


@pytest.mark.parametrize(
    "filename",
    [
        "bar-1.0-py3-none-any.whl",
        "foobar-1.0.tar.gz",
        "foo.egg-info",
        "foo-1.0-py2.7.egg",
        "foo-1.0.win32-py2.7.exe",
        "foo-1.0.win32.msi",
        "foo-1.0-1.noarch.rpm",
        "foo-1.0-py3-none-any.whl.metadata",
        "foo-1.0.tar.gz.asc",
    ],
)
def test_other_projects_and_other_kinds_of_files_are_ignored(filename: str) -> None:
    assert read(filename) is None


@pytest.mark.parametrize(
    "filename",
    [
        "foo-1.0-py36+-none-any.whl",
        "foo-1.0-any.whl",
        "foo-1.0-x-py3-none-any.whl",
        "foo-spam-py3-none-any.whl",
        "foo-1.0.linux-x86_64.tar.gz",
        "foo-1.0-py2.7.tar.gz",
        "foo-.zip",
    ],
)
def test_a_name_that_follows_no_rule_is_refused(filename: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(filename)


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("selenium-2.0-dev-9429.tar.gz", "selenium", "2.0.dev9429"),
        ("foo-1.0.zip", "foo", "1.0"),
        ("foo-1.0.tgz", "foo", "1.0"),
        ("foo-1-1.tar.bz2", "foo", "1.post1"),
        ("Foo__Bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-bar-1.0.tar.gz", "foo-bar", "1.0"),
        ("foo-2-1.0.tar.gz", "foo-2", "1.0"),
    ],
)
def test_sdist_name_splits_at_the_first_dash_after_the_project(
    filename: str, name: str, version: str
) -> None:
    assert read(filename, name) == FileName(Version(version))


_PART = st.from_regex(r"[A-Za-z0-9_.+]{1,6}", fullmatch=True)
_TAGS = st.sampled_from(
    ["py3-none-any", "cp311-abi3-win_amd64", "py2.py3-none-any", "py36+-none-any"]
)
_VERSION = st.sampled_from(["1.0", "1.0.0", "01", "1!2.0rc1", "1.0+cu118", "1.0_1", "v2", "x"])
_BUILD = st.sampled_from(["", "-1", "-2abc", "-x", "-1-1"])


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["foo", "Foo", "f.o_o", "foo__bar", "föö"]) | _PART,
    version=_VERSION | _PART,
    build=_BUILD,
    tags=_TAGS | st.lists(_PART, min_size=2, max_size=4).map("-".join),
)
def test_wheel_names_are_read_as_packaging_reads_them(
    name: str, version: str, build: str, tags: str
) -> None:
    filename = f"{name}-{version}{build}-{tags}.whl"
    try:
        project, parsed, build_tag, tag_set = parse_wheel_filename(filename)
    except InvalidWheelFilename:
        with pytest.raises(ValueError, match=r".+"):
            read(filename, name)
        return
    known = read(filename, project)
    assert known is not None
    assert (known.version, known.build) == (parsed, build_tag)
    assert parse_wheel_filename(f"x-1-{known.suffix}.whl")[3] == tag_set
