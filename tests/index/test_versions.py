"""Versions that are parsed when they are looked at, beside all of them parsed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from pinfix.index.versions import LazyVersions, prerelease_mask, release_at

NUMBERS = st.integers(0, 30)
TEXTS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "1!"]),
        st.lists(NUMBERS.map(str), min_size=1, max_size=4).map(".".join),
        st.sampled_from(["", "a1", "b0", "rc12", "alpha2", "c3", "-preview4"]),
        st.sampled_from(["", ".post1", "-2", ".rev3"]),
        st.sampled_from(["", ".dev0", "dev7"]),
        st.sampled_from(["", "+cu118", "+abc.rc1", "+1.dev2"]),
    ),
)


@given(st.lists(TEXTS, max_size=12))
def test_are_what_parsing_all_of_them_gives(texts: list[str]) -> None:
    versions = tuple(sorted(map(Version, texts), reverse=True))
    lazy = LazyVersions([str(version) for version in versions], prerelease_mask(versions))
    assert prerelease_mask(lazy) == prerelease_mask(versions)
    assert [release_at(lazy, place) for place in range(len(lazy))] == [
        (version.epoch, version.release) for version in versions
    ]
    assert lazy == versions
    assert versions == lazy
    assert hash(lazy) == hash(versions)
    assert repr(lazy) == repr(versions)
    assert len(lazy) == len(versions)
    assert lazy[1:3] == versions[1:3]


def test_parse_what_is_asked_for_alone() -> None:
    lazy = LazyVersions(["2.0", "nonsense", "1.0"], 0)
    assert lazy[0] is lazy[0] == Version("2.0")
    assert lazy[-1] == Version("1.0")
    with pytest.raises(IndexError):
        lazy[3]
    with pytest.raises(ValueError, match="nonsense"):
        lazy[1]
    assert lazy != "2.0"


def test_mask_of_prereleases_begins_with_the_first_version() -> None:
    versions = tuple(map(Version, ["2.0", "2.0rc1", "1.0.post1", "1.0", "1.0.dev3"]))
    assert prerelease_mask(versions) == 0b10010
