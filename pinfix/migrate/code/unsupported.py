"""What pydantic 1 has no form for: listed where it is used, with what to do instead."""

from __future__ import annotations

import ast

from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.pydantic_names import MOVED, missing_in_1, words
from pinfix.migrate.code.scopes import Function

_SERIALIZER = "write the value with `json_encoders` of the class Config, or override `dict`"
_IN_ANNOTATION = "write a `validator` for the field, with `pre=True` where it comes first"
_ADVICE = {
    "AfterValidator": _IN_ANNOTATION,
    "AliasChoices": "rename the key in a root validator with `pre=True`",
    "AliasPath": "take the value out in a root validator with `pre=True`",
    "AwareDatetime": "use datetime, and check `tzinfo` in a `validator`",
    "BeforeValidator": _IN_ANNOTATION,
    "Discriminator": "use a field with Literal types and `Field(discriminator=…)`",
    "InstanceOf": "use the class itself, with `arbitrary_types_allowed`",
    "JsonValue": "use Any",
    "NaiveDatetime": "use datetime, and check `tzinfo` in a `validator`",
    "PlainSerializer": _SERIALIZER,
    "PlainValidator": "annotate the field as Any and write a `validator`",
    "Secret": "use SecretStr, or a class of one's own",
    "SkipValidation": "annotate the field as Any",
    "Strict": "use StrictInt, StrictStr …",
    "Tag": "use a field with Literal types and `Field(discriminator=…)`",
    "ValidationInfo": "take `values` and `field`",
    "WithJsonSchema": "write `__modify_schema__` of the type, or `schema_extra` of the class Config",
    "WrapSerializer": _SERIALIZER,
    "WrapValidator": _IN_ANNOTATION,
    "computed_field": "a property is in no dump there: make it a field that a root validator fills, or"
    " override `dict`",
    "field_serializer": _SERIALIZER,
    "model_serializer": "override `dict`, and `json` with it",
    "validate_call": "use `validate_arguments`, which does not check the result",
}
_HOOKS = {
    "__get_pydantic_core_schema__": "yield the validators from `__get_validators__`",
    "__get_pydantic_json_schema__": "change the schema in `__modify_schema__`",
    "__pydantic_init_subclass__": "use `__init_subclass__`, where the fields are not there yet",
    "settings_customise_sources": "write `customise_sources` in the class Config",
}
# Names that pydantic 1 gives to models: a field of such a name is an error there.
_TAKEN = words("""
    construct copy dict from_orm json parse_file parse_obj parse_raw schema schema_json
    update_forward_refs validate
    """)


def rewrite_calls_with_validation(draft: Draft) -> None:
    """``validate_call``, where it does not check the result, to ``validate_arguments``."""
    project, module = draft.analysis.project, draft.module
    for node in module.nodes(ast.Name, ast.Attribute):
        if project.name(module, node) != "pydantic.validate_call":
            continue
        call = module.scopes.parents[node]
        options = call.keywords if isinstance(call, ast.Call) and call.func is node else []
        if any(one.arg != "config" for one in options):
            continue
        draft.swap(node, "pydantic.validate_arguments")
        draft.did(node, "`validate_call` became `validate_arguments`")


def list_unsupported(draft: Draft) -> None:
    """What is still there of pydantic 2 when all the rest is rewritten."""
    _list_fields(draft)
    _list_hooks(draft)
    _list_errors(draft)
    _list_names(draft)


def _list_names(draft: Draft) -> None:
    project, module = draft.analysis.project, draft.module
    listed = {note.line for note in draft.todo}
    for node in module.nodes(ast.Name, ast.Attribute):
        if node in draft.spent or isinstance(module.scopes.parents.get(node), ast.Attribute):
            continue
        package, _, last = project.name(module, node).rpartition(".")
        if not package or not missing_in_1(package, last) or f"{package}.{last}" in MOVED:
            continue
        line = module.source.line_of(node)
        if line in listed:
            continue
        advice = f": {_ADVICE[last]}" if last in _ADVICE else ""
        draft.left(node, f"`{package}.{last}` has no form in pydantic 1{advice}")


def _list_hooks(draft: Draft) -> None:
    for function in draft.module.nodes(ast.FunctionDef):
        assert isinstance(function, Function)
        if function.name in _HOOKS:
            draft.left(
                function, f"pydantic 1 does not call `{function.name}`: {_HOOKS[function.name]}"
            )
    for node in draft.module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        if node.attr.startswith("__pydantic_") and node.attr.endswith("__"):
            draft.left(node, f"models of pydantic 1 have no `{node.attr}`")


def _list_fields(draft: Draft) -> None:
    for own in draft.analysis.models.own_models(draft.module):
        if draft.analysis.models.kind(own) == "dataclass":
            continue
        for one in draft.analysis.models.own_fields(own):
            if one.name in _TAKEN:
                draft.left(
                    one.statement,
                    f"pydantic 1 refuses a field named `{one.name}`, which is a method of models:"
                    f" rename it and give it `alias={one.name!r}`",
                )


def _list_errors(draft: Draft) -> None:
    """``error.errors(include_url=False)`` and ``error.error_count()``."""
    if not _uses_validation_errors(draft):
        return
    for call in draft.module.calls():
        if not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr == "errors" and call.keywords:
            draft.left(
                call, "`errors()` of pydantic 1 takes no arguments, and has neither url nor input"
            )
        elif call.func.attr == "error_count" and not call.args:
            draft.left(call, "`error_count()` has no form in pydantic 1: use `len(error.errors())`")


def _uses_validation_errors(draft: Draft) -> bool:
    names = {"pydantic.ValidationError", "pydantic_core.ValidationError"}
    return any(
        draft.analysis.project.name(draft.module, node) in names
        for node in draft.module.nodes(ast.Name, ast.Attribute)
    )
