"""Logical lines to the lines of a document, each part with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from pinfix.errors import InputError
from pinfix.requirements.conda import read_exported
from pinfix.requirements.lines import IncludeLine, Line, OptionLine, RequirementLine
from pinfix.requirements.logical import LogicalLine, PhysicalLine
from pinfix.requirements.options import GLOBAL_ANYWHERE, Option, obeyed, split_line
from pinfix.requirements.refusals import Refusal, hint_for
from pinfix.requirements.requirement import Parts, Range, read_editable, read_requirement
from pinfix.requirements.spans import MappedText, Span

if TYPE_CHECKING:
    from pinfix.requirements.option_reader import OptionReader


class LineReader:
    """Logical lines to the lines of a document; knows the file for spans and messages."""

    def __init__(
        self, path: str, text: str, physical: list[PhysicalLine], *, repair: bool = False
    ) -> None:
        """``repair``: read what pip refuses, where it is certain what is meant."""
        self._path = path
        self._repair = repair
        self._text = text
        self._physical = physical

    @cached_property
    def _options(self) -> OptionReader:
        from pinfix.requirements.option_reader import OptionReader  # which many files do not need

        return OptionReader()

    def read(self, logical: LogicalLine) -> Iterator[Line]:
        """The lines that pip makes of one logical line, several where it has several options."""
        try:
            yield from self._read(logical)
        except Refusal as refusal:
            exported = read_exported(logical.content.text) if self._repair else None
            if exported is None:
                raise self._input_error(logical, refusal) from None
            whole = (0, len(logical.content.text))
            line = self._requirement(logical, exported, whole, 0, [])
            yield dataclasses.replace(line, repaired=True)

    def _read(self, logical: LogicalLine) -> Iterator[Line]:
        content = logical.content
        end, start = split_line(content.text)
        options: list[Option] = []
        words: list[str] = []
        if start < len(content.text):
            options, words = self._options.read(content.text, start)
        editables = [option for option in options if option.name == "--editable"]
        if end and not editables:
            parts = read_requirement(content.text[:end])
            yield self._requirement(logical, parts, (0, end), 0, options)
        elif end or editables:
            yield self._editable(logical, end, editables[0], words, options)
        else:
            yield from self._without_requirement(logical, options)
            return
        yield from self._anywhere(logical, options)

    def _editable(
        self,
        logical: LogicalLine,
        end: int,
        option: Option,
        words: list[str],
        options: list[Option],
    ) -> RequirementLine:
        """``-e VALUE``. A requirement in front of ``-e`` is what pip makes editable."""
        if end:
            at, whole, value = 0, (0, end), logical.content.text[:end]
        else:
            at, whole, value = option.value_start, (option.start, option.end), option.value or ""
        try:
            parts = read_editable(value)
        except Refusal as refusal:
            raise refusal.moved(at) from None
        if not end and words[:1] == ["@"]:
            hint = 'Quote it: -e "NAME @ URL"'
            raise Refusal("-e takes a single word, and the rest is ignored", option.end, hint)
        exact = logical.content.text[at : at + len(value)] == value
        return self._requirement(
            logical, parts if exact else _unplaced(parts), whole, at, options, editable=True
        )

    def _requirement(
        self,
        logical: LogicalLine,
        parts: Parts,
        whole: Range,
        at: int,
        options: list[Option],
        *,
        editable: bool = False,
    ) -> RequirementLine:
        content = logical.content
        hashes = [] if editable else [option for option in options if option.name == "--hash"]
        ranges = [whole, *((option.start, option.end) for option in hashes)]
        places = (parts.name_at, parts.extras_at, parts.specifier_at, parts.marker_at)
        ranges += [(at + part[0], at + part[1]) for part in places if part is not None]

        def place(part: Range | None) -> Span | None:
            return content.span(at + part[0], at + part[1]) if part else None

        span = content.span(*whole)
        return RequirementLine(
            path=self._path,
            line=logical.number,
            source=self._text[logical.span.start : logical.span.end],
            raw=_one_line(self._text[span.start : span.end]),
            requirement=parts.requirement,
            name=parts.name,
            extras=parts.extras,
            specifier=parts.specifier,
            marker=parts.marker,
            url=parts.url,
            editable=editable,
            hashes=tuple(option.value or "" for option in hashes),
            span=span,
            line_span=logical.span,
            name_span=place(parts.name_at),
            extras_span=place(parts.extras_at),
            specifier_span=place(parts.specifier_at),
            marker_span=place(parts.marker_at),
            hash_spans=tuple(content.span(option.start, option.end) for option in hashes),
            comment_span=logical.comment,
            entangled=any(content.divides_variable(edge) for pair in ranges for edge in pair),
        )

    def _without_requirement(
        self, logical: LogicalLine, options: list[Option]
    ) -> Iterator[OptionLine | IncludeLine]:
        """What pip obeys of a line that has nothing but options."""
        # The first -r wins, else the first -c, and pip passes over everything beside it.
        for name in ("--requirement", "--constraint"):
            if include := next((option for option in options if option.name == name), None):
                yield self._include(logical, include)
                yield from self._anywhere(logical, options)
                return
        for option in obeyed(options):
            yield self._option(logical, option)

    def _anywhere(self, logical: LogicalLine, options: list[Option]) -> Iterator[OptionLine]:
        for option in options:
            if option.name in GLOBAL_ANYWHERE:
                yield self._option(logical, option)

    def _option(self, logical: LogicalLine, option: Option) -> OptionLine:
        span = logical.content.span(option.start, option.end)
        value_span = logical.content.span(option.value_start, option.value_end)
        return OptionLine(
            path=self._path,
            line=logical.number,
            option=option.name,
            value=option.value,
            span=span,
            value_span=value_span if option.value is not None else None,
            line_span=logical.span,
            comment_span=logical.comment,
        )

    def _include(self, logical: LogicalLine, option: Option) -> IncludeLine:
        return IncludeLine(
            path=self._path,
            line=logical.number,
            kind="-r" if option.name == "--requirement" else "-c",
            target=option.value or "",
            span=logical.content.span(option.start, option.end),
            target_span=logical.content.span(option.value_start, option.value_end),
            line_span=logical.span,
            comment_span=logical.comment,
        )

    def _text_of(self, content: MappedText) -> str:
        span = content.span(0, len(content.text))
        return self._text[span.start : span.end]

    def _input_error(self, logical: LogicalLine, refusal: Refusal) -> InputError:
        """The refusal at its place in the file, which may be a later line of a continuation."""
        content = logical.content
        position = min(refusal.position, len(content.text))
        if position < len(content.text):
            offset = content.span(position, position + 1).start
        else:
            offset = content.span(0, position).end
        line = next(
            line
            for line in self._physical[logical.number - 1 :]
            if offset < line.span.end or line.span.end == logical.span.end
        )
        return InputError(
            _sentence(refusal.problem),
            path=self._path,
            line=line.number,
            column=offset - line.span.start + 1,
            source=line.body,
            # The text as written: what a variable expands to may be a secret.
            hint=refusal.hint or hint_for(_one_line(self._text_of(content))),
        )


def _unplaced(parts: Parts) -> Parts:
    """The same without ranges, for a value that quoting has changed."""
    return dataclasses.replace(
        parts, name_at=None, extras_at=None, specifier_at=None, marker_at=None
    )


def _one_line(text: str) -> str:
    return " ".join(
        part.strip() for line in text.splitlines() if (part := line.rstrip("\\").strip())
    )


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?", "!")) else f"{text}."
