from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.deploy.yaml_places import Node, YamlError, read_json, read_yaml


def placed(text: str, node: Node) -> str:
    """The value, put together again from where its characters are said to stand."""
    mapped = node.mapped()
    assert mapped is not None
    for piece in mapped.pieces:
        if piece.verbatim:
            assert text[piece.span.start : piece.span.end] == piece.text
    return mapped.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: pip install x  # c", "pip install x"),
        ("a: plain\n  on two", "plain on two"),
        ("a: 'it''s\n  y'", "it's y"),
        ('a: "x\\n \\u0041 \\\n   y"', "x\n A y"),
        ('a: "x\n\n  y"', "x\ny"),
        ("a: |-  # c\n  one\n    two\n\n  three\n", "one\n  two\n\nthree"),
        ("a: >\n  one\n  two\n\nb: 1", "one two\n"),
        ("a: |\r\n  one\r\n  two\r\n", "one\ntwo\n"),
        ("a: &x !Sub 'v'\nb: *x", "v"),
        ("a: 3.10", "3.10"),
    ],
)
def test_value_and_where_it_stands(text: str, value: str) -> None:
    node = read_yaml(text).get("a")
    assert node.value == value
    assert placed(text, node) == value


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"])), st.sampled_from("|>"))
def test_block_scalars_are_placed_whatever_is_in_them(text: str, style: str) -> None:
    lines = [line for line in text.splitlines() if line.strip()] or ["x"]
    document = f"a: {style}\n" + "".join(f"  .{line}\n" for line in lines) + "b: 1\n"
    try:
        node = read_yaml(document).get("a")
    except YamlError:
        return
    assert placed(document, node) == node.value


# JSON writes what is beyond the first plane as two surrogates, which YAML takes for themselves.
WORDS = st.text(st.characters(max_codepoint=0xFFFF, blacklist_categories=["Cs"]), max_size=8)


@given(st.recursive(WORDS, lambda inner: st.dictionaries(WORDS, inner)))
def test_json_is_read_as_json(value: object) -> None:
    text = json.dumps({"a": value}, indent="\t")
    node = read_json(text).get("a")
    if isinstance(value, str):
        assert node.value == value
        assert placed(text, node) == value


def test_missing_values_are_false_and_empty() -> None:
    node = read_yaml("a: {b: [1, 2]}").get("a", "c", "d")
    assert not node
    assert (node.value, [*node.items], [*node.pairs]) == ("", [], [])


def test_merged_keys_count_where_there_is_no_own() -> None:
    tree = read_yaml("x: &x {a: 1, b: 2}\ny:\n  <<: [*x]\n  a: 3\n")
    assert (tree.get("y", "a").value, tree.get("y", "b").value) == ("3", "2")


def test_walk_ends_where_a_value_holds_itself() -> None:
    assert len([*read_yaml("a: &a [1, *a]\n").walk()]) == 3


@pytest.mark.parametrize("text", ["a: b: c", "a:\n\t- x", "a\n---\nb", "'", "\ud800", "[" * 3000])
def test_what_is_no_yaml_is_refused(text: str) -> None:
    with pytest.raises(YamlError):
        read_yaml(text)


def test_repeated_anchor_is_no_reason_to_warn() -> None:
    assert read_yaml("a: &x 1\nb: &x 2\n").get("b").value == "2"
