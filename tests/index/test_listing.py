from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import NormalizedName
from packaging.version import Version

from pinfix.errors import IndexUnavailableError
from pinfix.index.listing import (
    DistFile,
    Listing,
    merge_listings,
    parse_html_listing,
    parse_json_listing,
    parse_listing,
)
from pinfix.targets.host import find_target
from tests.index.keeping import kept_and_read

FOO = NormalizedName("foo")
BASE = "https://index.example/simple/foo/"


def json_listing(*files: dict[str, Any], **page: Any) -> Listing:
    data = json.dumps({"meta": {"api-version": "1.1"}, "files": files, **page}).encode()
    return parse_json_listing(data, BASE, FOO)


def html_listing(*lines: str) -> Listing:
    return parse_html_listing("\n".join(lines).encode(), BASE, FOO)


def file(filename: str, **said: Any) -> dict[str, Any]:
    return {"filename": filename, "url": f"https://files.example/{filename}", "hashes": {}, **said}


def only_file(listing: Listing) -> DistFile:
    (release,) = listing.releases.values()
    (found,) = release.wheels + release.sdists
    return found


def test_json_file_keeps_what_the_index_says() -> None:
    listing = json_listing(
        {
            "filename": "foo-1.0-py3-none-any.whl",
            "url": "https://files.example/a/foo-1.0-py3-none-any.whl",
            "hashes": {"sha256": "aa", "md5": "bb"},
            "requires-python": ">=3.8",
            "yanked": "broken",
            "size": 1234,
            "upload-time": "2022-04-20T16:59:49.452384Z",
            "core-metadata": {"sha256": "cc"},
        }
    )
    assert only_file(listing) == DistFile(
        filename="foo-1.0-py3-none-any.whl",
        url="https://files.example/a/foo-1.0-py3-none-any.whl",
        requires_python=">=3.8",
        yanked="broken",
        sha256="aa",
        size=1234,
        upload_time="2022-04-20T16:59:49.452384Z",
        metadata_hash="cc",
        suffix="py3-none-any",
    )


def test_releases_iterate_newest_first_and_equal_versions_are_one() -> None:
    listing = json_listing(
        file("foo-1.0.tar.gz"), file("foo-1.10.tar.gz"), file("foo-1.9.tar.gz"),
        file("foo-1.0.0-py3-none-any.whl"),
    )  # fmt: skip
    assert [str(version) for version in listing.versions] == ["1.10", "1.9", "1.0"]
    assert tuple(listing.releases) == listing.versions
    oldest = listing.releases[Version("1")]
    assert [f.filename for f in oldest.wheels] == ["foo-1.0.0-py3-none-any.whl"]
    assert [f.filename for f in oldest.sdists] == ["foo-1.0.tar.gz"]
    assert Version("3") not in listing.releases
    with pytest.raises(KeyError):
        listing.releases[Version("3")]


@pytest.mark.parametrize(
    ("said", "yanked"),
    [({}, None), ({"yanked": False}, None), ({"yanked": True}, ""), ({"yanked": "why"}, "why")],
)
def test_json_yanked(said: dict[str, Any], yanked: str | None) -> None:
    assert only_file(json_listing(file("foo-1.zip", **said))).yanked == yanked


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, None),
        ({"core-metadata": True}, True),
        ({"core-metadata": False}, False),
        ({"core-metadata": {"sha256": "aa"}}, "aa"),
        ({"core-metadata": {"md5": "aa"}}, True),
        ({"dist-info-metadata": {"sha256": "aa"}}, "aa"),
        ({"core-metadata": False, "dist-info-metadata": True}, False),
    ],
)
def test_json_metadata_hash(said: dict[str, Any], expected: str | bool | None) -> None:
    assert only_file(json_listing(file("foo-1.zip", **said))).metadata_hash == expected


def test_other_hashes_are_kept_only_where_there_is_no_sha256() -> None:
    weak = only_file(json_listing(file("foo-1.zip", hashes={"md5": "bb", "blake2b": "cc"})))
    assert (weak.sha256, weak.other_hashes) == (None, (("blake2b", "cc"), ("md5", "bb")))
    assert weak.identity == weak.url


def test_relative_json_urls_are_resolved() -> None:
    listing = json_listing({"filename": "foo-1.zip", "url": "../../f/foo-1.zip"})
    assert only_file(listing).url == "https://index.example/f/foo-1.zip"


def test_unreadable_files_are_kept_aside_and_foreign_ones_ignored() -> None:
    listing = json_listing(
        file("foo-1.0-py36+-none-any.whl"), file("bar-1.0.zip"), file("foo-1.0-py2.7.egg")
    )
    assert listing.unreadable == ("foo-1.0-py36+-none-any.whl",)
    assert listing.versions == ()
    assert listing.found


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>we are down</html>",
        b"[]",
        b"{}",
        b'{"files": 1}',
        b'{"files": [{}]}',
        b'{"files": [{"filename": 1, "url": "x"}]}',
        b'{"files": ["x"]}',
        b'{"meta": 3, "files": []}',
        b'{"meta": {"api-version": 1}, "files": []}',
        b"[" * 100_000,
    ],
)
def test_nonsense_is_an_unavailable_index(data: bytes) -> None:
    with pytest.raises(IndexUnavailableError, match="not a PEP 691 listing") as caught:
        parse_json_listing(data, BASE, FOO)
    assert caught.value.url == BASE


def test_a_newer_major_api_version_is_refused() -> None:
    with pytest.raises(IndexUnavailableError, match=r"version 2\.0 of the simple API"):
        json_listing(meta={"api-version": "2.0"})
    with pytest.raises(IndexUnavailableError, match=r"version 2\.0 of the simple API"):
        html_listing('<meta name="pypi:repository-version" content="2.0">')
    assert json_listing(meta={"api-version": "1.99"}).found


def test_html_anchor_keeps_what_the_index_says() -> None:
    listing = html_listing(
        "<!DOCTYPE html><html><body>",
        '<a href="../../f/foo-1.0%2Bcu118-py3-none-any.whl#sha256=aa"',
        ' data-requires-python="&gt;=3.8,&lt;4" data-yanked="bad &amp; broken"',
        ' data-dist-info-metadata="sha256=cc">the text does not matter</a>',
    )
    assert only_file(listing) == DistFile(
        filename="foo-1.0+cu118-py3-none-any.whl",
        url="https://index.example/f/foo-1.0%2Bcu118-py3-none-any.whl",
        requires_python=">=3.8,<4",
        yanked="bad & broken",
        sha256="aa",
        metadata_hash="cc",
        suffix="py3-none-any",
    )


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", None),
        ('data-core-metadata="true"', True),
        ("data-core-metadata", True),
        ('data-core-metadata="false"', False),
        ('data-core-metadata="sha256=aa" data-dist-info-metadata="sha256=bb"', "aa"),
    ],
)
def test_html_metadata_hash(attributes: str, expected: str | bool | None) -> None:
    listing = html_listing(f'<a href="foo-1.zip" {attributes}>foo</a>')
    assert only_file(listing).metadata_hash == expected


def test_html_yanked_without_reason_is_yanked() -> None:
    assert only_file(html_listing('<a href="foo-1.zip" data-yanked>foo</a>')).yanked == ""
    assert only_file(html_listing('<a href="foo-1.zip">foo</a>')).yanked is None


def test_html_base_moves_relative_links() -> None:
    listing = html_listing(
        '<head><base href="/mirror/"></head>', '<a href="foo-1.zip#md5=bb&amp;egg=x">foo</a>'
    )
    found = only_file(listing)
    assert found.url == "https://index.example/mirror/foo-1.zip"
    assert found.other_hashes == (("md5", "bb"),)


def test_html_links_that_are_no_files_are_ignored() -> None:
    assert html_listing('<a href="/">up</a><a>none</a><a name="x">').versions == ()


@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/vnd.pypi.simple.v1+json", b'{"files": []}'),
        ("application/json; charset=utf-8", b'{"files": []}'),
        ("text/html; charset=UTF-8", b"<html></html>"),
        ("application/vnd.pypi.simple.v1+html", b"<html></html>"),
        ("", b"<html></html>"),
    ],
)
def test_the_content_type_decides_how_a_page_is_read(content_type: str, data: bytes) -> None:
    assert parse_listing(data, content_type, BASE, FOO).found


@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream"])
def test_another_content_type_is_not_an_empty_listing(content_type: str) -> None:
    with pytest.raises(IndexUnavailableError, match="neither JSON nor HTML"):
        parse_listing(b"{}", content_type, BASE, FOO)


NAMES = [
    "foo-1.0-py3-none-any.whl",
    "foo-1.0-2-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "Foo-1.0-CP39-abi3-win_amd64.whl",
    "foo-1.0.tar.gz",
]


@pytest.mark.parametrize("make", [json_listing, lambda *files: html_listing(*map(_anchor, files))])
def test_wheels_are_those_whose_tag_set_fits(make: Callable[..., Listing]) -> None:
    listing = make(*map(file, NAMES))
    target = find_target("cp313-manylinux")
    found = listing.wheels(0, target.has_tag_of)
    assert [one.filename for one in found] == NAMES[:2]
    wheels = listing.release(0).wheels
    assert found == [one for one in wheels if target.has_tag_of(one.suffix)]
    assert listing.wheels(0, target.has_tag_of) == found
    assert listing.wheels(0, find_target("cp313-windows").has_tag_of) == [wheels[0], wheels[2]]


def test_wheels_fit_whose_names_are_kept_with_escapes() -> None:
    # A build tag is a number and whatever follows it.
    names = ["foo-1.0-1é-py3-none-any.whl", "foo-1.0-2-cp39-cp39-win_amd64.whl", "foo-1.0.tar.gz"]
    listing = html_listing(*map(_anchor, map(file, names)))
    kept = kept_and_read(listing)
    target = find_target("cp313-manylinux")
    assert [one.filename for one in kept.wheels(0, target.has_tag_of)] == names[:1]
    assert kept.wheels(0, target.has_tag_of) == listing.wheels(0, target.has_tag_of)
    assert kept.release(0) == listing.release(0)


def test_what_is_wrong_with_a_wheel_that_does_not_fit_is_in_nobodys_way() -> None:
    broken = {"filename": NAMES[2], "hashes": {}}  # no address
    listing = json_listing(file(NAMES[0]), broken, file(NAMES[3]))
    (found,) = listing.wheels(0, find_target("cp313-manylinux").has_tag_of)
    assert found.filename == NAMES[0]
    with pytest.raises(IndexUnavailableError, match="not a PEP 691 listing"):
        listing.release(0)
    with pytest.raises(IndexUnavailableError, match="not a PEP 691 listing"):
        listing.wheels(0, find_target("cp313-windows").has_tag_of)


def _anchor(said: dict[str, Any]) -> str:
    return f"<a href='{said['url']}'>{said['filename']}</a>"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=3,
)
_KEYS = (
    "filename", "url", "hashes", "requires-python", "yanked", "size", "upload-time",
    "core-metadata",
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(_KEYS), _JSON))
def test_whatever_json_holds_is_a_well_typed_listing_or_an_unavailable_index(
    said: dict[str, Any],
) -> None:
    try:
        listing = json_listing({"filename": "foo-1.zip", "url": "foo-1.zip", "hashes": {}, **said})
        releases = list(listing.releases.values())
    except IndexUnavailableError:
        return
    for release in releases:
        for found in release.sdists:
            assert isinstance(found.filename, str)
            assert isinstance(found.url, str)
            assert isinstance(found.requires_python, str | None)
            assert isinstance(found.yanked, str | None)
            assert isinstance(found.sha256, str | None)
            assert isinstance(found.size, int | None)
            assert isinstance(found.upload_time, str | None)
            assert isinstance(found.metadata_hash, str | bool | None)
            assert hash(found)


_SNIPPETS = st.sampled_from(
    [
        '<a href="foo-1.zip">', "<a href='http://[foo-2.zip'>", "<![foo", "<!--", "<base href='http://['>",
        "<a href=", "\x00", "&#xffffffff;", "<a data-yanked href=foo-3.zip>", "</a>", "<!DOCTYPE",
    ]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(_SNIPPETS, max_size=6))
def test_whatever_html_holds_is_a_listing_or_an_unavailable_index(snippets: list[str]) -> None:
    with suppress(IndexUnavailableError):
        assert html_listing(*snippets).found


def test_an_html_link_that_is_no_address_spoils_no_other() -> None:
    assert len(html_listing('<a href="http://[foo-1.zip">', '<a href="foo-2.zip">').versions) == 1


def test_merging_keeps_the_first_file_of_a_name_and_all_versions() -> None:
    first = json_listing(file("foo-1.0.zip", size=1), file("foo-3.0.zip"))
    second = json_listing(file("foo-1.0.zip", size=2), file("foo-2.0-py3-none-any.whl"))
    missing = Listing(FOO, found=False)
    merged = merge_listings(FOO, [missing, first, second])
    assert [str(version) for version in merged.versions] == ["3.0", "2.0", "1.0"]
    assert merged.releases[Version("1.0")].sdists[0].size == 1
    assert merged.releases[Version("2.0")].wheels[0].is_wheel
    assert merge_listings(FOO, [missing, first]) is first
    assert not merge_listings(FOO, [missing]).found
