from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError
from pinfix.index.json_page import file_text, said_of_file, split_page
from pinfix.index.listing import Listing, Release, parse_json_listing
from tests.index.keeping import kept_and_read

FOO = NormalizedName("foo")
BASE = "https://index.example/simple/foo/"


def page(files: list[Any], **layout: Any) -> bytes:
    said = {"files": files, "meta": {"api-version": "1.4"}, "name": "foo"}
    return json.dumps(said, **layout).encode()


def compact(files: list[Any]) -> bytes:
    return page(files, separators=(",", ":"))


def whole(files: list[Any]) -> bytes:
    """The same page in a layout that is not cut up."""
    return page(files, indent=1)


def releases(data: bytes) -> dict[Version, Release] | None:
    """All that the page says; None where it is no listing."""
    try:
        return dict(parse_json_listing(data, BASE, FOO).releases)
    except IndexUnavailableError:
        return None


def release(listing: Listing, version: Version) -> Release | str:
    """The release, or what is wrong with it."""
    try:
        return listing.releases[version]
    except IndexUnavailableError as error:
        return str(error)


def wheel(version: str = "1.0", **said: Any) -> dict[str, Any]:
    name = f"foo-{version}-py3-none-any.whl"
    return {"filename": name, "url": f"../f/{name}", "hashes": {"sha256": "aa"}, **said}


@pytest.mark.parametrize("layout", [{}, {"separators": (",", ":")}])
def test_pages_of_the_usual_layouts_are_cut_into_their_files(layout: dict[str, Any]) -> None:
    files = [wheel("1.0"), wheel("2.0", yanked="},{'"), {"filename": "foo-1.zip", "url": "x"}]
    split = split_page(page(files, **layout))
    assert split is not None
    said, texts = split
    assert said == {"files": [], "meta": {"api-version": "1.4"}, "name": "foo"}
    assert [name for name, _ in texts] == [file["filename"] for file in files]
    assert [json.loads(text) for _, text in texts] == files


@pytest.mark.parametrize(
    "files",
    [
        [],
        [{}],
        ["x"],
        [wheel(), "x"],
        [wheel(), {"url": "x", **wheel("2.0")}],
        [wheel(), {"size": 1, "filename": "foo-2.zip", "url": "x"}],
        [wheel(provenance=[{"filename": "other"}])],
        [wheel(provenance=[{}, {"filename": "other"}])],
        [{"filename": "foo-é.zip", "url": "x"}],
        [{"filename": 3, "url": "x"}],
    ],
)
def test_other_pages_are_decoded_whole(files: list[Any]) -> None:
    assert split_page(compact(files)) is None
    assert releases(compact(files)) == releases(whole(files))


def test_files_listed_elsewhere_are_not_the_projects() -> None:
    data = json.dumps({"meta": {"files": [wheel("9.0")]}, "files": [wheel("1.0")]}).encode()
    assert parse_json_listing(data, BASE, FOO).versions == (Version("1.0"),)


@pytest.mark.parametrize("data", [compact([wheel()])[:-40], compact([wheel()]) + b"}", b"\xff"])
def test_a_broken_page_is_no_listing(data: bytes) -> None:
    with pytest.raises(IndexUnavailableError, match="not a PEP 691 listing"):
        parse_json_listing(data, BASE, FOO)


@pytest.mark.parametrize("broken", [b'"url":7', b'"url":"a" "b"', b'"address":"x"'])
def test_what_is_wrong_inside_a_file_is_told_when_its_release_is_asked_for(broken: bytes) -> None:
    good = compact([wheel("1.0"), wheel("2.0")])
    listing = parse_json_listing(
        good.replace(b'"url":"../f/foo-1.0-py3-none-any.whl"', broken), BASE, FOO
    )
    assert listing.releases[Version("2.0")].wheels
    for found in (listing, kept_and_read(listing)):
        with pytest.raises(IndexUnavailableError, match="not a PEP 691 listing"):
            found.releases[Version("1.0")]


def test_name_behind_an_escape_counts_as_decoding_says() -> None:
    hidden = rb'"\u0066ilename":"../evil-1.0.zip"'
    good = compact([wheel("1.0"), wheel("2.0")])
    data = good.replace(b'"url":"../f/foo-1.0-py3-none-any.whl"', b'"url":"x",' + hidden)
    assert b"evil" in data
    assert list(parse_json_listing(data, BASE, FOO).versions) == [Version("2.0")]


def test_page_with_tabs_is_decoded_as_a_whole() -> None:
    data = page([wheel("1.0"), wheel("2.0")], separators=(",\t", ":"))
    assert split_page(data) is None
    assert releases(data) == releases(whole([wheel("1.0"), wheel("2.0")]))


def test_signs_behind_escapes_are_usual() -> None:
    # Go's encoder writes them so.
    data = compact([wheel("1.0") | {"requires-python": ">=3.9"}]).replace(b">=", rb"\u003e=")
    assert split_page(data) is not None
    (found,) = parse_json_listing(data, BASE, FOO).releases[Version("1.0")].wheels
    assert found.requires_python == ">=3.9"


_TRICKY = st.sampled_from(["", '"', "},{", '"filename":"', '{"filename":"foo-7.zip"}', "\\", "é\n"])
_FILES = st.fixed_dictionaries(
    {
        "filename": st.sampled_from(
            ["foo-1.zip", "foo-2-py3-none-any.whl", "bar-1.zip", "foo-x.zip"]
        )
    },
    optional={
        "url": _TRICKY | st.integers(),
        "yanked": _TRICKY | st.booleans(),
        "hashes": st.dictionaries(_TRICKY | st.just("sha256"), _TRICKY),
        "requires-python": _TRICKY | st.none(),
        "size": st.integers(),
        "core-metadata": st.dictionaries(st.just("sha256"), _TRICKY) | st.booleans(),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_FILES.filter(lambda file: isinstance(file.get("url"), str)), max_size=4))
def test_cutting_a_page_up_reads_what_decoding_it_reads(files: list[dict[str, Any]]) -> None:
    assert releases(compact(files)) == releases(page(files)) == releases(whole(files))


@settings(max_examples=100, deadline=None)
@given(st.lists(_FILES, max_size=4), st.booleans())
def test_a_listing_is_kept_as_it_was_read(files: list[dict[str, Any]], cut: bool) -> None:
    try:
        read: Listing = parse_json_listing(compact(files) if cut else whole(files), BASE, FOO)
    except IndexUnavailableError:
        return
    kept = kept_and_read(read)
    assert (kept.versions, kept.unreadable) == (read.versions, read.unreadable)
    for version in read.versions:
        assert release(kept, version) == release(read, version)


def test_a_file_text_says_what_the_row_says() -> None:
    row = ("f", "https://u/f", ">=3", "", None, 7, "2020", True, "", (), (("md5", "aa"),))
    assert said_of_file(json.loads(file_text(row)), BASE) == (*row[:8], row[10])
