"""``model_dump``, ``model_validate`` and the other names that pydantic 2 gave to models' methods."""

from __future__ import annotations

import ast

from pinfix.migrate.code.arguments import remove
from pinfix.migrate.code.config import has_setting
from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.instances import ClassItself, Instance, Mapped
from pinfix.migrate.code.models import is_false, is_true, keyword
from pinfix.migrate.code.names import External, Own
from pinfix.migrate.code.receivers import Receivers
from pinfix.migrate.code.scopes import Function
from pinfix.requirements.spans import Span

RENAMED = {
    "model_construct": "construct",
    "model_copy": "copy",
    "model_dump": "dict",
    "model_dump_json": "json",
    "model_fields": "__fields__",
    "model_fields_set": "__fields_set__",
    "model_json_schema": "schema",
    "model_rebuild": "update_forward_refs",
    "model_validate": "parse_obj",
    "model_validate_json": "parse_raw",
}
_WITHOUT_FORM = {
    "model_computed_fields": "name the computed fields where they are needed",
    "model_config": "read the settings from `__config__`, under their old names",
    "model_extra": "what is beyond the fields stands in `__dict__`",
    "model_parametrized_name": "override `__concrete_name__` of GenericModel",
    "model_validate_strings": "use `parse_obj`, which converts strings",
}
# Arguments that say what pydantic 1 does anyway, or that are about warnings it does not have.
_NEEDLESS = {
    "model_dump": {"serialize_as_any", "warnings"},
    "model_dump_json": {"serialize_as_any", "warnings", "ensure_ascii"},
    "model_rebuild": {"force", "_parent_namespace_depth"},
}
_SHARED = {"include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none"}
_KNOWN = {
    "model_copy": {"update", "deep"},
    "model_dump": _SHARED | {"mode"},
    "model_dump_json": _SHARED | {"indent"},
    "model_json_schema": {"by_alias", "ref_template"},
    "model_rebuild": {"_types_namespace"},
    "model_validate": {"from_attributes"},
    "model_validate_json": set(),
}
# What the fields of a model may be asked for that is the same in both versions.
_PLAIN_CALLS = frozenset(
    f"builtins.{name}"
    for name in ("list", "set", "len", "sorted", "tuple", "frozenset", "iter", "any")
)


def rewrite_methods(draft: Draft, receivers: Receivers) -> None:
    """Every use and every overriding of a model's methods in a module."""
    for node in draft.module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr in RENAMED or node.attr in _WITHOUT_FORM:
            _rewrite_use(draft, receivers, node)
    for function in draft.module.nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        assert isinstance(function, Function)
        if function.name in RENAMED:
            _rewrite_override(draft, function)
    _rewrite_names_in_strings(draft, receivers)


def _rewrite_use(draft: Draft, receivers: Receivers, node: ast.Attribute) -> None:
    answer = receivers.is_model(draft.module, node.value, node.attr)
    if answer is False:
        return
    if isinstance(answer, str):
        draft.left(node, _if_model(node.attr, answer))
        return
    if node.attr in _WITHOUT_FORM:
        draft.left(node, f"`{node.attr}` has no form in pydantic 1: {_WITHOUT_FORM[node.attr]}")
        return
    if _is_bare_root(draft, node.value):
        draft.left(
            node,
            "`RootModel(…)` without a class of its own has no form in pydantic 1: use the value itself,"
            " with `dataclasses.asdict`, or `pydantic_encoder` of pydantic.json",
        )
        return
    parent = draft.module.scopes.parents[node]
    if not isinstance(parent, ast.Call) or parent.func is not node:
        _rewrite_attribute(draft, node)
        return
    reason = _no_form(draft, node.attr, parent)
    if reason:
        draft.left(node, reason)
        return
    _rewrite_call(draft, node, parent)


def _is_bare_root(draft: Draft, node: ast.expr) -> bool:
    kind = draft.analysis.instances.type_of(draft.module, node)
    return isinstance(kind, Instance) and kind.of == External("pydantic.RootModel")


def _if_model(name: str, reason: str) -> str:
    if name in RENAMED:
        return f"`.{name}` is `.{RENAMED[name]}` in pydantic 1, if this is a model: {reason}"
    return f"`.{name}` has no form in pydantic 1, if this is a model: {reason}"


def _no_form(draft: Draft, name: str, call: ast.Call) -> str:
    """Why a call cannot be written for pydantic 1; "" where it can."""
    if name not in _KNOWN:
        return ""
    for one in call.keywords:
        if one.arg is None or one.arg in _KNOWN[name] | _NEEDLESS.get(name, set()):
            continue
        if is_false(one.value) or _is_none(one.value):
            continue  # the same as not said
        if name == "model_json_schema" and one.arg == "mode" and _text(one.value) == "validation":
            continue
        return f"`{name}({one.arg}=…)` has no form in pydantic 1"
    mode = keyword(call, "mode")
    if name == "model_dump" and mode is not None and _text(mode.value) not in ("json", "python"):
        return (
            "`model_dump` with a mode that is not written out: in pydantic 1 it is `dict()`, or"
            " `json.loads(….json())` for the mode 'json'"
        )
    return ""


def _text(node: ast.expr) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _rewrite_attribute(draft: Draft, node: ast.Attribute) -> None:
    """A method or attribute that is not called at once."""
    name = RENAMED[node.attr]
    if node.attr == "model_validate" and _reads_attributes(draft, node):
        name = "from_orm"
        draft.left(node, "`from_orm` takes objects with attributes; for dicts it is `parse_obj`")
    _rename(draft, node, name)
    if node.attr == "model_fields" and not _asks_for_names(draft, node):
        draft.left(
            node,
            "the values of `__fields__` are ModelField, and not FieldInfo: `.required` for"
            " `.is_required()`, `.outer_type_` for `.annotation`, `.field_info` for the rest",
        )


def _rename(draft: Draft, node: ast.Attribute, name: str) -> None:
    end = draft.module.source.span(node).end
    draft.replace(Span(end - len(node.attr), end), name)
    draft.did(node, f"`.{node.attr}` became `.{name}`")


def _asks_for_names(draft: Draft, node: ast.Attribute) -> bool:
    """Whether ``model_fields`` serves only for the names of the fields."""
    parent = draft.module.scopes.parents[node]
    if isinstance(parent, ast.Call):
        return draft.analysis.project.name(draft.module, parent.func) in _PLAIN_CALLS
    if isinstance(parent, ast.Attribute):
        return parent.attr == "keys"
    if isinstance(parent, ast.For | ast.comprehension):
        return parent.iter is node
    return isinstance(parent, ast.Compare)


def _rewrite_call(draft: Draft, node: ast.Attribute, call: ast.Call) -> None:
    needless = [
        one
        for one in call.keywords
        if one.arg is not None
        and (
            one.arg in _NEEDLESS.get(node.attr, ())
            or one.arg in ("mode", "from_attributes")
            or (one.arg not in _KNOWN.get(node.attr, {one.arg}))
        )
    ]
    name = RENAMED[node.attr]
    if node.attr == "model_validate":
        name = _reading_method(draft, node, call)
    elif node.attr == "model_rebuild":
        _rewrite_namespace(draft, call)
    mode = keyword(call, "mode")
    if node.attr == "model_dump" and mode is not None and _text(mode.value) == "json":
        json = draft.want("json", node)
        span = draft.module.source.span(call)
        draft.insert(span.start, f"{json}.loads(")
        draft.insert(span.end, ")")
        name = "json"
    elif node.attr == "model_dump" and _is_root(draft, node.value):
        draft.insert(draft.module.source.span(call).end, '["__root__"]')
    if needless:
        remove(draft, call, *needless)
    _rename(draft, node, name)


def _rewrite_namespace(draft: Draft, call: ast.Call) -> None:
    namespace = keyword(call, "_types_namespace")
    if namespace is not None:
        start = draft.module.source.span(namespace).start
        draft.replace(Span(start, draft.module.source.span(namespace.value).start), "**")


def _is_root(draft: Draft, node: ast.expr) -> bool:
    kind = draft.analysis.instances.type_of(draft.module, node)
    return isinstance(kind, Instance) and draft.analysis.models.kind(kind.of) == "root"


def _reading_method(draft: Draft, node: ast.Attribute, call: ast.Call) -> str:
    """``from_orm`` where a model reads the attributes of an object, else ``parse_obj``."""
    said = keyword(call, "from_attributes")
    if said is not None and is_true(said.value):
        return "from_orm"
    if said is not None or not _reads_attributes(draft, node):
        return "parse_obj"
    argument = call.args[0] if call.args else None
    if argument is None or _is_mapping(draft, argument):
        return "parse_obj"
    kind = draft.analysis.instances.type_of(draft.module, argument)
    if not isinstance(kind, Instance):
        draft.left(
            node,
            "`model_validate` became `from_orm`, as the model has `from_attributes`: if this is a"
            " dict, use `parse_obj`",
        )
    return "from_orm"


def _reads_attributes(draft: Draft, node: ast.Attribute) -> bool:
    kind = draft.analysis.instances.type_of(draft.module, node.value)
    if not isinstance(kind, ClassItself | Instance) or not isinstance(kind.of, Own):
        return False
    return has_setting(draft, kind.of, "from_attributes")


def _is_mapping(draft: Draft, node: ast.expr) -> bool:
    if isinstance(node, ast.Dict | ast.DictComp | ast.Constant):
        return True
    if isinstance(node, ast.Call):
        if draft.analysis.project.name(draft.module, node.func) in (
            *("builtins.dict", "json.loads", "json.load", "builtins.vars"),
        ):
            return True
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "model_dump",
            "dict",
            "json",
        ):
            return True
    kind = draft.analysis.instances.type_of(draft.module, node)
    return isinstance(kind, Mapped) or kind == Instance(External("builtins.dict"))


def _rewrite_override(draft: Draft, function: Function) -> None:
    """A method of a model's own that overrides one of pydantic's."""
    owner = draft.module.scopes.parents.get(function)
    if not isinstance(owner, ast.ClassDef):
        return
    if not draft.analysis.models.kind(Own(draft.module, owner)):
        return
    source = draft.module.source
    start = source.text.index(function.name, source.span(function).start + len("def"))
    name = RENAMED[function.name]
    draft.replace(Span(start, start + len(function.name)), name)
    draft.did(function, f"the method `{function.name}` became `{name}`")
    if name == "dict":
        _free_builtin(draft, function)
    if function.name in ("model_dump", "model_dump_json", "model_validate"):
        draft.left(
            function,
            f"the method `{name}` overrides that of pydantic 1, which has other parameters and calls"
            " it for nested models too: check them",
        )


def _free_builtin(draft: Draft, function: Function) -> None:
    """Behind a method named ``dict``, the body of a class does not reach the type any more."""
    module = draft.module
    body = module.scope(function)
    for node in module.nodes(ast.Name):
        assert isinstance(node, ast.Name)
        behind = module.source.span(node).start > module.source.span(function).end
        if node.id != "dict" or module.scope(node) is not body or not behind:
            continue
        if isinstance(module.scopes.parents[node], ast.Call):
            draft.left(
                node, "`dict` is a method of the class here now: make the dict outside of it"
            )
            continue
        draft.replace(node, draft.want("typing.Dict", node))
        draft.did(node, "`dict` became `Dict`, as the class has a method of that name")


def _rewrite_names_in_strings(draft: Draft, receivers: Receivers) -> None:
    """``hasattr(x, "model_dump")`` and its like."""
    for call in draft.module.calls():
        name = draft.analysis.project.name(draft.module, call.func)
        if name not in ("builtins.getattr", "builtins.hasattr") or len(call.args) < 2:
            continue
        subject, asked = call.args[:2]
        if not isinstance(asked, ast.Constant) or asked.value not in RENAMED:
            continue
        old = str(asked.value)
        answer = receivers.is_model(draft.module, subject, old)
        if isinstance(answer, str):
            draft.left(call, _if_model(old, answer))
        elif answer:
            start = draft.module.source.text.index(old, draft.module.source.span(asked).start)
            draft.replace(Span(start, start + len(old)), RENAMED[old])
            draft.did(call, f"`{old}` became `{RENAMED[old]}`")
