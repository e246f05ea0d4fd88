from __future__ import annotations

from email.parser import BytesParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from pinfix.index.metadata import MAX_HEADER_BYTES, Metadata, parse_metadata


def metadata(*lines: str) -> Metadata:
    return parse_metadata("\n".join(["Name: foo", "Version: 1.0", *lines]).encode())


def test_fields_are_read_and_the_description_is_not() -> None:
    read = metadata(
        "requires-dist: six>=1.9",
        "Requires-Dist: bar[x] ; extra == 'y'",
        "Provides-Extra: Y_Y",
        "Provides-Extra: y-y",
        "Requires-Python: >=3.8",
        "",
        "Requires-Dist: not-this",
    )
    assert read == Metadata(
        name="foo",
        version="1.0",
        requires_dist=("six>=1.9", "bar[x] ; extra == 'y'"),
        provides_extra=("y-y",),
        requires_python=">=3.8",
    )


def test_folded_fields_and_crlf_are_read() -> None:
    read = parse_metadata(
        b"Metadata-Version: 2.1\r\nName: foo\r\nVersion: 1\r\n"
        b"License: MIT\r\n        Requires-Dist: in-the-licence\r\n"
        b"Requires-Dist: six\r\n  >=1.9\r\n\r\nbody"
    )
    assert read.requires_dist == ("six >=1.9",)
    assert read.warnings == ()


def test_an_invalid_requirement_is_dropped_with_a_warning() -> None:
    read = metadata("Requires-Dist: six", "Requires-Dist: what? ever!")
    assert read.requires_dist == ("six",)
    assert read.warnings == ("Requires-Dist 'what? ever!' is no requirement; ignored",)


def test_a_misspelt_requirement_is_repaired_with_a_warning() -> None:
    read = metadata("Requires-Dist: torch (>=1.9.*)")
    assert read.requires_dist == ("torch >=1.9",)
    assert read.warnings == ("Requires-Dist 'torch (>=1.9.*)' was read as 'torch >=1.9'",)


def test_a_hopeless_requires_python_is_taken_as_any() -> None:
    read = metadata("Requires-Python: three")
    assert read.requires_python == "three"
    assert read.warnings == ("Requires-Python 'three' is no version specifier; taken as any",)


def test_a_byte_order_mark_and_foreign_bytes_do_not_matter() -> None:
    read = parse_metadata(b"\xef\xbb\xbfName: foo\nVersion: 1\nAuthor: \xe9\nRequires-Dist: six\n")
    assert read.requires_dist == ("six",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>404</html>",
        b"Name: foo\n\nVersion: 1",
        b"Version: 1\n",
        b"Name: foo\nVersion:\n",
    ],
)
def test_what_has_no_name_and_version_is_no_metadata(data: bytes) -> None:
    with pytest.raises(ValueError, match="Name or Version field is missing"):
        parse_metadata(data)


@pytest.mark.parametrize(
    "line", ["Requires-Dist: a\n", "Classifier: b\n", " folded\n", "c:\n", " \n"]
)
def test_a_million_lines_are_refused_or_read_at_once(line: str) -> None:
    data = f"Name: foo\nVersion: 1\nLicense: x\n{line * 1_000_000}\n".encode()
    if len(data) > MAX_HEADER_BYTES:
        with pytest.raises(ValueError, match="header of"):
            parse_metadata(data)
    else:
        assert parse_metadata(data).name == "foo"


def test_an_endless_header_is_refused() -> None:
    with pytest.raises(ValueError, match="header of"):
        parse_metadata(b"Name: foo\nVersion: 1\nLicense: " + b"x" * (9 * 1024 * 1024))


_LINE = st.sampled_from(
    [
        "Provides-Extra: six",
        "provides-extra:bar",
        "Provides-Extra : odd",
        " folded",
        "\tfolded",
        "no field",
        "",
        "Summary: a: b",
        ": empty name",
        "Version: 2",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_LINE, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]))
def test_headers_end_and_fold_where_the_email_parser_says(lines: list[str], end: str) -> None:
    data = end.join(["Name: foo", "Version: 1", *lines, ""]).encode()
    expected = BytesParser().parsebytes(data).get_all("provides-extra", [])
    extras = dict.fromkeys(canonicalize_name(str(extra).replace(end, "\n")) for extra in expected)
    assert parse_metadata(data).provides_extra == tuple(extras)
