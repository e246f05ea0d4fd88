"""The table for a pull request: what it holds, and that nothing breaks out of its cell."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from pinfix.planning.plan import Audit, Change, Downgrade, Plan, Vulnerability
from pinfix.report.markdown import escaped, markdown
from tests.fake_index import CP311, CP313, index, project
from tests.fixing import plan
from tests.rulebook.packs import pack_text

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": CP313, "1.2": CP311}),
    project("bar", ["1.0", "2.0"], uploaded={"1.0": "2022-01-15", "2.0": "2024-03-01"}),
)
CAP = pack_text(id="cap", package="bar", versions="<2", reason="bar 2 is Rust", risk="it is old")


def rows(text: str) -> list[list[str]]:
    """The cells of the table's rows, as GitHub would render them."""
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(text)
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [cell.partition(">")[2].partition("</td>")[0] for cell in row.split("<td")[1:]]
        for row in body.split("<tr>")[1:]
    ]


def test_each_change_has_a_row_with_what_it_was_is_and_why() -> None:
    text = markdown(plan("foo==1.0\nbar==2.0\n", WORLD, rules=CAP))
    first, second = rows(text)
    assert first[:3] == ["foo", "<code>foo==1.0</code>", "<code>foo==1.1</code>"]
    assert first[3].startswith("no wheel: foo 1.0 has no wheel for cp313-manylinux_2_28_x86_64")
    assert "passed over: foo 1.2" in first[4]
    assert "risk: it is old" in second[3]
    assert "bar 1.0 is of 2022-01-15, 2 years and 1 month before the newest, 2.0" in second[3]
    assert "2 changes in 1 file: 2 packages install from wheels." in text


def test_without_changes_there_is_no_table() -> None:
    text = markdown(plan("foo==1.1\n", WORLD))
    assert "|" not in text
    assert "Nothing has to change" in text


def test_several_facts_are_folded_away() -> None:
    rule = pack_text(package="bar", versions="<2", evidence=["one thing", "another"])
    (row,) = rows(markdown(plan("bar==2.0\n", WORLD, rules=rule)))
    assert row[4].startswith("<details><summary>2 facts</summary>one thing<br>another</details>")


@pytest.mark.parametrize(
    "text",
    [
        "a | b",
        "<script>alert(1)</script>",
        "`code` *bold* _it_ [a](b) ~x~ # & \\ | end",
        "two\nlines",
        "@someone closes #1",
        "``` `` `",
    ],
)
def test_what_comes_from_files_stays_text_in_its_cell(text: str) -> None:
    change = Change("p|q", "r.txt", 1, text, f"{text} ", "rule", text, (text,))
    (row,) = rows(markdown(Plan((), (change,), (), (), (), ())))
    assert len(row) == 5
    shown = " ".join(text.split())
    for cell in row[3:]:
        plain = cell.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        assert shown in plain
        assert "<script>" not in cell


def test_an_address_stays_a_link() -> None:
    assert escaped("see https://example.org/a_b*c for_it") == (
        "see https://example.org/a_b*c for\\_it"
    )


def test_proposals_vulnerabilities_and_warnings_stand_below() -> None:
    found = Vulnerability("bar", "1.0", "PYSEC-1", ("CVE-1",), ("2.0",))
    gone = Vulnerability("foo", "1.0", "PYSEC-2", (), ())
    text = markdown(Plan((), (), (), (), ("take care",), (), audit=Audit((found,), (gone,))))
    assert "- brought in by bar 1.0: PYSEC-1 (CVE-1), fixed in 2.0\n" in text
    assert "- taken away with foo 1.0: PYSEC-2, not fixed yet\n" in text
    assert "**Warnings**\n\n- take care\n" in text
    rule = pack_text(action="propose", package="bar", versions=None, replacement="foo")
    text = markdown(plan("bar==2.0\n", WORLD, rules=rule))
    assert "- bar==2.0 could give way to foo: demo 2 is Rust\n" in text


def test_a_pin_that_moved_up_is_no_downgrade() -> None:
    (change,) = plan("foo==1.0\n", WORLD).changes
    assert change.down is None
    (change,) = plan("bar==2.0\n", WORLD, rules=CAP).changes
    assert change.down == Downgrade("1.0", "2022-01-15", "2.0", "2024-03-01")
