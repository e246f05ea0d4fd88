from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.deploy.dockerfile import assignments, instructions, stages
from pinfix.deploy.source import Source, read_source


def source(text: str) -> Source:
    return read_source("Dockerfile", text.encode())


def read(text: str) -> list[tuple[str, str, int]]:
    return [(one.name, one.rest.text, one.line) for one in instructions(source(text))]


def test_instructions_have_names_and_lines() -> None:
    text = "# c\n\nfrom python:3.12\r\n  run pip install x\n"
    assert read(text) == [("FROM", "python:3.12", 3), ("RUN", "pip install x", 4)]


def test_continued_lines_are_one_without_the_comments_between_them() -> None:
    text = "RUN a \\\n  # comment\n\n  b \\  \n  && c\nCMD d\n"
    assert read(text) == [("RUN", "a   b   && c", 1), ("CMD", "d", 6)]


def test_escape_character_may_be_another_one() -> None:
    text = "# syntax=docker/dockerfile:1\n# escape=`\nRUN a `\n  b\nRUN c\\\nRUN d\n"
    assert [rest for _, rest, _ in read(text)] == ["a   b", "c\\", "d"]


def test_directive_after_a_comment_is_a_comment() -> None:
    assert read("# hello\n# escape=`\nRUN a `\nRUN b\n")[0][1] == "a `"


def test_here_documents_are_bodies_and_no_instructions() -> None:
    (run, user) = instructions(source("RUN <<-EOF cat\npip install x\nUSER y\n\tEOF\nUSER z\n"))
    assert [body.text for body in run.heredocs] == ["pip install x\nUSER y\n"]
    assert user.rest.text == "z"


@given(st.lists(st.sampled_from(["RUN a", " \\\n", "\n", "# c\n", "b ", "<<E\n", "E\n", "\r\n"])))
def test_every_verbatim_character_stands_where_it_says(parts: list[str]) -> None:
    text = "".join(parts)
    for one in instructions(source(text)):
        for piece in (*one.rest.pieces, *(p for body in one.heredocs for p in body.pieces)):
            if piece.verbatim:
                assert text[piece.span.start : piece.span.end] == piece.text


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("ARG V=3.12\nFROM python:$V", "python:3.12"),
        ("ARG V=3.12\nFROM python:${V}-slim", "python:3.12-slim"),
        ("ARG I=\"python\" V='3.12'\nFROM ${I}:${V}", "python:3.12"),
        ("ARG A=3.12\nARG B=${A}-slim\nFROM python:$B", "python:3.12-slim"),
        ("FROM python:${V:-3.11}", "python:3.11"),
        ("ARG V=\nFROM python:${V:-3.11}", "python:3.11"),
        ("ARG V=3.9\nFROM python:3.12${V:+-slim}", "python:3.12-slim"),
        ("ARG V\nFROM python:$V", None),
        ("FROM python:3.12 AS a\nARG V=1\nFROM python:$V", None),
    ],
)
def test_variables_of_from_are_those_before_the_first(text: str, image: str | None) -> None:
    last = stages(source(text))[-1]
    assert (last.image.text if last.image else None) == image


def test_build_arguments_that_are_given_win_over_defaults() -> None:
    (stage,) = stages(source("ARG V=3.12\nFROM python:$V"), {"V": "3.10"})
    assert stage.image is not None
    assert stage.image.text == "python:3.10"


def test_stages_have_names_platforms_and_their_own_instructions() -> None:
    text = (
        "FROM --platform=linux/arm64 a AS one\nRUN x\nfrom b as two\nCOPY --from=one x x\nRUN y\n"
    )
    first, second = stages(source(text))
    assert (first.name, first.platform, first.written, first.line) == ("one", "linux/arm64", "a", 1)
    assert [one.name for one in first.instructions] == ["RUN"]
    assert (second.name, second.platform, second.line) == ("two", None, 3)
    assert [one.name for one in second.instructions] == ["COPY", "RUN"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ENV A=1 B='x y' C=\"z\"", [("A", "1"), ("B", "x y"), ("C", "z")]),
        ("ENV PIP_ONLY_BINARY all", [("PIP_ONLY_BINARY", "all")]),
        ("ENV A some value", [("A", "some value")]),
        ("ARG A", []),
    ],
)
def test_assignments_in_both_forms(text: str, found: list[tuple[str, str]]) -> None:
    (one,) = instructions(source(text))
    assert [(name, value.text) for name, value in assignments(one.rest)] == found
