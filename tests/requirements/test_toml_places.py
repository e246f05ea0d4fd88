from __future__ import annotations

import datetime
import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinfix.requirements.pyproject import tomllib
from pinfix.requirements.toml_places import Path, toml_places


def strings(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every string that ``tomllib`` finds, by its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from strings(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from strings(inner, (*path, number))


def placed(text: str) -> dict[Path, str]:
    places = toml_places(text)
    return {path: place.content.text for path, place in places.items() if place.content}


def assert_agrees(text: str) -> None:
    assert placed(text) == dict(strings(tomllib.loads(text)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment",
        'a = "x"',
        "a = 'x\\y'  # 'no'",
        'a = ["x", "y"]  # "z"',
        'a = [\n  "x", # "no"\n\n  # "no"\n  "y"\n  ,\n]\n',
        'a = [["x"], [], {b = "y", c.d = "z"}]',
        '[t]\na = "x"\n[t.u]\nb = "y"\n[ v . "w" ]\nc = "z"',
        '[[t]]\na = "x"\n[[t]]\na = "y"\n[t.u]\nb = "z"\n[[t.l]]\nc = "1"\n[[t.l]]\nc = "2"',
        '"a.b".\'c d\' . e = "x"\n"" = "y"',
        "a = 1979-05-27 07:32:00Z\nb = [1_000, -inf, 0xff, true, 07:32:00, 'x']\nc = 1 # 'no'",
        'a = """x"""\nb = """"x\\""""\nc = """"""\nd = """""x"""""\ne = "" \nf = \'\'',
        'a = """\n first\n\nlast \\\n   \t\n  end"""',
        "a = '''\nx''y'''\nb = ''''x'''''\nc = ''''''",
        r'a = "\b\t\n\f\r\"\\ \u00e9 \U0001F600"',
        'a = "x"\r\nb = """\r\nx\r\ny\\\r\n z"""\r\nc = \'\'\'\r\nx\r\n\'\'\'\r\n',
        'a = "]" # ]\nb = ["[", \'{\', "=", "#"]',
        '[tool.x]\n[project]\ndependencies = ["a"]\nscripts = { "a b" = "c:d" }',
    ],
)
def test_every_string_is_found_with_its_value(text: str) -> None:
    assert_agrees(text)


def test_a_span_is_the_value_as_written() -> None:
    text = "a = [ 'x' , {b = 1} , [2] ] # c"
    places = toml_places(text)
    written = {path: text[p.span.start : p.span.end] for path, p in places.items()}
    assert written == {
        ("a",): "[ 'x' , {b = 1} , [2] ]",
        ("a", 0): "'x'",
        ("a", 1): "{b = 1}",
        ("a", 1, "b"): "1",
        ("a", 2): "[2]",
        ("a", 2, 0): "2",
    }


def test_a_comma_belongs_to_the_element_before_it() -> None:
    text = 'a = ["x"\n , # c\n "y"]'
    places = toml_places(text)
    assert places["a", 0].comma == text.index(",") + 1
    assert places["a", 1].comma is None


def test_letters_behind_an_escape_keep_their_places() -> None:
    text = r'a = "\u0066oo==1"'
    content = toml_places(text)["a",].content
    assert content is not None
    span = content.span(3, 6)
    assert text[span.start : span.end] == "==1"
    assert text[slice(*_ends(content.span(0, 3)))] == r"\u0066oo"


def _ends(span: object) -> tuple[int, int]:
    return span.start, span.end  # type: ignore[attr-defined]


VALUES = st.recursive(
    st.text(max_size=8).map(lambda text: json.dumps(text).replace("\x7f", "\\u007f"))
    | st.from_regex(r"'''[a-z\"\\ #,\[\]\n]*'''", fullmatch=True)
    | st.from_regex(r"'[a-z\"\\ #,=\[\]{}]*'", fullmatch=True)
    | st.from_regex(r'"""(?:[a-z\'# \n]|\\"|\\\\|\\\n)*"""', fullmatch=True)
    | st.sampled_from(["1", "true", str(datetime.date(2020, 1, 2)), "1e3", "2020-01-02 03:04:05"]),
    lambda inner: st.tuples(
        st.lists(inner, max_size=3), st.sampled_from([", ", ",", " ,\n # 'c', ]\n"])
    ).map(lambda pair: f"[{pair[1].join(pair[0])}]"),
    max_leaves=6,
)
KEYS = st.sampled_from(["a", "b.c", '"a b"', "'.'", "1", 'x."y"'])
HEADERS = st.sampled_from(["", "[t]\n", "[[l]]\n", "[t.u] # '\n", "[l.m]\n", '["t" . v]\n'])


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(HEADERS, KEYS, VALUES), max_size=5), st.booleans())
def test_any_toml_is_placed_as_tomllib_reads_it(
    statements: list[tuple[str, str, str]], crlf: bool
) -> None:
    text = "".join(f"{header}{key} = {value}\n" for header, key, value in statements)
    text = text.replace("\n", "\r\n") if crlf else text
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert_agrees(text)
