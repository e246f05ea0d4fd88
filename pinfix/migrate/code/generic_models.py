"""Generic models: pydantic 1 needs ``GenericModel`` for these."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.models import Models
from pinfix.migrate.code.names import Module, Own

_GENERIC_MODEL = "pydantic.generics.GenericModel"


def rewrite_generic_models(draft: Draft) -> None:
    """``class Page(BaseModel, Generic[T])`` to ``class Page(GenericModel, Generic[T])``."""
    project, models, module = draft.analysis.project, draft.analysis.models, draft.module
    for node in module.classes():
        if models.kind(Own(module, node)) not in ("model", "settings"):
            continue
        if getattr(node, "type_params", []):
            draft.left(
                node,
                "a model with type parameters in brackets: pydantic 1 needs TypeVar, Generic and"
                " GenericModel",
            )
            continue
        if not _is_generic(draft, node) or _has_generic_ancestor(models, module, node):
            continue
        spoken = draft.want(_GENERIC_MODEL, node)
        plain = next(
            (one for one in node.bases if project.name(module, one) == "pydantic.BaseModel"), None
        )
        if plain is not None:
            draft.replace(plain, spoken)
            draft.spend(plain)
        else:
            base = next(one for one in node.bases if _names(draft, one) == "typing.Generic")
            draft.insert(module.source.span(base).start, f"{spoken}, ")
        draft.did(node, "a generic model inherits from `GenericModel`")


def _names(draft: Draft, base: ast.expr) -> str:
    named = base.value if isinstance(base, ast.Subscript) else base
    return draft.analysis.project.name(draft.module, named)


def _is_generic(draft: Draft, node: ast.ClassDef) -> bool:
    return any(_names(draft, base) == "typing.Generic" for base in node.bases)


def _has_generic_ancestor(models: Models, module: Module, node: ast.ClassDef) -> bool:
    """Whether a class that it inherits from is generic itself, and so a GenericModel already."""
    for ancestor in models.lineage(Own(module, node))[1:]:
        assert isinstance(ancestor.node, ast.ClassDef)
        for base in ancestor.node.bases:
            named = base.value if isinstance(base, ast.Subscript) else base
            if models.project.name(ancestor.module, named) in ("typing.Generic", _GENERIC_MODEL):
                return True
    return any(
        models.project.name(module, base.value if isinstance(base, ast.Subscript) else base)
        == _GENERIC_MODEL
        for base in node.bases
    )
