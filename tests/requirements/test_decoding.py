from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.errors import InputError
from pinfix.requirements.decoding import decode


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_mark_names_the_encoding_and_is_no_text(mark: bytes, codec: str) -> None:
    decoded = decode(mark + "foo é\r\n".encode(codec), "r.txt")
    assert (decoded.text, decoded.encoding, decoded.bom) == ("foo é\r\n", codec, mark)


@pytest.mark.parametrize(
    ("second", "codec"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")]
)
def test_second_utf16_mark_is_taken_as_pips_codec_takes_it(second: bytes, codec: str) -> None:
    data = codecs.BOM_UTF16_LE + second + "foo".encode(codec)
    decoded = decode(data, "r.txt")
    assert decoded.text == data[2:].decode("utf-16") == "foo"
    assert decoded.bom + decoded.text.encode(decoded.encoding) == data


@pytest.mark.parametrize("lead", [b"", b"# a comment\n"])
def test_coding_comment_in_the_first_two_lines_names_the_encoding(lead: bytes) -> None:
    decoded = decode(lead + b"# -*- coding: latin-1 -*-\n# caf\xe9\n", "r.txt")
    assert decoded.text.endswith("# café\n")
    assert decoded.encoding == "latin-1"


def test_coding_comment_in_the_third_line_is_only_a_comment() -> None:
    with pytest.raises(InputError):
        decode(b"\n\n# coding: latin-1\n# \xe9\n", "r.txt")


def test_signature_codec_without_a_mark_writes_none() -> None:
    data = b"# coding: utf-8-sig\nfoo\n"
    decoded = decode(data, "r.txt")
    assert decoded.bom + decoded.text.encode(decoded.encoding) == data


def test_undecodable_byte_is_an_error_with_its_line() -> None:
    with pytest.raises(InputError) as caught:
        decode(b"foo==1.0\nbar \xe9\n", "r.txt")
    assert (caught.value.path, caught.value.line) == ("r.txt", 2)
    assert "coding: latin-1" in str(caught.value)


@pytest.mark.parametrize("name", ["no-such", "rot13", "hex"])
def test_declared_encoding_that_is_none_is_an_error(name: str) -> None:
    with pytest.raises(InputError, match="no text encoding"):
        decode(f"# coding: {name}\n".encode(), "r.txt")


@given(
    mark=st.sampled_from([b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_BE]),
    data=st.binary(max_size=40),
)
def test_whatever_decodes_encodes_to_the_same_bytes(mark: bytes, data: bytes) -> None:
    try:
        decoded = decode(mark + data, "r.txt")
    except InputError:
        return
    assert decoded.bom + decoded.text.encode(decoded.encoding) == mark + data
