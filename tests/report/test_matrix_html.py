"""The matrix as a page: well formed, headed, escaped, and complete in itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import product

import pytest

from pinfix.planning.matrix import Cell, Matrix
from pinfix.planning.plan import Change
from pinfix.report.matrix_html import matrix_html
from pinfix.targets.host import find_target
from tests.fake_index import CP311, CP313, CP313_WINDOWS, SDIST, index, project
from tests.matrices import matrix

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313_WINDOWS}),
    project("bar", {"1.0": SDIST}),
)
ALL = ("cp311-manylinux", "cp311-win_amd64", "cp313-manylinux", "cp313-win_amd64")
PAGE = matrix_html(matrix("bar==1.0\nfoo==1.0\n", WORLD, ALL))
VOID = {"meta", "wbr", "br", "hr", "img", "input", "link"}
HOSTILE = "<script>alert(1)</script>&\"'\x1b]0;owned\x07\u202e"


@dataclass
class Page(HTMLParser):
    """The page's elements; fails on one that is not closed where it should be."""

    elements: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"<{tag}> has an attribute twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.opened.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.opened and self.opened[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def read(page: str) -> Page:
    parser = Page()
    parser.feed(page)
    parser.close()
    assert parser.opened == []
    return parser


def hostile() -> Matrix:
    """Everything that comes from files and indexes is after the reader."""
    change = Change(HOSTILE, HOSTILE, 1, HOSTILE, HOSTILE, "no wheel", HOSTILE, (HOSTILE,))
    cells = (
        Cell(find_target("cp311-any"), (change,), warnings=(HOSTILE,)),
        Cell(find_target("cp312-any"), refusal=HOSTILE),
    )
    return Matrix((HOSTILE,), cells, (HOSTILE,))


def test_is_well_formed_and_says_its_language_and_name() -> None:
    page = read(PAGE)
    assert PAGE.startswith("<!DOCTYPE html>\n")
    assert page.all("html") == [{"lang": "en"}]
    assert "<title>requirements.txt: what would change" in PAGE
    assert len(page.all("h1")) == 1
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("page", [PAGE, matrix_html(hostile())], ids=["usual", "hostile"])
def test_asks_the_network_for_nothing(page: str) -> None:
    parsed = read(page)
    tags = {tag for tag, _ in parsed.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base", "svg"}
    for tag, attributes in parsed.elements:
        assert not {"src", "srcset", "style", "action"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "url(" not in page
    assert "@import" not in page
    (policy,) = [m for m in parsed.all("meta") if "http-equiv" in m]
    assert "default-src 'none'" in (policy["content"] or "")


def test_hostile_text_is_text() -> None:
    page = matrix_html(hostile())
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert read(page).text.count("<script>alert(1)</script>&\"'") >= 6


def test_every_heading_says_what_it_heads_and_every_table_has_a_caption() -> None:
    page = read(PAGE)
    assert {head.get("scope") for head in page.all("th")} == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table")) == 3
    for table in re.findall(r"<table>(.*?)</table>", PAGE, re.DOTALL):
        widths = {
            len(re.findall(r"<t[hd]\b", row))
            for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        }
        assert len(widths) == 1


def test_what_may_be_wide_can_be_scrolled_with_the_keyboard() -> None:
    regions = [div for div in read(PAGE).all("div") if div.get("class") == "wide"]
    assert len(regions) == 3
    for region in regions:
        assert region["tabindex"] == "0"
        assert region["role"] == "region"
        assert region["aria-label"]


def test_numbers_lead_to_the_reasons() -> None:
    page = read(PAGE)
    links = [link["href"] for link in page.all("a")]
    assert len(links) == 4
    goals = {f"#{details['id']}" for details in page.all("details")}
    assert set(links) == goals


def test_marks_have_words_for_who_hears_the_page() -> None:
    for mark in re.findall(r"[✓✗](?=<)", PAGE):
        assert f'<span aria-hidden="true">{mark}</span><span class="heard">' in PAGE
    assert len(re.findall(r"[✓✗]</span>", PAGE)) == len(re.findall('aria-hidden="true"', PAGE))
    assert '1<span class="heard"> change</span>' in PAGE


def test_says_the_answer_first_and_all_reasons() -> None:
    text = read(PAGE).text
    answer = "Nothing has to change on Python 3.11 (manylinux)."
    assert text.index(answer) < text.index("Changes by Python and platform")
    assert (
        "foo==1.0 -> foo==1.1 requirements.txt:2, no wheel foo 1.0 has no wheel for cp313" in text
    )
    assert "cp311-win_amd64 no solution" in text
    assert "No set of versions installs from wheels on cp311-win_amd64" in text
    assert "Warning: bar 1.0 has no wheel" in text


def test_nothing_to_change_has_no_second_table() -> None:
    page = matrix_html(matrix("bar==1.0\n", WORLD, ALL))
    assert len(read(page).all("table")) == 1
    assert "What becomes of" not in page


def test_rows_of_several_files_name_theirs() -> None:
    files = {"a.txt": "-r b.txt\nfoo==1.0\n", "b.txt": "foo==1.0\n"}
    page = matrix_html(matrix(files, WORLD, ["cp313-manylinux"]))
    assert "<code>foo<wbr>==1.0</code> <small>a.txt</small>" in page
    assert "<code>foo<wbr>==1.0</code> <small>b.txt</small>" in page


def _luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrasts_are_enough_in_light_and_dark() -> None:
    schemes = [
        dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        for block in re.findall(r":root \{(.*?)\}", PAGE, re.DOTALL)
    ]
    assert len(schemes) == 2
    pairs = [
        *product(("text", "quiet", "link"), ("page", "raised")),
        *((name, f"{name}-page") for name in ("good", "some", "bad")),
    ]
    for scheme, (text, page) in product(schemes, pairs):
        lighter, darker = sorted((_luminance(scheme[text]), _luminance(scheme[page])), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (text, page)
