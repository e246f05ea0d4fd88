"""``Annotated[str, AfterValidator(f)]`` of a field to a ``validator`` of its class."""

from __future__ import annotations

import ast

from pinfix.migrate.code.arguments import remove_from_list
from pinfix.migrate.code.drafts import Draft, Piece
from pinfix.migrate.code.models import Field
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.scopes import Function

_OPTIONS = {
    "pydantic.AfterValidator": "allow_reuse=True",
    "pydantic.BeforeValidator": "pre=True, allow_reuse=True",
}


def rewrite_annotated_validators(draft: Draft) -> None:
    """Those fields whose annotation itself holds validators; in an alias of a type they are listed."""
    for own in draft.analysis.models.own_models(draft.module):
        for one in draft.analysis.models.own_fields(own):
            _rewrite(draft, one)


def _rewrite(draft: Draft, one: Field) -> None:
    annotation = one.annotation
    subscript = one.statement.annotation
    if annotation.head != "typing.Annotated" or not isinstance(subscript, ast.Subscript):
        return
    if not isinstance(subscript.slice, ast.Tuple) or one.is_aliased:
        return
    subject, *metadata = subscript.slice.elts
    found = [item for item in metadata if _options(draft, item)]
    indent = draft.module.source.indentation(one.statement)
    if not found or indent is None or not all(_takes_value_alone(draft, item) for item in found):
        return
    if len(found) == len(metadata):
        draft.replace(subscript, draft.module.source.span(subject))
        draft.spend(subscript.value)
    else:
        remove_from_list(draft, subscript.slice.elts, set(found), subscript)
    _add_validators(draft, one, found, indent)


def _options(draft: Draft, item: ast.expr) -> str:
    if not isinstance(item, ast.Call) or len(item.args) != 1 or item.keywords:
        return ""
    return _OPTIONS.get(draft.analysis.project.name(draft.module, item.func), "")


def _takes_value_alone(draft: Draft, item: ast.expr) -> bool:
    """Whether a validator is a function of the value; one of the project's classes is called too."""
    assert isinstance(item, ast.Call)
    function = item.args[0]
    if isinstance(function, ast.Lambda):
        return len(function.args.args) == 1
    thing = draft.analysis.project.thing(draft.module, function)
    if isinstance(thing, Own) and isinstance(thing.node, Function):
        return len(thing.node.args.args) == 1
    return thing is not None


def _add_validators(draft: Draft, one: Field, found: list[ast.expr], indent: str) -> None:
    source = draft.module.source
    end = source.line_end(source.span(one.statement).end)
    for number, item in enumerate(found, 1):
        assert isinstance(item, ast.Call)
        validator = draft.want("pydantic.validator", item.func)
        name = f"_check_{one.name}" if len(found) == 1 else f"_check_{one.name}_{number}"
        pieces: tuple[Piece, ...] = (
            f"{source.newline}{indent}{name} = ",
            f'{validator}("{one.name}", {_options(draft, item)})(',
            *_function(draft, item.args[0]),
            ")",
        )
        draft.insert(end, *pieces)
        draft.spend(item.func)
        draft.spent.difference_update(ast.walk(item.args[0]))
        draft.did(item, f"`{ast.unparse(item.func)}` became a `validator` of the class")


def _function(draft: Draft, node: ast.expr) -> tuple[Piece, ...]:
    """What pydantic 1 can call: it looks at the parameters, and takes none named ``self``."""
    span = draft.module.source.span(node)
    is_own = isinstance(draft.analysis.project.thing(draft.module, node), Own)
    return (
        (span,) if is_own or isinstance(node, ast.Lambda) else ("lambda value: ", span, "(value)")
    )
