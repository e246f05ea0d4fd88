"""The arguments of ``Field``, and fields that take None but are required."""

from __future__ import annotations

import ast
import keyword as python

from pinfix.migrate.code.annotations import Annotation, read_annotation, takes_none, without_none
from pinfix.migrate.code.arguments import append, in_order, prepend, remove, rename
from pinfix.migrate.code.config_settings import field_calls
from pinfix.migrate.code.drafts import Draft, Piece
from pinfix.migrate.code.models import Field, is_true, keyword
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.validators import FIELD_VALIDATOR
from pinfix.requirements.spans import Span

FIELD = "pydantic.Field"
_TEXTS = frozenset(
    {"str", "bytes", "pydantic.SecretStr", "pydantic.SecretBytes", "pydantic.EmailStr"}
)
_LISTS = frozenset({"list", "set", "frozenset"})
_NUMBERS = frozenset({"gt", "ge", "lt", "le"})
_DATES = frozenset({f"datetime.{name}" for name in ("date", "datetime", "time", "timedelta")})
_LEFT_OUT = "`Field({}=…)` has no form in pydantic 1 and was left out: {}"
# Arguments that pydantic 1 would take for words of the JSON schema, silently.
_DROPPED = {
    "alias_priority": "check that the generator does not override the alias",
    "coerce_numbers_to_str": "pydantic 1 takes a number for a str anyway",
    "exclude_if": "exclude the field where the model is dumped",
    "fail_fast": "pydantic 1 reports all errors",
    "field_title_generator": "give the field its `title`",
    "init": "pydantic 1 has no such choice",
    "init_var": "pydantic 1 has no such choice",
    "kw_only": "pydantic 1 has no such choice",
    "strict": "use StrictInt, StrictStr … as its type",
    "validate_default": "check the default in a `validator` with `always=True`",
}
_REMOVED = {*_DROPPED, "union_mode"}
_ALIASES = {
    "serialization_alias": (
        "`serialization_alias` has no form in pydantic 1, where `alias` serves for reading and"
        " writing: rename the key where the model is dumped"
    ),
    "validation_alias": (
        "`validation_alias` has no form in pydantic 1, where `alias` serves for reading and writing:"
        " rename the key in a root validator with `pre=True`"
    ),
}


def rewrite_fields(draft: Draft) -> None:
    """Every ``Field(…)`` of a module, and every field of its models."""
    fields = {
        id(call): one
        for own in draft.analysis.models.own_models(draft.module)
        for one in draft.analysis.models.own_fields(own)
        for call in field_calls(draft.analysis, one)
    }
    for call in draft.module.calls():
        if draft.analysis.project.name(draft.module, call.func) == FIELD:
            _rewrite_call(draft, call, fields.get(id(call)))
    for own in draft.analysis.models.own_models(draft.module):
        for one in draft.analysis.models.own_fields(own):
            if draft.analysis.models.kind(own) == "dataclass":
                _move_field(draft, one)
            else:
                _move_default(draft, one)
                _require(draft, one)


def _annotation_of(draft: Draft, call: ast.Call, one: Field | None) -> Annotation | None:
    """The type that a ``Field`` is about."""
    project, module = draft.analysis.project, draft.module
    parent = module.scopes.parents[call]
    if isinstance(parent, ast.Tuple) and isinstance(module.scopes.parents[parent], ast.Subscript):
        return without_none(project, read_annotation(project, module, parent.elts[0]))
    if one is not None:
        return without_none(project, one.annotation)
    return None


def _rewrite_call(draft: Draft, call: ast.Call, one: Field | None) -> None:
    annotation = _annotation_of(draft, call, one)
    in_settings = one is not None and draft.analysis.models.kind(one.model) == "settings"
    removed: list[ast.keyword] = []
    added: list[tuple[Piece, ...]] = []
    for argument in call.keywords:
        name = argument.arg or ""
        if name in _REMOVED or (name == "frozen" and not is_true(argument.value)):
            removed.append(argument)
            _list_dropped(draft, argument, one)
        elif name in _ALIASES:
            _rewrite_alias(draft, call, argument, in_settings=in_settings)
        elif name == "alias" and in_settings and not _names_variable(call):
            added.append(("env=", draft.module.source.span(argument.value)))
            draft.did(argument, "`Field(alias=…)` of settings has `env=…` too")
        elif name == "json_schema_extra":
            _spread(draft, call, argument)
        else:
            _rewrite_argument(draft, argument, annotation)
    _apply(draft, call, removed, added)


def _rewrite_argument(draft: Draft, argument: ast.keyword, annotation: Annotation | None) -> None:
    """An argument that has another name, or that some types do not have."""
    name = argument.arg
    if name == "pattern":
        rename(draft, argument, "regex")
        draft.did(argument, "`Field(pattern=…)` became `Field(regex=…)`")
    elif name in ("min_length", "max_length"):
        _rewrite_length(draft, argument, annotation)
    elif name == "frozen":
        draft.replace(argument, "allow_mutation=False")
        draft.did(argument, "`Field(frozen=True)` became `Field(allow_mutation=False)`")
    elif name in _NUMBERS and annotation is not None and annotation.head in _DATES:
        draft.left(
            argument,
            f"pydantic 1 does not compare a {annotation.head.rpartition('.')[2]} with `{name}`, and"
            " refuses the class: compare it in a `validator`",
        )
    elif name == "default_factory" and _takes_data(argument.value):
        draft.left(argument, "a `default_factory` of pydantic 1 takes no argument: use a validator")


def _list_dropped(draft: Draft, argument: ast.keyword, one: Field | None) -> None:
    name = argument.arg or ""
    if name not in _DROPPED or _is_checked_by_default(draft, argument, one):
        return
    if not _is_off(argument.value):
        draft.left(argument, _LEFT_OUT.format(name, _DROPPED[name]))


def _apply(
    draft: Draft, call: ast.Call, removed: list[ast.keyword], added: list[tuple[Piece, ...]]
) -> None:
    if removed:
        remove(draft, call, *removed)
    kept = len(in_order(call)) > len(removed)
    for pieces in added:
        append(draft, call, *pieces, kept=kept)
        kept = True


def _names_variable(call: ast.Call) -> bool:
    """Whether a field of settings says itself from which variable it is read."""
    return keyword(call, "validation_alias") is not None or keyword(call, "env") is not None


def _is_off(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (None, False)


def _takes_data(node: ast.expr) -> bool:
    return isinstance(node, ast.Lambda) and bool(node.args.args)


def _is_checked_by_default(draft: Draft, argument: ast.keyword, one: Field | None) -> bool:
    """Whether ``validate_default`` became the ``always`` of a validator."""
    if argument.arg != "validate_default" or one is None:
        return False
    for node in ast.walk(one.model.node):
        if isinstance(node, ast.Call):
            named = {part.value for part in node.args if isinstance(part, ast.Constant)}
            called = draft.analysis.project.name(draft.module, node.func)
            if called == FIELD_VALIDATOR and one.name in named:
                return True
    return False


def _rewrite_length(draft: Draft, argument: ast.keyword, annotation: Annotation | None) -> None:
    assert argument.arg is not None
    head = annotation.head if annotation else "str"
    if head in _LISTS:
        name = argument.arg.replace("length", "items")
        rename(draft, argument, name)
        draft.did(argument, f"`Field({argument.arg}=…)` of a {head} became `Field({name}=…)`")
    elif head not in _TEXTS and not head.startswith("pydantic.") and head:
        draft.left(
            argument,
            f"pydantic 1 does not check `{argument.arg}` of a {head.rpartition('.')[2]}, and refuses"
            " the class: check it in a `validator`",
        )


def _spread(draft: Draft, call: ast.Call, argument: ast.keyword) -> None:
    """``json_schema_extra={…}``: pydantic 1 takes the words of the schema as arguments."""
    source = draft.module.source
    value = argument.value
    if not isinstance(value, ast.Dict):
        if isinstance(value, ast.Lambda) or _is_function(draft, value):
            draft.left(
                argument, "a function for the schema of one field: use `schema_extra` of the class"
            )
            return
        draft.replace(Span(source.span(argument).start, source.span(value).start), "**")
    elif not value.keys:
        draft.replace(argument, "**{}")
    elif _are_words(value, {one.arg for one in call.keywords}):
        pairs = list(zip(value.keys, value.values, strict=True))
        first, last = source.span(argument).start, source.span(argument).end
        for key, item in pairs:
            assert isinstance(key, ast.Constant)
            word = str(key.value)
            draft.replace(Span(source.span(key).start, source.span(item).start), f"{word}=")
        assert pairs[0][0] is not None
        draft.replace(Span(first, source.span(pairs[0][0]).start))
        draft.replace(Span(source.span(pairs[-1][1]).end, last))
    else:
        draft.replace(Span(source.span(argument).start, source.span(value).start), "**")
    draft.did(argument, "`Field(json_schema_extra={…})` became arguments of `Field`")


def _is_function(draft: Draft, node: ast.expr) -> bool:
    thing = draft.analysis.project.thing(draft.module, node)
    return isinstance(thing, Own) and not isinstance(thing.node, ast.ClassDef)


def _are_words(node: ast.Dict, taken: set[str | None]) -> bool:
    """Whether the keys of a dict can be keyword arguments beside those that there are."""
    words = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
    return len(set(words)) == len(words) and all(
        isinstance(word, str)
        and word.isidentifier()
        and not python.iskeyword(word)
        and word not in taken
        for word in words
    )


def _rewrite_alias(
    draft: Draft, call: ast.Call, argument: ast.keyword, *, in_settings: bool
) -> None:
    """Aliases of one direction: a variable's name in settings, else the alias where both agree."""
    assert argument.arg is not None
    project, module = draft.analysis.project, draft.module
    value = argument.value
    choices = (
        isinstance(value, ast.Call) and project.name(module, value.func) == "pydantic.AliasChoices"
    )
    if in_settings and argument.arg == "validation_alias":
        if isinstance(value, ast.Constant):
            rename(draft, argument, "env")
        elif choices and isinstance(value, ast.Call) and _all_texts(value):
            source = module.source
            rename(draft, argument, "env")
            draft.replace(Span(source.span(value).start, source.span(value.args[0]).start), "[")
            end = source.span(value).end
            draft.replace(Span(end - 1, end), "]")
            draft.spend(value.func)
        else:
            draft.left(argument, "name the variables with `env=[…]`")
            return
        draft.did(argument, "`validation_alias` of settings became `env`")
        return
    other = keyword(
        call, "serialization_alias" if argument.arg == "validation_alias" else "validation_alias"
    )
    if (
        other is not None
        and ast.dump(other.value) == ast.dump(value)
        and not keyword(call, "alias")
    ):
        if argument.arg == "validation_alias":
            rename(draft, argument, "alias")
            remove(draft, call, other)
            draft.did(argument, "aliases that are the same became `alias`")
        return
    draft.left(argument, _ALIASES[argument.arg])


def _all_texts(call: ast.Call) -> bool:
    return bool(call.args) and all(
        isinstance(one, ast.Constant) and isinstance(one.value, str) for one in call.args
    )


def _move_field(draft: Draft, one: Field) -> None:
    """``a: Annotated[int, Field(gt=0)] = 1`` of a dataclass: pydantic 1 wants ``a: int = Field(1, gt=0)``."""
    source = draft.module.source
    annotation, value = one.statement.annotation, one.statement.value
    calls = field_calls(draft.analysis, one)
    if not isinstance(annotation, ast.Subscript) or not calls or calls == [value]:
        return
    inside = annotation.slice
    if value is None or not isinstance(inside, ast.Tuple) or inside.elts[1:] != calls:
        draft.left(
            one.statement,
            "a dataclass of pydantic 1 takes no `Field` in `Annotated`: make it the field's value",
        )
        return
    (call,) = calls
    draft.replace(annotation, source.span(inside.elts[0]))
    draft.spend(annotation.value)
    draft.did(call, "the `Field` of a dataclass went from `Annotated` to the value")
    kept = [one for one in in_order(call) if not _is_removed(one)]
    if not kept:
        draft.spend(call.func)
        return
    arguments = Span(source.span(in_order(call)[0]).start, source.span(call).end)
    draft.replace(value, source.text_of(call.func), "(", source.span(value), ", ", arguments)


def _is_removed(argument: ast.expr | ast.keyword) -> bool:
    return isinstance(argument, ast.keyword) and argument.arg in _REMOVED


def _move_default(draft: Draft, one: Field) -> None:
    """``Annotated[int, Field(default=1)]``: pydantic 1 wants the default behind the annotation."""
    if one.statement.value is not None:
        _list_two_fields(draft, one)
        return
    for call in field_calls(draft.analysis, one):
        default = keyword(call, "default")
        value = default.value if default else (call.args[0] if call.args else None)
        if value is None or (isinstance(value, ast.Constant) and value.value is Ellipsis):
            continue
        remove(draft, call, default or value)
        draft.spent.difference_update(ast.walk(value))
        draft.insert(
            draft.module.source.span(one.statement).end, " = ", draft.module.source.span(value)
        )
        draft.did(call, "the default went from `Annotated` behind the annotation")


def _list_two_fields(draft: Draft, one: Field) -> None:
    if len(field_calls(draft.analysis, one)) > 1:
        draft.left(
            one.statement,
            "a field with several `Field(…)`: pydantic 1 takes one, put all arguments into it",
        )


def _require(draft: Draft, one: Field) -> None:
    """A field that takes None and has no default is required in pydantic 2, and not in 1."""
    if not _takes_none(draft, one.annotation):
        return
    calls = field_calls(draft.analysis, one)
    said = "a field that takes None is required by `...`, as pydantic 2 has it"
    if one.statement.value is None and not calls:
        draft.insert(draft.module.source.span(one.statement).end, " = ...")
        if _has_field_elsewhere(draft, one):
            draft.left(
                one.statement, "write `Field(..., …)` in the type's alias, or it is not required"
            )
        draft.did(one.statement, said)
    elif len(calls) == 1 and one.statement.value in (None, calls[0]):
        call = calls[0]
        has_default = call.args or any(
            argument.arg in ("default", "default_factory", None) for argument in call.keywords
        )
        if not has_default:
            prepend(draft, call, "...")
            draft.did(one.statement, said)


def _takes_none(draft: Draft, annotation: Annotation) -> bool:
    """Optional, Any, or a type variable, which may stand for these."""
    if takes_none(draft.analysis.project, annotation):
        return True
    node = annotation.node
    return (
        isinstance(node, ast.Call)
        and draft.analysis.project.name(annotation.module, node.func) == "typing.TypeVar"
    )


def _has_field_elsewhere(draft: Draft, one: Field) -> bool:
    """Whether the annotation is an alias of ``Annotated[…, Field(…)]``."""
    return one.is_aliased and any(
        draft.analysis.project.name(one.annotation.module, node.func) == FIELD
        for node in ast.walk(one.annotation.node)
        if isinstance(node, ast.Call)
    )
