"""``model_post_init``: pydantic 1 makes the private attributes at the same moment."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.scopes import Function
from pinfix.requirements.spans import Span

_OLD, _NEW = "model_post_init", "_init_private_attributes"


def rewrite_post_init(draft: Draft) -> None:
    """Every ``def model_post_init(self, context)`` of a model in a module.

    pydantic 1 calls ``_init_private_attributes`` at the end of ``__init__``, ``construct`` and
    ``from_orm``, which are the occasions on which pydantic 2 calls ``model_post_init``.
    """
    for function in draft.module.nodes(ast.FunctionDef):
        assert isinstance(function, ast.FunctionDef)
        owner = draft.module.scopes.parents.get(function)
        if function.name != _OLD or not isinstance(owner, ast.ClassDef):
            continue
        if draft.analysis.models.kind(Own(draft.module, owner)) is None:
            continue
        reason = _rewrite(draft, function)
        if reason:
            draft.left(
                function, f"`{_OLD}` {reason}: do it in `__init__`, after `super().__init__`"
            )


def _rewrite(draft: Draft, function: ast.FunctionDef) -> str:
    source = draft.module.source
    parameters = [*function.args.posonlyargs, *function.args.args]
    first = function.body[0]
    indent = source.indentation(first)
    if len(parameters) != 2 or indent is None or function.decorator_list:
        return "with other parameters or decorators has no form in pydantic 1"
    me, context = parameters
    handed_on = _handed_on(function, context.arg)
    read = [
        one for one in ast.walk(function) if isinstance(one, ast.Name) and one.id == context.arg
    ]
    if len(read) > len(handed_on):
        return "that reads its context has no form in pydantic 1"
    start = source.text.index(_OLD, source.span(function).start)
    draft.replace(Span(start, start + len(_OLD)), _NEW)
    draft.replace(Span(source.span(me).end, source.span(context).end))
    draft.spend(context)
    for call in handed_on:
        draft.replace(call, f"super().{_NEW}()")
    if not handed_on:
        _call_super(draft, function, indent)
    draft.did(function, f"`{_OLD}` became `{_NEW}`")
    return ""


def _handed_on(function: Function, context: str) -> list[ast.Call]:
    """The calls ``super().model_post_init(context)``."""
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == _OLD
        and len(node.args) == 1
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id == context
    ]


def _call_super(draft: Draft, function: ast.FunctionDef, indent: str) -> None:
    """The method that is overridden is the one that makes the private attributes."""
    source = draft.module.source
    first = function.body[0]
    call = f"super().{_NEW}()"
    if ast.get_docstring(function, clean=False) is not None:
        end = source.line_end(source.span(first).end)
        draft.insert(end, f"{source.newline}{indent}{call}")
        return
    start = source.span(first).start
    draft.insert(start, f"{call}{source.newline}{indent}")
