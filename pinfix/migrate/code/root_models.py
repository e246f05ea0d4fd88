"""``RootModel`` to a model with ``__root__``."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft, Piece
from pinfix.migrate.code.instances import Instance
from pinfix.migrate.code.models import keyword
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.scopes import Function
from pinfix.requirements.spans import Span

ROOT_MODEL = "pydantic.RootModel"


def rewrite_root_models(draft: Draft) -> None:
    """The root models of a module, what makes them, and what reads their root."""
    project, module = draft.analysis.project, draft.module
    for node in module.classes():
        for base in node.bases:
            subscript = base if isinstance(base, ast.Subscript) else None
            named = subscript.value if subscript else base
            if project.name(module, named) == ROOT_MODEL:
                _rewrite_class(draft, node, base, named, subscript)
    for call in module.calls():
        _rewrite_making(draft, call)
    for attribute in module.nodes(ast.Attribute):
        assert isinstance(attribute, ast.Attribute)
        if attribute.attr == "root":
            _rewrite_reading(draft, attribute)


def _rewrite_reading(draft: Draft, node: ast.Attribute) -> None:
    if draft.analysis.project.thing(draft.module, node) is not None:
        return
    kind = draft.analysis.instances.type_of(draft.module, node.value)
    if isinstance(kind, Instance) and draft.analysis.models.kind(kind.of) == "root":
        end = draft.module.source.span(node).end
        draft.replace(Span(end - len("root"), end), "__root__")
        draft.did(node, "`.root` became `.__root__`")
    elif kind is None and _has_root_models(draft):
        draft.left(node, "`.root` is `.__root__` in pydantic 1, if this is a root model")


def _has_root_models(draft: Draft) -> bool:
    models = draft.analysis.models
    return any(
        models.kind(own) == "root"
        for module in draft.analysis.project.modules.values()
        for own in models.own_models(module)
    )


def _rewrite_class(
    draft: Draft,
    node: ast.ClassDef,
    base: ast.expr,
    named: ast.expr,
    subscript: ast.Subscript | None,
) -> None:
    source = draft.module.source
    root = next((one for one in node.body if _is_root(one)), None)
    first = node.body[0]
    has_place = isinstance(first, ast.Pass) or source.indentation(first) is not None
    if root is None and (subscript is None or not has_place):
        draft.left(base, "`RootModel`: write a BaseModel with a field `__root__`")
        return
    if len(node.bases) > 1:
        draft.left(base, "a generic `RootModel`: write a GenericModel with a field `__root__`")
        return
    if root is not None:
        assert isinstance(root, ast.AnnAssign)
        draft.replace(root.target, "__root__")
    else:
        assert subscript is not None
        _add_root(draft, node, source.span(subscript.slice))
    draft.replace(base, draft.want("pydantic.BaseModel", named))
    draft.spend(named)
    draft.did(node, "`RootModel` became a BaseModel with `__root__`")
    if not any(isinstance(one, Function) and one.name == "__iter__" for one in node.body):
        return
    draft.left(node, "`__iter__` of a BaseModel also serves `dict(model)`: check its callers")


def _is_root(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == "root"
    )


def _add_root(draft: Draft, node: ast.ClassDef, annotation: Span) -> None:
    """A field ``__root__`` as the first statement behind the docstring."""
    source = draft.module.source
    first = node.body[0]
    indent = source.indentation(first)
    field: tuple[Piece, ...] = ("__root__: ", annotation)
    if isinstance(first, ast.Pass) and len(node.body) == 1:
        draft.replace(first, *field)
    elif ast.get_docstring(node, clean=False) is not None:
        end = source.line_end(source.span(first).end)
        draft.insert(end, f"{source.newline}{source.newline}{indent}", *field)
    else:
        start = source.span(first).start
        decorators = getattr(first, "decorator_list", [])
        if decorators:
            start = source.text.rindex("@", 0, source.span(decorators[0]).start)
        draft.insert(start, *field, f"{source.newline}{source.newline}{indent}")


def _rewrite_making(draft: Draft, call: ast.Call) -> None:
    """``Tags(["a"])`` and ``Tags(root=["a"])`` to ``Tags(__root__=["a"])``."""
    thing = draft.analysis.project.thing(draft.module, call.func)
    if not isinstance(thing, Own) or draft.analysis.models.kind(thing) != "root":
        return
    source = draft.module.source
    named = keyword(call, "root")
    if named is not None:
        start = source.span(named).start
        draft.replace(Span(start, start + len("root")), "__root__")
    elif len(call.args) == 1 and not isinstance(call.args[0], ast.Starred):
        draft.insert(source.text.index("(", source.span(call.func).end) + 1, "__root__=")
    else:
        return
    draft.did(call, "a root model takes its value as `__root__`")
