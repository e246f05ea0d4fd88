"""Edits of a call's arguments: removed with their comma, renamed, added."""

from __future__ import annotations

import ast
import re

from pinfix.migrate.code.drafts import Draft, Piece
from pinfix.migrate.code.source import Source
from pinfix.requirements.spans import Span

_TO_NEXT = re.compile(r"(?:\s|\\|#[^\r\n]*|,)*")


def in_order(call: ast.Call) -> list[ast.expr | ast.keyword]:
    """The arguments of a call, as they stand in the text."""
    return sorted([*call.args, *call.keywords], key=lambda one: (one.lineno, one.col_offset))


def rename(draft: Draft, argument: ast.keyword, name: str) -> None:
    """Give a keyword argument another name."""
    assert argument.arg is not None
    start = draft.module.source.span(argument).start
    draft.replace(Span(start, start + len(argument.arg)), name)


def remove(draft: Draft, call: ast.Call, *removed: ast.AST) -> None:
    """Take arguments out of a call, commas and all."""
    remove_from_list(draft, in_order(call), set(removed), call)


def remove_from_list(
    draft: Draft,
    items: list[ast.expr | ast.keyword] | list[ast.expr],
    removed: set[ast.AST],
    call: ast.AST,
) -> None:
    """Take items out of what commas separate."""
    source = draft.module.source
    spans = [_whole(source, item) for item in items]
    last_kept = max((i for i, item in enumerate(items) if item not in removed), default=-1)
    for index, item in enumerate(items):
        if item not in removed:
            continue
        draft.spend(item)
        if index < last_kept:
            draft.replace(Span(spans[index].start, spans[index + 1].start))
    if last_kept + 1 < len(items):
        end = spans[-1].end
        if last_kept >= 0:
            draft.replace(Span(spans[last_kept].end, end))
            return
        behind = _TO_NEXT.match(source.text, end)
        assert behind is not None
        draft.replace(Span(spans[0].start, behind.end() if "#" not in behind[0] else end))


def _whole(source: Source, item: ast.AST) -> Span:
    """An argument with the parentheses around it, if any."""
    span = source.span(item)
    start, end = span.start, span.end
    if isinstance(item, ast.keyword | ast.GeneratorExp):
        return span
    while True:
        before = source.text[:start].rstrip()
        after = source.text[end:]
        close = len(after) - len(after.lstrip())
        if not before.endswith("(") or not after.lstrip().startswith(")"):
            return Span(start, end)
        if re.search(r"[\w\])]\s*\($", before):  # the parenthesis of the call itself
            return Span(start, end)
        start, end = len(before) - 1, end + close + 1


def append(draft: Draft, call: ast.Call, *pieces: Piece, kept: bool = True) -> None:
    """Add an argument at the end of a call; ``kept`` tells whether any other one stays."""
    source = draft.module.source
    arguments = in_order(call)
    if not arguments:
        draft.insert(source.span(call).end - 1, *pieces)
        return
    end = _whole(source, arguments[-1]).end
    draft.insert(end, *((", ", *pieces) if kept else pieces))


def prepend(draft: Draft, call: ast.Call, *pieces: Piece) -> None:
    """Add an argument at the beginning of a call."""
    source = draft.module.source
    arguments = in_order(call)
    if not arguments:
        draft.insert(source.span(call).end - 1, *pieces)
        return
    draft.insert(_whole(source, arguments[0]).start, *pieces, ", ")
