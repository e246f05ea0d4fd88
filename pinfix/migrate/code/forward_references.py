"""Models that name what is defined later: pydantic 2 completes them by itself, 1 has to be told."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.models import Field, keyword
from pinfix.migrate.code.names import Module, Own
from pinfix.migrate.code.scopes import Binding

_REBUILD = frozenset({"model_rebuild", "update_forward_refs"})


def rewrite_forward_references(draft: Draft) -> None:
    """``Model.update_forward_refs()`` behind the last definition that a model waits for."""
    module = draft.module
    told = _told_by_hand(module)
    places: dict[ast.AST, list[ast.ClassDef]] = {}
    for own in draft.analysis.models.own_models(module):
        assert isinstance(own.node, ast.ClassDef)
        if draft.analysis.models.kind(own) == "dataclass" or own.node.name in told:
            continue
        if not isinstance(module.scopes.parents[own.node], ast.Module):
            continue
        _list_names_for_checkers(draft, own)
        awaited = [
            name
            for one in draft.analysis.models.own_fields(own)
            for name in _later_definitions(draft, one, own)
        ]
        if awaited:
            last = max(awaited, key=lambda node: module.source.span(node).start)
            places.setdefault(last, []).append(own.node)
    for statement, waiting in places.items():
        _insert(draft, statement, waiting)


def _resolves_with_names(draft: Draft) -> bool:
    """Whether the project passes names to models somewhere, as a package's top may for all."""
    return any(
        keyword(call, "_types_namespace") is not None
        for module in draft.analysis.project.modules.values()
        for call in module.calls()
    )


def _told_by_hand(module: Module) -> set[str]:
    """The models whose references the module resolves itself."""
    return {
        node.value.id
        for node in module.nodes(ast.Attribute)
        if isinstance(node, ast.Attribute)
        and node.attr in _REBUILD
        and isinstance(node.value, ast.Name)
    }


def _later_definitions(draft: Draft, one: Field, own: Own) -> list[ast.AST]:
    """The statements of the module behind a class that define what an annotation names."""
    module = draft.module
    behind = module.source.span(own.node).end
    found: list[ast.AST] = []
    for name in _names(module, one.statement.annotation):
        for binding in module.scope(name).lookup(name.id):
            statement = _top_statement(module, binding)
            if statement is None or binding.scope is not module.scopes.module:
                continue
            if module.source.span(statement).start >= behind and statement not in found:
                found.append(statement)
    return found


def _list_names_for_checkers(draft: Draft, own: Own) -> None:
    """Names that are there for type checkers alone: somebody must pass them to the model."""
    module = draft.module
    names = {
        name.id
        for one in draft.analysis.models.own_fields(own)
        for name in _names(module, one.statement.annotation)
        for binding in module.scope(name).lookup(name.id)
        if _is_only_for_checkers(draft, binding)
    }
    if names and not _resolves_with_names(draft):
        listed = ", ".join(f"`{name}`" for name in sorted(names))
        draft.left(own.node, f"`update_forward_refs(…)` of the model has to be given {listed}")


def _names(module: Module, node: ast.AST) -> list[ast.Name]:
    """The names of an annotation, in its strings as well."""
    found: list[ast.Name] = []
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part in module.scopes.of:
            found.append(part)
        elif isinstance(part, ast.Constant) and part in module.source.quoted:
            found += _names(module, module.source.quoted[part])
    return found


def _top_statement(module: Module, binding: Binding) -> ast.stmt | None:
    """The statement of the module in which a name gets its meaning."""
    node: ast.AST | None = binding.node
    while node is not None and not isinstance(module.scopes.parents.get(node), ast.Module):
        node = module.scopes.parents.get(node)
    return node if isinstance(node, ast.stmt) else None


def _is_only_for_checkers(draft: Draft, binding: Binding) -> bool:
    module = draft.module
    block = module.within(binding.node, ast.If)
    return (
        isinstance(block, ast.If)
        and isinstance(binding.node, ast.alias)
        and draft.analysis.project.name(module, block.test) == "typing.TYPE_CHECKING"
    )


def _insert(draft: Draft, statement: ast.AST, waiting: list[ast.ClassDef]) -> None:
    source = draft.module.source
    newline = source.newline
    end = source.line_end(source.span(statement).end)
    lines = [f"{newline}{node.name}.update_forward_refs()" for node in waiting]
    draft.insert(end, newline, newline, *lines)
    for node in waiting:
        draft.did(
            node, f"`{node.name}.update_forward_refs()` was added, as it names what comes later"
        )
