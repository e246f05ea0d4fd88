from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from pinfix.errors import InputError
from pinfix.requirements.document import Document, RequirementLine, Span, parse_document
from pinfix.requirements.edits import (
    Edit,
    append_block,
    apply_edits,
    remove_line,
    replace_hashes,
    set_extras,
    set_name,
    set_specifier,
)
from tests.requirements import corpus


def parse(text: str, encoding: str = "utf-8", environ: dict[str, str] | None = None) -> Document:
    return parse_document(text.encode(encoding), "r.txt", environ=environ)


def line_of(document: Document, number: int = 0) -> RequirementLine:
    return document.requirements[number]


def applied(document: Document, *edits: Edit) -> str:
    return apply_edits(document, edits).decode()


# -- apply_edits --------------------------------------------------------------------------------


def test_edits_are_applied_whatever_their_order() -> None:
    document = parse("a==1\nb==2\n")
    edits = [set_specifier(line, "==9") for line in document.requirements]
    assert applied(document, *edits) == applied(document, *reversed(edits)) == "a==9\nb==9\n"


@pytest.mark.parametrize(
    "spans", [(Span(0, 3), Span(2, 4)), (Span(1, 1), Span(1, 1)), (Span(0, 2), Span(0, 2))]
)
def test_overlapping_edits_are_refused(spans: tuple[Span, Span]) -> None:
    with pytest.raises(ValueError, match="overlapping"):
        apply_edits(parse("foo==1.0"), [Edit(span, "x") for span in spans])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_and_encoding_stay(encoding: str) -> None:
    document = parse("é\n".replace("é", "foo==1.0 # é"), encoding)
    data = apply_edits(document, [set_specifier(line_of(document), "==2.0")])
    assert data == "foo==2.0 # é\n".encode(encoding)


def test_text_that_the_encoding_cannot_write_is_an_error() -> None:
    document = parse("# coding: latin-1\nfoo==1.0\n", "latin-1")
    with pytest.raises(InputError, match="latin-1 has no '→'"):
        apply_edits(document, [append_block(document, ["# →"])])


def test_encoding_that_does_not_write_back_exactly_is_an_error() -> None:
    # UTF-7 may write one text in several ways.
    document = parse_document(b"# coding: utf-7\nfoo==1.0 # +AGEAYg-\n", "r.txt")
    assert apply_edits(document, []) == document.data
    with pytest.raises(InputError, match="does not write the file back"):
        apply_edits(document, [set_specifier(line_of(document), "==2.0")])


# -- set_specifier ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "specifier", "after"),
    [
        ("foo==1.0", "==2.0", "foo==2.0"),
        ("foo == 1.0 ; os_name == '1.0'  # 1.0", "==2.0", "foo == 2.0 ; os_name == '1.0'  # 1.0"),
        ("foo[bar] ==  1.0", "==2.0", "foo[bar] ==  2.0"),
        ("foo===1.0", "===2.0", "foo===2.0"),
        ("foo === 1.0", "==2.0", "foo == 2.0"),
        ("foo (== 1.0)", "==2.0", "foo (== 2.0)"),
        ("foo ( >=1,<2 )", "==1.5", "foo ( ==1.5 )"),
        ("foo>=1,<2", "==1.5", "foo==1.5"),
        ("foo >= 1", ">=1,<2", "foo >=1,<2"),
        ("foo==1.*", "==1.5", "foo==1.5"),
        ("foo== \\\n  1.0 --hash=sha256:a", "==2.0", "foo== \\\n  2.0 --hash=sha256:a"),
        ("foo>=1, \\\n <2", "==1.5", "foo==1.5"),
        ("foo", "==2.0", "foo==2.0"),
        ("foo [a] ; os_name == 'nt'", "==2.0", "foo [a]==2.0 ; os_name == 'nt'"),
        ("foo == 1.0 # c", "", "foo # c"),
        ("foo[a] (==1.0);os_name=='nt'", "", "foo[a];os_name=='nt'"),
        ("foo ()", "==2.0", "foo (==2.0)"),
        ("foo==1.0,", "==2.0", "foo==2.0"),
    ],
)
def test_set_specifier_touches_nothing_else(before: str, specifier: str, after: str) -> None:
    document = parse(before + "\r\n")
    assert applied(document, set_specifier(line_of(document), specifier)) == after + "\r\n"


def test_pin_replaces_a_variable() -> None:
    document = parse("foo == ${V}\n", environ={"V": "1.0"})
    assert applied(document, set_specifier(line_of(document), "==2.0")) == "foo == 2.0\n"


def test_parts_of_one_variable_are_not_changed() -> None:
    document = parse("${FOO}\n", environ={"FOO": "foo==1.0"})
    with pytest.raises(InputError, match="several parts") as caught:
        set_specifier(line_of(document), "==2.0")
    assert (caught.value.path, caught.value.line) == ("r.txt", 1)


@pytest.mark.parametrize("text", ["foo @ https://h/foo.zip", "./foo", "-e ."])
def test_direct_reference_has_no_place_for_a_specifier(text: str) -> None:
    with pytest.raises(ValueError, match="no place for a specifier"):
        set_specifier(line_of(parse(text)), "==1.0")


# -- set_extras, set_name -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "keep", "after"),
    [
        ("foo[a,b]==1", ["a"], "foo[a]==1"),
        ("foo[a, b , c]", ["a", "c"], "foo[a, c]"),
        ("foo[ a, b ]", ["b"], "foo[ b ]"),
        ("foo[B_x,a]", ["b-X"], "foo[B_x]"),
        ("foo [a] == 1", [], "foo == 1"),
        ("foo[a] ; os_name == 'nt'", [], "foo ; os_name == 'nt'"),
        ("foo[c,b,a]", ["a", "b", "c"], "foo[c,b,a]"),
        ("foo[a] @ https://h/foo.zip", [], "foo @ https://h/foo.zip"),
        ("./dir[a,b]", ["a"], "./dir[a]"),
        ("foo", ["a"], "foo"),
    ],
)
def test_set_extras_keeps_order_and_spacing(before: str, keep: list[str], after: str) -> None:
    document = parse(before)
    assert applied(document, set_extras(line_of(document), keep)) == after


def test_set_name_keeps_everything_else() -> None:
    document = parse(" Foo [a]== 1 # Foo\n")
    assert applied(document, set_name(line_of(document), "bar")) == " bar [a]== 1 # Foo\n"


def test_name_extras_and_specifier_change_together() -> None:
    document = parse("foo[a] ; os_name == 'nt'")
    line = line_of(document)
    edits = [set_name(line, "bar"), set_extras(line, []), set_specifier(line, "==2.0")]
    assert applied(document, *edits) == "bar==2.0 ; os_name == 'nt'"


# -- remove_line --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nfoo==1.0 # c\nb\n", "a\nb\n"),
        ("a\nfoo==1.0 \\\n    --hash=sha256:a\nb\n", "a\nb\n"),
        ("a\nfoo==1.0 \\\n# c\nb\n", "a\nb\n"),
        ("a\nfoo==1.0", "a\n"),
        ("a\nfoo==1.0\n    # via\n    #   -r r.in\n    #   x\nb\n", "a\nb\n"),
        ("a\nfoo==1.0\n    # via x\n# next\nb\n", "a\n# next\nb\n"),
        ("a\nfoo==1.0\n# about b\nb\n", "a\n# about b\nb\n"),
    ],
)
def test_remove_line_takes_what_belongs_to_it(before: str, after: str) -> None:
    document = parse(before)
    assert applied(document, remove_line(document, line_of(document, 1))) == after


# -- replace_hashes -----------------------------------------------------------------------------

PIP_COMPILE = """\
foo==1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via x
"""


@pytest.mark.parametrize(
    ("hashes", "lines"),
    [
        (["sha256:cc", "sha256:dd"], ["foo==1.0", "    --hash=sha256:cc", "    --hash=sha256:dd"]),
        (["sha256:cc"], ["foo==1.0", "    --hash=sha256:cc"]),
        (
            ["sha256:cc", "sha256:dd", "sha512:ee"],
            ["foo==1.0", "    --hash=sha256:cc", "    --hash=sha256:dd", "    --hash=sha512:ee"],
        ),
        ([], ["foo==1.0"]),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_hashes_keep_the_layout(hashes: list[str], lines: list[str], newline: str) -> None:
    document = parse(PIP_COMPILE.replace("\n", newline))
    after = applied(document, *replace_hashes(line_of(document), hashes))
    assert after == f" \\{newline}".join(lines) + f"{newline}    # via x{newline}"
    assert line_of(parse(after)).hashes == tuple(hashes)


def test_hashes_keep_their_spelling() -> None:
    document = parse("foo==1.0 --hash 'sha256:aa' --config-settings a=b --hash=sha256:bb # c\n")
    after = applied(document, *replace_hashes(line_of(document), ["sha256:cc", "sha256:dd"]))
    assert after == "foo==1.0 --hash 'sha256:cc' --config-settings a=b --hash=sha256:dd # c\n"


def test_hashes_are_added_behind_a_requirement_without() -> None:
    document = parse("foo==1.0  # c\n")
    after = applied(document, *replace_hashes(line_of(document), ["sha256:aa", "sha256:bb"]))
    assert after == "foo==1.0 --hash=sha256:aa --hash=sha256:bb  # c\n"


# -- append_block -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "# x\nbar==1\n"),
        ("foo\n", "foo\n# x\nbar==1\n"),
        ("foo", "foo\n# x\nbar==1\n"),
        ("a\r\nfoo", "a\r\nfoo\r\n# x\r\nbar==1\r\n"),
        ("foo \\\n", "foo \\\n\n# x\nbar==1\n"),
        ("foo \\", "foo \\\n\n# x\nbar==1\n"),
    ],
)
def test_block_is_appended_with_the_files_line_end(before: str, after: str) -> None:
    document = parse(before)
    assert applied(document, append_block(document, ["# x", "bar==1"])) == after
    assert parse(after).requirements[-1].raw == "bar==1"


# -- properties ---------------------------------------------------------------------------------

NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,5}[A-Za-z0-9])?", fullmatch=True)
GAPS = st.sampled_from(["", " ", "  ", "\t", " \\\n  ", " \\\r\n"])
EXTRAS = st.lists(NAMES, max_size=3).map(lambda names: f"[{', '.join(names)}]" if names else "")
SPECIFIERS = st.sampled_from(
    ["", "==1.0", "== 1.0", ">=1,<2", "(== 1.0)", "===1.0", "~=1.4, !=1.5"]
)
TAILS = st.sampled_from(["", " # c", " --hash=sha256:aa", " \\\n  --hash=sha256:aa # c"])
MARKERS = st.sampled_from(["", ";os_name=='nt'", " ; python_version < '4' "])
LINES = st.builds("".join, st.tuples(NAMES, GAPS, EXTRAS, GAPS, SPECIFIERS, GAPS, MARKERS, TAILS))
FILES = st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\x0c"])), min_size=1, max_size=4)


def facts(line: RequirementLine) -> tuple[object, ...]:
    return (line.name, line.extras, str(line.marker), line.hashes, line.url, line.editable)


@settings(deadline=None, max_examples=150)
@given(
    file=FILES,
    specifier=st.sampled_from(["==2.0", "===2.0", ">=2,<3", ""]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    pick=st.integers(0, 3),
)
def test_set_specifier_changes_one_specifier_and_nothing_else(
    file: list[tuple[str, str]], specifier: str, encoding: str, pick: int
) -> None:
    before = parse("".join(line + end for line, end in file), encoding)
    chosen = pick % len(before.requirements)
    edit = set_specifier(before.requirements[chosen], specifier)
    data = apply_edits(before, [edit])
    after = parse_document(data, "r.txt")
    head = before.text[: edit.span.start] + edit.text
    assert data == (head + before.text[edit.span.end :]).encode(encoding)
    for number, (old, new) in enumerate(zip(before.requirements, after.requirements, strict=True)):
        wanted = SpecifierSet(specifier) if number == chosen else old.specifier
        assert new.specifier == wanted
        assert facts(new) == facts(old)


@settings(deadline=None, max_examples=150)
@given(file=FILES, pick=st.integers(0, 3), keep=st.data())
def test_set_extras_leaves_exactly_what_is_kept(
    file: list[tuple[str, str]], pick: int, keep: st.DataObject
) -> None:
    before = parse("".join(line + end for line, end in file))
    chosen = pick % len(before.requirements)
    line = before.requirements[chosen]
    kept = keep.draw(st.sets(st.sampled_from(sorted(line.extras)))) if line.extras else set()
    after = parse_document(apply_edits(before, [set_extras(line, sorted(kept))]), "r.txt")
    for number, (old, new) in enumerate(zip(before.requirements, after.requirements, strict=True)):
        assert new.extras == (kept if number == chosen else old.extras)
        assert (new.name, str(new.specifier), new.hashes) == (
            old.name,
            str(old.specifier),
            old.hashes,
        )


@settings(deadline=None, max_examples=100)
@given(file=FILES, pick=st.integers(0, 3))
def test_remove_line_removes_one_requirement(file: list[tuple[str, str]], pick: int) -> None:
    before = parse("".join(line + end for line, end in file))
    chosen = pick % len(before.requirements)
    data = apply_edits(before, [remove_line(before, before.requirements[chosen])])
    after = parse_document(data, "r.txt")
    expected = [old for number, old in enumerate(before.requirements) if number != chosen]
    assert [new.source for new in after.requirements] == [old.source for old in expected]


def test_moving_every_pin_of_the_corpus_moves_only_versions() -> None:
    for (name, data), row in zip(corpus.files(), corpus.rows(), strict=True):
        if row["pip_parses"] != "OK":
            continue
        before = parse_document(data, name)
        pins = [line for line in before.requirements if line.pin is not None]
        edited = apply_edits(before, [set_specifier(line, "==9999.1") for line in pins])
        after = parse_document(edited, name)
        for old, new in zip(before.requirements, after.requirements, strict=True):
            assert facts(new) == facts(old), name
            moved = "==9999.1" if old in pins else str(old.specifier)
            assert str(new.specifier).replace("===", "==") == moved.replace("===", "=="), name
        assert after.text.count("\r") == before.text.count("\r"), name
        assert after.text.count("\n") == before.text.count("\n"), name
