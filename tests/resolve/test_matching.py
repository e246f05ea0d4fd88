"""Masks by bisection beside packaging's own answer for each version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.ranges import VersionRange
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from pinfix.index.versions import LazyVersions
from pinfix.resolve.matching import Matcher
from tests.small_index import quick

numbers = st.integers(0, 3)
releases = st.lists(numbers, min_size=1, max_size=3).map(lambda parts: ".".join(map(str, parts)))
endings = st.sampled_from(
    ["", "", "", "a1", "rc1", ".post1", ".dev1", "rc1.post2.dev3", "+local.1"]
)
epochs = st.sampled_from(["", "", "", "1!"])
texts = st.builds("{}{}{}".format, epochs, releases, endings)
public = texts.filter(lambda text: "+" not in text)
clauses = st.one_of(
    st.builds("{}{}".format, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), public),
    st.builds("=={}".format, texts),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), releases),
    st.builds("~={}.{}".format, releases, numbers),
    st.builds("==={}".format, texts),
)


def one_by_one(versions: list[Version], wanted: SpecifierSet) -> int:
    return sum(1 << i for i, v in enumerate(versions) if wanted.contains(v, prereleases=True))


@quick
@given(st.sets(texts.map(Version), max_size=30), st.lists(clauses, max_size=3).map(",".join))
def test_bisection_and_packaging_agree(known: set[Version], text: str) -> None:
    versions = sorted(known, reverse=True)
    wanted = SpecifierSet(text)
    expected = one_by_one(versions, wanted)
    assert Matcher(versions).mask(wanted) == expected
    assert Matcher(LazyVersions(list(map(str, versions)), 0)).mask(wanted) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<2", ["1.9", "1.0"]),
        ("<2rc1", ["2a1", "1.9", "1.0"]),
        (">2", ["3.0", "2.1"]),
        (">=2,!=2.1", ["3.0", "2.0+cu1", "2.0", "2.0.post1"]),
        ("==2", ["2.0+cu1", "2.0"]),
        ("<=2", ["2.0+cu1", "2.0", "2a1", "1.9", "1.0"]),
    ],
)
def test_the_neighbours_of_a_bound_follow_pep_440(text: str, expected: list[str]) -> None:
    known = ["3.0", "2.1", "2.0.post1", "2.0+cu1", "2.0", "2a1", "1.9", "1.0"]
    versions = sorted(map(Version, known), reverse=True)
    mask = Matcher(versions).mask(SpecifierSet(text))
    assert {str(v) for i, v in enumerate(versions) if mask >> i & 1} == set(
        map(str, map(Version, expected))
    )


def test_ranges_are_masks_too() -> None:
    versions = [Version("2.0"), Version("1.0")]
    assert Matcher(versions).mask(SpecifierSet("<2").to_range()) == 0b10
    assert isinstance(SpecifierSet("<2").to_range(), VersionRange)
