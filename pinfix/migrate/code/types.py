"""Types: ``EmailStr``, ``StringConstraints``, ``conlist`` and what else is written otherwise."""

from __future__ import annotations

import ast

from pinfix.migrate.code.annotations import read_annotation
from pinfix.migrate.code.arguments import remove_from_list, rename
from pinfix.migrate.code.drafts import Draft, Piece
from pinfix.migrate.code.fields import FIELD
from pinfix.migrate.code.models import keyword
from pinfix.requirements.spans import Span

# What makes a type with constraints, and its arguments that have other names in pydantic 1.
_CONSTRAINED = {
    "pydantic.constr": {"pattern": "regex"},
    "pydantic.conlist": {"min_length": "min_items", "max_length": "max_items"},
    "pydantic.conset": {"min_length": "min_items", "max_length": "max_items"},
    "pydantic.confrozenset": {"min_length": "min_items", "max_length": "max_items"},
}
# What makes a constrained type of a plain one, and which constraints it takes.
_MAKERS = {
    "int": ("conint", {"gt", "ge", "lt", "le", "multiple_of"}),
    "float": ("confloat", {"gt", "ge", "lt", "le", "multiple_of", "allow_inf_nan"}),
    "decimal.Decimal": (
        "condecimal",
        {"gt", "ge", "lt", "le", "multiple_of", "max_digits", "decimal_places"},
    ),
    "str": ("constr", {"min_length", "max_length", "pattern"}),
    "bytes": ("conbytes", {"min_length", "max_length"}),
}
_URLS = frozenset(
    {"pydantic.AnyUrl", "pydantic.AnyHttpUrl", "pydantic.HttpUrl", "pydantic.FileUrl"}
)


def rewrite_types(draft: Draft) -> None:
    """The types of a module."""
    project, module = draft.analysis.project, draft.module
    for call in module.calls():
        renamed = _CONSTRAINED.get(project.name(module, call.func), {})
        for argument in call.keywords:
            if argument.arg in renamed:
                rename(draft, argument, renamed[argument.arg])
                draft.did(argument, f"`{argument.arg}=` became `{renamed[argument.arg]}=`")
    for node in module.nodes(ast.Subscript):
        assert isinstance(node, ast.Subscript)
        name = project.name(module, node.value)
        if name == "typing.Annotated":
            _rewrite_annotated(draft, node)
        elif name == "pydantic.SerializeAsAny":
            _unwrap(draft, node)
    for node in module.nodes(ast.Name, ast.Attribute):
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
            _rewrite_name(draft, node)
    _list_urls(draft)


def _rewrite_name(draft: Draft, node: ast.Name | ast.Attribute) -> None:
    if not draft.analysis.drop_email:
        return
    name = draft.analysis.project.name(draft.module, node)
    parent = draft.module.scopes.parents[node]
    if name == "pydantic.EmailStr":
        if isinstance(parent, ast.Attribute) or (
            isinstance(parent, ast.ClassDef) and node in parent.bases
        ):
            draft.left(node, "`EmailStr` needs email-validator, and is more than a type here")
            return
        draft.replace(node, "str")
        draft.spend(node)
        draft.did(node, "`EmailStr` became `str`, which takes any text as an address")
    elif name in ("pydantic.NameEmail", "pydantic.validate_email"):
        draft.left(
            node,
            f"`{name.rpartition('.')[2]}` needs email-validator: require it by name, or use str",
        )


def _unwrap(draft: Draft, node: ast.Subscript) -> None:
    """``SerializeAsAny[X]``: pydantic 1 writes the fields of a value's own class always."""
    draft.replace(node, draft.module.source.span(node.slice))
    draft.spend(node.value)
    draft.did(node, "`SerializeAsAny[…]` is what pydantic 1 does anyway")


def _rewrite_annotated(draft: Draft, node: ast.Subscript) -> None:
    if not isinstance(node.slice, ast.Tuple):
        return
    subject, *metadata = node.slice.elts
    for one in metadata:
        name = draft.analysis.project.name(
            draft.module, one.func if isinstance(one, ast.Call) else one
        )
        if name == "pydantic.StringConstraints" and isinstance(one, ast.Call):
            _rewrite_constraints(draft, node, subject, one)
        elif name == FIELD and isinstance(one, ast.Call) and _is_nested(draft, node):
            _rewrite_nested(draft, node, subject, one)
        elif name.startswith("annotated_types."):
            draft.left(
                one,
                f"pydantic 1 ignores `{name}` in an annotation: say it with `Field` or `conint`, `constr` …",
            )


def _is_nested(draft: Draft, node: ast.Subscript) -> bool:
    """Whether an Annotated is part of another type: pydantic 1 ignores its ``Field`` there."""
    module = draft.module
    top: ast.AST = node
    while top not in module.scopes.annotations and isinstance(
        module.scopes.parents.get(top), ast.Subscript | ast.Tuple | ast.BinOp
    ):
        top = module.scopes.parents[top]
    return top in module.scopes.annotations and top is not node


def _rewrite_nested(draft: Draft, node: ast.Subscript, subject: ast.expr, field: ast.Call) -> None:
    annotation = read_annotation(draft.analysis.project, draft.module, subject)
    maker, takes = _MAKERS.get(annotation.head, ("", set()))
    names = {one.arg for one in field.keywords}
    assert isinstance(node.slice, ast.Tuple)
    if not maker or field.args or not names <= takes or len(node.slice.elts) > 2:
        if _is_in_model(draft, node) and names - {"description", "title", "discriminator"}:
            draft.left(
                field, "pydantic 1 ignores `Field` inside of another type: use `conint`, `constr` …"
            )
        return
    source = draft.module.source
    spoken = draft.want(f"pydantic.{maker}", field.func)
    arguments = Span(source.span(field.func).end, source.span(field).end)
    draft.replace(node, spoken, arguments)
    draft.spend(node.value)
    draft.spend(field.func)
    draft.did(
        node, f"`Annotated[{annotation.head}, Field(…)]` inside of a type became `{maker}(…)`"
    )


def _is_in_model(draft: Draft, node: ast.AST) -> bool:
    return any(
        one.statement in draft.module.scopes.ancestors(node)
        for own in draft.analysis.models.own_models(draft.module)
        for one in draft.analysis.models.own_fields(own)
    )


def _rewrite_constraints(
    draft: Draft, node: ast.Subscript, subject: ast.expr, constraints: ast.Call
) -> None:
    """``Annotated[str, StringConstraints(…)]`` to ``constr(…)``."""
    source = draft.module.source
    annotation = read_annotation(draft.analysis.project, draft.module, subject)
    if (
        annotation.head != "str"
        or constraints.args
        or any(one.arg is None for one in constraints.keywords)
    ):
        draft.left(constraints, "`StringConstraints` has no form in pydantic 1: use `constr(…)`")
        return
    pattern = keyword(constraints, "pattern")
    if pattern is not None:
        rename(draft, pattern, "regex")
    spoken = draft.want("pydantic.constr", constraints.func)
    made: tuple[Piece, ...] = (
        spoken,
        Span(source.span(constraints.func).end, source.span(constraints).end),
    )
    assert isinstance(node.slice, ast.Tuple)
    if len(node.slice.elts) == 2:
        draft.replace(node, *made)
        draft.spend(node.value)
    else:
        remove_from_list(draft, node.slice.elts, {constraints}, node)
        draft.replace(subject, *made)
        for one in constraints.keywords:
            draft.spent.difference_update(ast.walk(one))
    draft.spend(constraints.func)
    draft.did(node, "`StringConstraints(…)` became `constr(…)`")


def _list_urls(draft: Draft) -> None:
    """Once for a module: what is different about URLs."""
    for statement in draft.module.nodes(ast.ImportFrom):
        assert isinstance(statement, ast.ImportFrom)
        for alias in statement.names:
            if f"{statement.module}.{alias.name}" in _URLS and not statement.level:
                draft.left(
                    statement,
                    "URLs of pydantic 1 are str, without the slash that 2 adds after a bare host: check"
                    " comparisons, and methods of URLs other than `host`, `port`, `path`, `query`",
                )
                return
