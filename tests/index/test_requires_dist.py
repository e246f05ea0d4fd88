"""Lines read by their shape beside what ``packaging`` reads in them."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import example, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.requirements import InvalidRequirement
from packaging.utils import canonicalize_name

from pinfix.index.frozen import FrozenIndex
from pinfix.index.repair import parse_requires_dist, read_requires_dist
from pinfix.index.requires_dist import Dependency, names_outright, read_requires, valid_requires
from tests.cases.case import FROZEN

Read: TypeAlias = "tuple[Dependency, Marker | None]"

_pieces = st.sampled_from(
    [
        *("foo", "Foo.bar", "a_-b", "1a", "x-"),
        *(">=1", "<2.0", "~= 1.0", "==1.*", "!=1.0.dev1", "===any.thing", "==1+local", ">=1<2"),
        *("[x]", "[X.y, z]", "(>=1)", "@ https://e.test/f;x", "'", ",", " ", ";", "\n", "é"),
        *("; python_version < '3'", '; extra == "A_b"', ";os_name=='nt' or extra == 'x'", "; junk"),
    ]
)


def read_by_packaging(text: str) -> Read | None:
    try:
        found = parse_requires_dist(text)
    except InvalidRequirement:
        return None
    extras = frozenset(map(canonicalize_name, found.extras))
    outright = names_outright(found.specifier)
    name = canonicalize_name(found.name)
    return Dependency(name, extras, found.specifier, outright), found.marker


def read(text: str) -> Read | None:
    try:
        return read_requires(text)
    except InvalidRequirement:
        return None


@settings(max_examples=2000, deadline=None)
@given(st.lists(_pieces, min_size=1, max_size=6).map("".join))
@example("foo>=1,<2,; os_name == 'nt'")
@example(" foo ;")
@example("foo>=1 ; python_version ~= 'x'")
def test_line_is_read_as_packaging_reads_it(text: str) -> None:
    assert read(text) == read_by_packaging(text)
    if read(text) is not None:
        assert valid_requires(text) == read_requires_dist(text)[1]


def test_lines_of_real_packages_are_read_as_packaging_reads_them() -> None:
    known = FrozenIndex.load(FROZEN).metadata_of.values()
    lines = {line for found in known for line in found.requires_dist}
    assert len(lines) > 500
    for line in lines:
        assert read(line) == read_by_packaging(line)
