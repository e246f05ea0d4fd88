"""``TypeAdapter`` to ``parse_obj_as`` and its like."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft, bindings_named, uses_of
from pinfix.migrate.code.names import Module
from pinfix.requirements.spans import Span

TYPE_ADAPTER = "pydantic.TypeAdapter"
_FUNCTIONS = {
    "json_schema": "schema_of",
    "validate_json": "parse_raw_as",
    "validate_python": "parse_obj_as",
}
_BY_HAND = "use `parse_obj_as(T, …)`, `parse_raw_as(T, …)`, `schema_of(T)`, and json.dumps with pydantic_encoder"


def rewrite_adapters(draft: Draft) -> None:
    """Every ``TypeAdapter(T)`` of a module: used at once, or kept in a variable."""
    for call in draft.module.calls():
        if draft.analysis.project.name(draft.module, call.func) != TYPE_ADAPTER:
            continue
        if len(call.args) != 1 or call.keywords:
            draft.left(call, f"`TypeAdapter` with a configuration: {_BY_HAND}")
            continue
        parent = draft.module.scopes.parents[call]
        if _is_method(draft.module, parent):
            assert isinstance(parent, ast.Attribute)
            _rewrite_at_once(draft, call, parent)
        elif not _rewrite_kept(draft, call, parent):
            draft.left(call, f"`TypeAdapter`: {_BY_HAND}")


def _is_method(module: Module, node: ast.AST) -> bool:
    """Whether a node is a call of a method that has a form in pydantic 1, without options."""
    if not isinstance(node, ast.Attribute) or node.attr not in _FUNCTIONS:
        return False
    call = module.scopes.parents[node]
    if not isinstance(call, ast.Call) or call.func is not node or call.keywords:
        return False
    return len(call.args) == (0 if node.attr == "json_schema" else 1)


def _rewrite_at_once(draft: Draft, call: ast.Call, method: ast.Attribute) -> None:
    """``TypeAdapter(T).validate_python(x)`` to ``parse_obj_as(T, x)``."""
    source = draft.module.source
    outer = draft.module.scopes.parents[method]
    assert isinstance(outer, ast.Call)
    name = _FUNCTIONS[method.attr]
    draft.swap(call.func, f"pydantic.{name}")
    opening = source.text.index("(", source.span(method).end)
    separator = ", " if outer.args else ""
    draft.replace(Span(_closing(draft, call), opening + 1), separator)
    draft.did(call, f"`TypeAdapter(…).{method.attr}` became `{name}`")


def _closing(draft: Draft, call: ast.Call) -> int:
    """Where the comma, if any, and the parenthesis behind the one argument of a call begin."""
    source = draft.module.source
    end = source.span(call).end - 1
    return len(source.text[:end].rstrip().rstrip(",").rstrip())


def _rewrite_kept(draft: Draft, call: ast.Call, parent: ast.AST) -> bool:
    """``adapter = TypeAdapter(T)``, where all that is done with it has a form in pydantic 1.

    The variable then holds the type, and ``adapter.validate_python(x)`` is
    ``parse_obj_as(adapter, x)``.
    """
    module, source = draft.module, draft.module.source
    if not isinstance(parent, ast.Assign | ast.AnnAssign) or parent.value is not call:
        return False
    target = parent.targets[0] if isinstance(parent, ast.Assign) else parent.target
    several = isinstance(parent, ast.Assign) and len(parent.targets) > 1
    if not isinstance(target, ast.Name) or several:
        return False
    uses = _uses(draft, target)
    if uses is None or not all(_is_method(module, module.scopes.parents[use]) for use in uses):
        return False
    draft.replace(call, source.span(call.args[0]))
    draft.spend(call.func)
    if isinstance(parent, ast.AnnAssign):
        draft.replace(Span(source.span(target).end, source.span(parent.annotation).end))
        draft.spend(parent.annotation)
    draft.did(call, "`TypeAdapter(…)` became the type itself")
    for use in uses:
        _rewrite_use(draft, use, call.func)
    return True


def _uses(draft: Draft, target: ast.Name) -> list[ast.Name] | None:
    """Where a variable is read; None where it has other values, or other modules read it."""
    module = draft.module
    scope = module.scope(target)
    if len(scope.lookup(target.id)) != 1:
        return None
    if scope is module.scopes.module:
        found = uses_of(draft.analysis, module, target.id)
        assert bindings_named(module, target.id)
        return [use for _, use in found] if all(user is module for user, _ in found) else None
    bindings = scope.lookup(target.id)
    return [
        node
        for node in module.nodes(ast.Name)
        if isinstance(node, ast.Name)
        and node.id == target.id
        and isinstance(node.ctx, ast.Load)
        and module.scope(node).lookup(target.id) == bindings
    ]


def _rewrite_use(draft: Draft, use: ast.Name, adapter: ast.expr) -> None:
    source, parents = draft.module.source, draft.module.scopes.parents
    method = parents[use]
    assert isinstance(method, ast.Attribute)
    call = parents[method]
    assert isinstance(call, ast.Call)
    function = draft.want(f"pydantic.{_FUNCTIONS[method.attr]}", adapter)
    draft.insert(source.span(use).start, f"{function}(")
    opening = source.text.index("(", source.span(method).end)
    draft.replace(Span(source.span(use).end, opening + 1), ", " if call.args else "")
    draft.did(use, f"`.{method.attr}` became `{function}`")
