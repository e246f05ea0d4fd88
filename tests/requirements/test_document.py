from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest
from packaging.version import Version

from pinfix.errors import InputError
from pinfix.requirements.document import Document, RequirementLine, Span, parse_document
from tests.requirements import corpus


def parse(text: str, environ: Mapping[str, str] | None = None) -> Document:
    return parse_document(text.encode(), "r.txt", environ=environ)


def only(text: str, environ: Mapping[str, str] | None = None) -> RequirementLine:
    (line,) = parse(text, environ).requirements
    return line


def at(document: Document, span: Span | None) -> str | None:
    return None if span is None else document.text[span.start : span.end]


def refusal(text: str, environ: Mapping[str, str] | None = None) -> InputError:
    with pytest.raises(InputError) as caught:
        parse(text, environ)
    return caught.value


# -- requirements and their spans ------------------------------------------------------------


def test_every_part_of_a_requirement_has_its_span() -> None:
    document = parse("\n  Foo.Bar [b, a] >= 1.0 , < 2 ; os_name == 'nt'  # why\n")
    (line,) = document.requirements
    assert (line.line, line.name, line.extras) == (2, "foo-bar", {"a", "b"})
    assert at(document, line.name_span) == "Foo.Bar"
    assert at(document, line.extras_span) == "[b, a]"
    assert at(document, line.specifier_span) == ">= 1.0 , < 2"
    assert at(document, line.marker_span) == "os_name == 'nt'"
    assert at(document, line.comment_span) == "# why"
    assert at(document, line.span) == line.raw == "Foo.Bar [b, a] >= 1.0 , < 2 ; os_name == 'nt'"
    assert at(document, line.line_span) == line.source == document.text[1:]


def test_specifier_span_includes_parentheses() -> None:
    document = parse("foo (==1.0) ; os_name == 'nt'")
    assert at(document, document.requirements[0].specifier_span) == "(==1.0)"


def test_arbitrary_equality_may_contain_an_at_sign() -> None:
    document = parse("foo === a@b ; os_name == 'nt'")
    assert at(document, document.requirements[0].specifier_span) == "=== a@b"


def test_specifier_across_a_continuation_is_one_span() -> None:
    document = parse("foo>=1, \\\n  <2\nbar\n")
    foo, bar = document.requirements
    assert at(document, foo.specifier_span) == ">=1, \\\n  <2"
    assert foo.raw == "foo>=1, <2"
    assert (foo.line, bar.line) == (1, 3)


def test_hashes_have_spans_of_the_whole_option() -> None:
    document = parse("foo==1.0 \\\n    --hash=sha256:aa \\\n    --hash 'sha512:bb'\n")
    (line,) = document.requirements
    assert line.hashes == ("sha256:aa", "sha512:bb")
    assert [at(document, span) for span in line.hash_spans] == [
        "--hash=sha256:aa",
        "--hash 'sha512:bb'",
    ]
    assert line.raw == "foo==1.0"


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("foo==1.0", Version("1.0")),
        ("foo===1.0", Version("1.0")),
        ("foo===2021-weird", "2021-weird"),
        ("foo==1.0+cpu", Version("1.0+cpu")),
        ("foo==1.*", None),
        ("foo==1.0,!=1.1", None),
        ("foo~=1.0", None),
        ("foo", None),
        ("foo @ https://h/foo.zip", None),
        ("https://h/foo-1.0-py3-none-any.whl", None),
    ],
)
def test_pin_is_the_version_of_a_single_equality(text: str, pin: Version | str | None) -> None:
    line = only(text)
    assert line.pin == pin


@pytest.mark.parametrize(
    ("text", "name", "url", "extras"),
    [
        ("foo[a] @ git+https://h/r@v1", "foo", "git+https://h/r@v1", {"a"}),
        ("git+https://h/r#egg=My_Egg", "my-egg", "git+https://h/r#egg=My_Egg", set()),
        ("https://h/My_Foo-1.0-py3-none-any.whl", "my-foo", None, set()),
        ("dir/My_Foo-1.0-py3-none-any.whl", "my-foo", None, set()),
        ("./sub/dir[x,y]", None, "./sub/dir", {"x", "y"}),
        ("foo.tar.gz", None, "foo.tar.gz", set()),
        ("file:///tmp/foo.zip", None, "file:///tmp/foo.zip", set()),
    ],
)
def test_direct_references(text: str, name: str | None, url: str | None, extras: set[str]) -> None:
    line = only(text)
    assert (line.name, line.url, line.extras) == (name, url or text, extras)
    assert line.specifier_span is None


def test_semicolon_in_a_url_ends_it_only_with_a_space() -> None:
    line = only("https://h/a;b.zip ; os_name == 'nt'")
    assert (line.url, str(line.marker)) == ("https://h/a;b.zip", 'os_name == "nt"')


@pytest.mark.parametrize(
    ("text", "name", "url"),
    [
        ("-e .", None, "."),
        ("--editable=./sub[x]", None, "./sub"),
        ("-e git+https://h/r#egg=foo", "foo", "git+https://h/r#egg=foo"),
        ("-e 'foo[x] @ git+https://h/r ; os_name == \"nt\"'", "foo", "git+https://h/r"),
        ("-egit://h/r#egg=foo", "foo", "git+git://h/r#egg=foo"),
    ],
)
def test_editables(text: str, name: str | None, url: str) -> None:
    line = only(text)
    assert (line.editable, line.name, line.url) == (True, name, url)
    assert line.raw == text


def test_quoted_editable_has_spans_within_the_quotes() -> None:
    document = parse("-e 'foo[x] @ git+https://h/r'\n")
    (line,) = document.requirements
    assert at(document, line.name_span) == "foo"
    assert at(document, line.extras_span) == "[x]"


def test_marker_of_an_editable_stands_behind_its_url() -> None:
    document = parse("-e \"foo @ git+https://h/a;b ; os_name == 'nt'\"")
    (line,) = document.requirements
    assert line.url == "git+https://h/a;b"
    assert at(document, line.marker_span) == "os_name == 'nt'"


# -- lines, comments, continuations ---------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1e", "\x85", "\u2028"])
def test_lines_break_where_splitlines_breaks_them(end: str) -> None:
    document = parse(f"foo{end}bar{end}")
    assert [(line.line, line.source) for line in document.requirements] == [
        (1, f"foo{end}"),
        (2, f"bar{end}"),
    ]


def test_hash_without_a_space_before_is_no_comment() -> None:
    line = only("https://h/a.zip#sha256=00 # real")
    assert line.url == "https://h/a.zip#sha256=00"


def test_comment_line_ends_a_continuation() -> None:
    document = parse("foo \\\n# note \\\nbar\n")
    assert [line.raw for line in document.requirements] == ["foo", "bar"]
    assert at(document, document.requirements[0].comment_span) == "# note \\"


def test_backslash_after_a_comment_swallows_the_next_line() -> None:
    document = parse("foo # note \\\nlost\nbar\n")
    assert [line.raw for line in document.requirements] == ["foo", "bar"]
    assert document.requirements[0].source == "foo # note \\\nlost\n"


def test_last_line_may_end_in_a_backslash() -> None:
    assert only("foo==1.0 \\").pin == Version("1.0")


def test_tab_before_an_option_is_refused_as_by_pip() -> None:
    error = refusal("foo==1.0\t--hash=sha256:aa")
    assert "tab" in str(error)


def test_words_after_a_lone_dash_are_passed_over() -> None:
    assert parse("- foo\n").lines == ()


@pytest.mark.parametrize(
    ("text", "newline"), [("", "\n"), ("a\r\nb\r\nc\n", "\r\n"), ("a\nb\n", "\n"), ("a\rb", "\r")]
)
def test_newline_is_the_most_frequent_one(text: str, newline: str) -> None:
    assert parse(text).newline == newline


# -- environment variables ----------------------------------------------------------------------


def test_variable_is_expanded_and_its_span_is_the_reference() -> None:
    document = parse("foo==${VERSION} # x\n", {"VERSION": "1.0"})
    (line,) = document.requirements
    assert line.pin == Version("1.0")
    assert at(document, line.specifier_span) == "==${VERSION}"
    assert line.raw == "foo==${VERSION}"
    assert not line.entangled


@pytest.mark.parametrize("environ", [{}, {"token": "x"}, {"TOKEN": ""}])
def test_variable_that_is_unset_empty_or_lower_case_stays(environ: dict[str, str]) -> None:
    line = only("foo @ https://${TOKEN}@h/a.zip # ${token}", environ)
    assert line.url == "https://${TOKEN}@h/a.zip"


@pytest.mark.parametrize("value", ["foo==1.0", "foo[a]", "foo ; os_name == 'nt'", "foo --pre"])
def test_variable_for_several_parts_entangles_them(value: str) -> None:
    assert only("${ALL}", {"ALL": value}).entangled


def test_value_of_a_variable_is_not_shown_in_an_error() -> None:
    error = refusal("-e https://u:${TOKEN}@h/r", {"TOKEN": "s3cret"})
    assert "s3cret" not in str(error)
    error = refusal("pip install https://u:${TOKEN}@h/r", {"TOKEN": "s3cret"})
    assert "s3cret" not in str(error)


# -- options and includes -----------------------------------------------------------------------


def options(text: str) -> list[tuple[str, str | None]]:
    return [(line.option, line.value) for line in parse(text).options]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("--index-url=https://i", [("--index-url", "https://i")]),
        ("-i https://i", [("--index-url", "https://i")]),
        ("-ihttps://i", [("--index-url", "https://i")]),
        ("--pypi-url 'https://i'", [("--index-url", "https://i")]),
        ("--extra https://e", [("--extra-index-url", "https://e")]),
        ("--pre --prefer-binary", [("--pre", None), ("--prefer-binary", None)]),
        ("--no-binary=:all:", [("--no-binary", ":all:")]),
        ("--hash=sha256:aa", []),
        ("-f a -f b", [("--find-links", "a")]),
        ("-i a --extra-index-url b -i c", [("--index-url", "c"), ("--extra-index-url", "b")]),
    ],
)
def test_options_as_pip_obeys_them(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert options(text) == expected


def test_option_spans_cover_option_and_value() -> None:
    document = parse("--trusted-host 'h:1' \\\n  --index-url=https://i # x\n")
    index, host = document.options
    assert (at(document, host.span), at(document, host.value_span)) == (
        "--trusted-host 'h:1'",
        "h:1",
    )
    assert (at(document, index.span), at(document, index.value_span)) == (
        "--index-url=https://i",
        "https://i",
    )


def test_of_the_options_beside_a_requirement_only_format_and_release_control_count() -> None:
    assert options("foo --pre --no-binary foo --only-final bar") == [
        ("--no-binary", "foo"),
        ("--only-final", "bar"),
    ]


def test_include_makes_pip_pass_over_the_rest_of_its_line() -> None:
    document = parse("-c c.txt -r 'a b.txt' --index-url x\n")
    (include,) = document.includes
    assert (include.kind, include.target, include.line) == ("-r", "a b.txt", 1)
    assert at(document, include.span) == "-r 'a b.txt'"
    assert at(document, include.target_span) == "a b.txt"
    assert document.options == ()


# -- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("\nnumpy=1.21.0=py38_0", 2, 6, "a pin of 1.21.0 is written numpy==1.21.0"),
        ("foo=1.0", 1, 4, "a pin is written foo==1.0"),
        ("  foo 1.0", 1, 7, "a pin is written foo==1.0"),
        ("foo>=1 <2", 1, 8, "no comma between"),
        ("foo=>1", 1, 4, "second in an operator"),
        ("foo==", 1, 4, "no version after the operator"),
        ("foo==1.0 ; os_name", 1, 19, None),
        ("foo==1.0 \\\n  ; os_nam == 'nt'", 2, 5, None),
        ('"foo==1.0",', 1, 1, "without quotes around it: foo==1.0"),
        ("foo=='1.0'", 1, 4, "without quotes: foo==1.0"),
        ('flask = "^1.0"', 1, 7, "TOML"),
        ("dependencies = [", 1, 14, "pyproject.toml"),
        ("{{ name }}", 1, 1, "template"),
        ("pip install foo bar", 1, 5, "to be installed: foo bar"),
        ("<<<<<<< HEAD", 1, 1, "merge"),
        ("channels:", 1, 9, "YAML"),
        ("foo\u00a0==1.0", 1, 4, "invisible"),
        ("f\0o\0o\0", 1, 2, "UTF-16"),
        ("foo~=1", 1, 4, "foo~=1.0"),
        ("foo==${UNSET}", 1, 4, "not set"),
        ("foo --install-option=x", 1, 5, "took it away"),
        ("foo --nope", 1, 5, "only some of its options"),
        ("foo \\\n  --hash=md5:aa", 2, 3, None),
        ("--index-url", 1, 1, None),
        ("--find-links 'x", 1, 14, None),
        ("-e git+https://h/r", 1, 4, "Name the project"),
        ("-e foo @ git+https://h/r", 1, 7, "Quote it"),
        ("-e https://h/r", 1, 4, "local path or a repository"),
        ("https://h/a.zip#egg=foo[x]", 1, 16, "foo[x] @ URL"),
        ("https://h/foo.whl", 1, 11, None),
        ("[/]", 1, 1, None),
        ("file://host/x.zip", 1, 1, "three slashes"),
    ],
)
def test_refused_line_is_an_error_at_its_place(
    text: str, line: int, column: int, hint: str | None
) -> None:
    error = refusal(text)
    assert (error.path, error.line, error.column) == ("r.txt", line, column)
    assert error.source == text.split("\n")[line - 1]
    if hint is not None:
        assert hint in (error.hint or "")


# -- the corpus ---------------------------------------------------------------------------------


def test_every_corpus_file_that_pip_takes_is_read_and_gives_its_bytes_back() -> None:
    for (name, data), row in zip(corpus.files(), corpus.rows(), strict=True):
        if row["pip_parses"] == "OK":
            document = parse_document(data, name)
            assert document.bom + document.text.encode(document.encoding) == data, name
            for line in document.requirements:
                assert line.text(line.span) == at(document, line.span), name


def test_every_corpus_file_that_is_refused_is_refused_with_its_line() -> None:
    for (name, data), row in zip(corpus.files(), corpus.rows(), strict=True):
        if row["pip_parses"] != "OK":
            # Of these, pip refuses some for files that are not there.
            with contextlib.suppress(InputError):
                parse_document(data, name)
                continue
            with pytest.raises(InputError) as caught:
                parse_document(data, name)
            assert caught.value.line is not None, name
