"""``field_validator`` to ``validator``."""

from __future__ import annotations

import ast

from pinfix.migrate.code.arguments import append, remove
from pinfix.migrate.code.config_settings import field_calls
from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.models import is_true, keyword
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.scopes import Function
from pinfix.requirements.spans import Span

FIELD_VALIDATOR = "pydantic.field_validator"
INFO = frozenset({"pydantic.ValidationInfo", "pydantic.FieldValidationInfo"})
# What an attribute of ValidationInfo is in pydantic 1, and the parameter that it needs there.
_INFO = {"data": ("values", "values"), "field_name": ("field.name", "field")}


def rewrite_field_validators(draft: Draft) -> None:
    """Every ``@field_validator`` of a module, and those that are called with a function."""
    for function in draft.module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        for decorator in function.decorator_list:
            if isinstance(decorator, ast.Call) and _is_validator(draft, decorator):
                _rewrite_method(draft, decorator, function)
    for node in draft.module.classes():
        _list_order(draft, node)
    for call in draft.module.calls():
        if isinstance(call.func, ast.Call) and _is_validator(draft, call.func):
            _rewrite_applied(draft, call, call.func)


def _list_order(draft: Draft, owner: ast.ClassDef) -> None:
    """Several validators that come before the same field's: they run the other way round."""
    seen: set[object] = set()
    for function in owner.body:
        for decorator in function.decorator_list if isinstance(function, Function) else []:
            if not isinstance(decorator, ast.Call):
                continue
            name = draft.analysis.project.name(draft.module, decorator.func)
            if name not in (FIELD_VALIDATOR, "pydantic.model_validator"):
                continue
            mode = keyword(decorator, "mode")
            if mode is None or getattr(mode.value, "value", "") != "before":
                continue
            fields = {getattr(one, "value", None) for one in decorator.args} or {name}
            if seen & fields:
                draft.left(
                    decorator,
                    "a second validator that comes first: pydantic 2 runs such validators from the last"
                    " to the first, pydantic 1 from the first to the last: change their order",
                )
            seen |= fields


def _is_validator(draft: Draft, call: ast.Call) -> bool:
    return draft.analysis.project.name(draft.module, call.func) == FIELD_VALIDATOR


def _rewrite_method(draft: Draft, decorator: ast.Call, function: Function) -> None:
    reason = _no_form(decorator) or _rewrite_info(draft, function)
    if reason:
        draft.left(decorator, f"`field_validator`: {reason}")
        return
    _rewrite_decorator(draft, decorator, reuse=_is_local(draft, function))
    draft.did(decorator, "`field_validator` became `validator`")


def _no_form(decorator: ast.Call) -> str:
    mode = keyword(decorator, "mode")
    if mode is None:
        return ""
    value = mode.value.value if isinstance(mode.value, ast.Constant) else None
    if value in ("before", "after"):
        return ""
    if value == "wrap":
        return (
            "the mode 'wrap' has no form in pydantic 1: split it into a validator with `pre=True`"
            " and one without"
        )
    if value == "plain":
        return (
            "the mode 'plain' has no form in pydantic 1: annotate the field as Any and use a"
            " `validator`"
        )
    return "its mode is not written out: use `validator`, with `pre=True` for 'before'"


def _rewrite_decorator(draft: Draft, decorator: ast.Call, *, reuse: bool) -> None:
    source = draft.module.source
    draft.swap(decorator.func, "pydantic.validator")
    mode, schema = keyword(decorator, "mode"), keyword(decorator, "json_schema_input_type")
    removed = [] if schema is None else [schema]
    if mode is not None and isinstance(mode.value, ast.Constant) and mode.value.value == "before":
        draft.replace(Span(source.span(mode).start, source.span(mode).end), "pre=True")
    elif mode is not None:
        removed.append(mode)
    if removed:
        remove(draft, decorator, *removed)
    if _checks_default(draft, decorator):
        append(draft, decorator, "always=True")
    if reuse:
        append(draft, decorator, "allow_reuse=True")


def _checks_default(draft: Draft, decorator: ast.Call) -> bool:
    """Whether a field that is validated is ``Field(validate_default=True)``."""
    owner = draft.module.within(decorator, ast.ClassDef)
    if not isinstance(owner, ast.ClassDef):
        return False
    fields = draft.analysis.models.fields(Own(draft.module, owner))
    names = [one.value for one in decorator.args if isinstance(one, ast.Constant)]
    return any(
        found is not None and is_true(found.value)
        for name in names
        if name in fields
        for call in field_calls(draft.analysis, fields[name])
        for found in [keyword(call, "validate_default")]
    )


def _is_local(draft: Draft, node: ast.AST) -> bool:
    """Whether a class is made anew at each call of a function: pydantic 1 takes its validators for
    duplicates then, unless they say ``allow_reuse``.
    """
    return draft.module.within(node, ast.FunctionDef, ast.AsyncFunctionDef) is not None


def _rewrite_info(draft: Draft, function: Function) -> str:
    """Make ``values`` and ``field`` of the parameter ``info``; why that is impossible, if it is."""
    info = _info_parameter(draft, function)
    if info is None:
        return ""
    module = draft.module
    reads = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == info.arg and node in module.scopes.of
    ]
    attributes: list[ast.Attribute] = []
    for node in reads:
        parent = module.scopes.parents[node]
        if not isinstance(parent, ast.Attribute):
            return "the whole ValidationInfo is handed on: pydantic 1 has `values` and `field`"
        if parent.attr not in _INFO:
            return f"`{info.arg}.{parent.attr}` has no form in pydantic 1"
        attributes.append(parent)
    names = {name for one in attributes for name in [_INFO[one.attr][1]]} or {"values"}
    for name in names:
        if name != info.arg and _is_taken(draft, function, name):
            return f"pydantic 1 hands over `{name}`, a name that the function uses for its own"
    for one in attributes:
        draft.replace(one, _INFO[one.attr][0])
    draft.replace(info, ", ".join(_parameter(name, info) for name in sorted(names, reverse=True)))
    if info.annotation is not None:
        draft.spend(info.annotation)
    return ""


def _parameter(name: str, info: ast.arg) -> str:
    return f"{name}: dict" if name == "values" and info.annotation is not None else name


def _info_parameter(draft: Draft, function: Function) -> ast.arg | None:
    """The third parameter of ``(cls, value, info)``: by its place, or by its annotation."""
    positional = [*function.args.posonlyargs, *function.args.args]
    return positional[2] if len(positional) == 3 else None


def _is_taken(draft: Draft, function: Function, name: str) -> bool:
    return any(
        (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.arg) and node.arg == name)
        for node in ast.walk(function)
    )


def _rewrite_applied(draft: Draft, call: ast.Call, decorator: ast.Call) -> None:
    """``_check = field_validator("name")(function)``."""
    reason = _no_form(decorator)
    if not reason and not _takes_value_alone(draft, call):
        reason = "the function takes more than the value: pydantic 1 calls it `(cls, v, values)`"
    if reason:
        draft.left(call, f"`field_validator`: {reason}")
        return
    _rewrite_decorator(draft, decorator, reuse=True)
    draft.did(call, "`field_validator` became `validator`")


def _takes_value_alone(draft: Draft, call: ast.Call) -> bool:
    """Whether what is applied is a function of one parameter, or one of a library."""
    if len(call.args) != 1:
        return False
    thing = draft.analysis.project.thing(draft.module, call.args[0])
    if isinstance(call.args[0], ast.Lambda):
        return len(call.args[0].args.args) == 1
    if isinstance(thing, Own) and isinstance(thing.node, Function):
        return len(thing.node.args.args) == 1
    return False
