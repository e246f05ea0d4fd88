"""``model_validator`` to ``root_validator``."""

from __future__ import annotations

import ast

from pinfix.migrate.code.arguments import append
from pinfix.migrate.code.config import has_setting
from pinfix.migrate.code.config_settings import needed_settings
from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.fstrings import quote_around
from pinfix.migrate.code.models import keyword
from pinfix.migrate.code.names import External, Own
from pinfix.migrate.code.scopes import Function
from pinfix.requirements.spans import Span

MODEL_VALIDATOR = "pydantic.model_validator"
_BY_HAND = "write a `root_validator(skip_on_failure=True)` that takes `cls, values`"


def rewrite_model_validators(draft: Draft) -> None:
    """Every ``@model_validator`` of a module."""
    for function in draft.module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        for decorator in function.decorator_list:
            if not isinstance(decorator, ast.Call):
                continue
            if draft.analysis.project.name(draft.module, decorator.func) == MODEL_VALIDATOR:
                _rewrite(draft, decorator, function)


def _rewrite(draft: Draft, decorator: ast.Call, function: Function) -> None:
    mode = keyword(decorator, "mode")
    value = mode.value.value if mode and isinstance(mode.value, ast.Constant) else None
    owner = draft.module.scopes.parents.get(function)
    own = Own(draft.module, owner) if isinstance(owner, ast.ClassDef) else None
    if own is None or draft.analysis.models.kind(own) == "dataclass":
        reason = "a dataclass checks itself in `__post_init_post_parse__` in pydantic 1"
    elif value == "before":
        reason = _rewrite_before(draft, function)
    elif value == "after":
        reason = _rewrite_after(draft, function, own)
    else:
        reason = "this mode has no form in pydantic 1: use root validators, `pre=True` and without"
    if reason:
        draft.left(decorator, f"`model_validator`: {reason}")
        return
    assert mode is not None
    draft.swap(decorator.func, "pydantic.root_validator")
    draft.replace(mode, "pre=True" if value == "before" else "skip_on_failure=True")
    if draft.module.within(function, ast.FunctionDef, ast.AsyncFunctionDef) is not None:
        append(draft, decorator, "allow_reuse=True")
    draft.did(decorator, "`model_validator` became `root_validator`")


def _rewrite_before(draft: Draft, function: Function) -> str:
    positional = [*function.args.posonlyargs, *function.args.args]
    if len(positional) == 3:
        info = positional[2]
        if any(isinstance(node, ast.Name) and node.id == info.arg for node in ast.walk(function)):
            return "pydantic 1 hands no ValidationInfo to a root validator"
        source = draft.module.source
        draft.replace(Span(source.span(positional[1]).end, source.span(info).end))
        draft.spend(info)
    if len(positional) < 2:
        return "pydantic 1 calls a root validator with `cls, values`"
    for node in ast.walk(function):
        if _asks_for_other_input(draft, node, positional[1].arg):
            draft.left(
                node,
                "a root validator of pydantic 1 sees dicts alone: what is no dict must be made one"
                " before the model is called",
            )
    return ""


def _asks_for_other_input(draft: Draft, node: ast.AST, name: str) -> bool:
    """``isinstance(data, str)``: pydantic 2 shows a before validator whatever it was given."""
    if not isinstance(node, ast.Call) or len(node.args) != 2:
        return False
    project, module = draft.analysis.project, draft.module
    subject, kinds = node.args
    if project.name(module, node.func) != "builtins.isinstance":
        return False
    if not isinstance(subject, ast.Name) or subject.id != name:
        return False
    asked = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
    others = {
        f"builtins.{kind}" for kind in ("str", "int", "float", "list", "tuple", "bytes", "set")
    }
    return any(project.name(module, one) in others for one in asked)


def _rewrite_after(draft: Draft, function: Function, own: Own) -> str:
    """Make ``cls, values`` of ``self``; why that is impossible, if it is."""
    positional = [*function.args.posonlyargs, *function.args.args]
    decorators = {
        draft.analysis.project.name(draft.module, one)
        for one in function.decorator_list
        if not isinstance(one, ast.Call)
    }
    if not positional or decorators & {"builtins.classmethod", "builtins.staticmethod"}:
        return f"it is no method of the instance: {_BY_HAND}"
    me = positional[0]
    if len(positional) > 2 or _is_read(function, positional[1:]):
        return "pydantic 1 hands no ValidationInfo to a root validator"
    names = {"cls", "values"} - {me.arg}
    if any(
        isinstance(node, ast.Name | ast.arg) and _name(node) in names for node in ast.walk(function)
    ):
        return f"it has names `cls` or `values` of its own: {_BY_HAND}"
    uses = _uses_of_self(draft, function, me.arg)
    fields = set(draft.analysis.models.fields(own))
    returns = _returns(draft, function)
    if all(_is_of_fields(draft, node, fields, returns) for node in uses):
        for node in uses:
            _replace_use(draft, node)
    else:
        reason = _make_instance(draft, function, own, uses)
        if reason:
            return f"{reason}: {_BY_HAND}"
    source = draft.module.source
    draft.replace(Span(source.span(me).start, source.span(positional[-1]).end), "cls, values")
    for parameter in positional:
        if parameter.annotation is not None:
            draft.spend(parameter.annotation)
    if function.returns is not None:
        draft.replace(function.returns, "dict")
        draft.spend(function.returns)
    return ""


def _make_instance(draft: Draft, function: Function, own: Own, uses: list[ast.AST]) -> str:
    """Let the body work on an instance that is made of the values, where it calls methods."""
    source = draft.module.source
    me = [*function.args.posonlyargs, *function.args.args][0].arg
    asked = {node.attr for node in uses if isinstance(node, ast.Attribute)}
    if "model_fields_set" in asked:
        return f"it asks for `{me}.model_fields_set`, which is not there yet in pydantic 1"
    stores = any(
        isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) for node in uses
    )
    needed = needed_settings(draft.analysis, own)
    if stores and (
        has_setting(draft, own, "validate_assignment") or "validate_assignment" in needed
    ):
        return "it assigns to a model that validates assignments"
    first = function.body[0]
    indent = source.indentation(first)
    if indent is None:
        return "it stands on one line"
    line = f"{me} = cls.construct(**values)"
    if ast.get_docstring(function, clean=False) is not None:
        draft.insert(source.line_end(source.span(first).end), f"{source.newline}{indent}{line}")
    else:
        draft.insert(source.span(first).start, f"{line}{source.newline}{indent}")
    for node in _returns(draft, function):
        value = node.value
        if isinstance(value, ast.Name):
            draft.insert(source.span(value).end, ".__dict__")
        elif value is not None:
            draft.replace(value, "(", source.span(value), ").__dict__")
    return ""


def _returns(draft: Draft, function: Function) -> list[ast.Return]:
    """The returns of a function itself, not of those inside of it."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Return) and draft.module.within(node, *kinds) is function
    ]


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "arg", "")


def _is_read(function: Function, parameters: list[ast.arg]) -> bool:
    names = {one.arg for one in parameters}
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(function))


def _uses_of_self(draft: Draft, function: Function, me: str) -> list[ast.AST]:
    """What stands around each ``self``: an attribute, a return, a call of type."""
    return [
        node if isinstance(parent, ast.expr) and not _is_use(draft, parent) else parent
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == me and node in draft.module.scopes.parents
        for parent in [draft.module.scopes.parents[node]]
    ]


def _is_use(draft: Draft, parent: ast.AST) -> bool:
    return isinstance(parent, ast.Attribute) or _is_type_call(draft, parent)


def _is_type_call(draft: Draft, node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and draft.analysis.project.thing(draft.module, node.func) == External("builtins.type")
        and len(node.args) == 1
    )


def _is_of_fields(draft: Draft, node: ast.AST, fields: set[str], returns: list[ast.Return]) -> bool:
    """Whether a use of ``self`` is one of a field, or of the class, so that the values do."""
    if node in returns or _is_type_call(draft, node):
        return True
    if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Del):
        return False
    return node.attr in fields or node.attr == "__class__"


def _replace_use(draft: Draft, node: ast.AST) -> None:
    if isinstance(node, ast.Return):
        assert node.value is not None
        draft.replace(node.value, "values")
    elif isinstance(node, ast.Attribute) and node.attr != "__class__":
        quote = _quote(draft, node)
        draft.replace(node, f"values[{quote}{node.attr}{quote}]")
    else:
        draft.replace(node, "cls")


def _quote(draft: Draft, node: ast.AST) -> str:
    """The quote that an f-string around a node does not use, which Python 3.11 forbids inside."""
    source = draft.module.source
    literals = [
        one for one in draft.module.scopes.ancestors(node) if isinstance(one, ast.JoinedStr)
    ]
    placed = [one for one in literals if one in source.spans]
    if not placed:
        return '"'
    inner = placed[0]
    quote = quote_around(source.text_of(inner), source.span(node).start - source.span(inner).start)
    return "'" if quote.startswith('"') else '"'
