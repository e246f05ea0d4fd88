"""The settings of pydantic 2 and what becomes of each; which settings a model needs beside them."""

from __future__ import annotations

import ast

from pinfix.migrate.code.annotations import Annotation
from pinfix.migrate.code.drafts import Analysis
from pinfix.migrate.code.models import Field, is_true, keyword
from pinfix.migrate.code.names import Own
from pinfix.migrate.code.pydantic_names import words
from pinfix.migrate.code.scopes import Function

RENAMED = {
    "from_attributes": "orm_mode",
    "ignored_types": "keep_untouched",
    "json_schema_extra": "schema_extra",
    "populate_by_name": "allow_population_by_field_name",
    "str_max_length": "max_anystr_length",
    "str_min_length": "min_anystr_length",
    "str_strip_whitespace": "anystr_strip_whitespace",
    "str_to_lower": "anystr_lower",
    "str_to_upper": "anystr_upper",
    "validate_by_name": "allow_population_by_field_name",
    "validate_default": "validate_all",
}
SAME = words("""
    alias_generator allow_inf_nan arbitrary_types_allowed extra frozen json_encoders title
    use_enum_values validate_assignment
    """)
OF_SETTINGS = words(
    "case_sensitive env_file env_file_encoding env_nested_delimiter env_prefix secrets_dir"
)
# Without these, pydantic 1 does the same: they are about speed, or guard names it does not have.
WITHOUT_EFFECT = words("""
    cache_strings defer_build loc_by_alias plugin_settings polymorphic_serialization
    protected_namespaces regex_engine schema_generator validate_by_alias
    """)
_LEFT_OUT = "`{}` has no form in pydantic 1 and was left out: {}"
# What is dropped, whatever its value.
DROPPED = {
    name: _LEFT_OUT.format(name, what)
    for name, what in {
        "field_title_generator": "give each field its `title`",
        "json_schema_mode_override": "pydantic 1 has one schema for reading and writing",
        "model_title_generator": "give each model its `title`",
        "ser_json_bytes": "write bytes as they should be with `json_encoders`",
        "ser_json_inf_nan": "pydantic 1 writes NaN and Infinity as they are",
        "ser_json_temporal": "write dates as they should be with `json_encoders`",
        "ser_json_timedelta": "pydantic 1 writes seconds; `json_encoders` can change that",
        "val_json_bytes": "decode bytes in a validator",
        "val_temporal_unit": "convert numbers to dates in a validator",
    }.items()
}
# What is dropped, and matters only where it is turned on.
LISTED = {
    name: _LEFT_OUT.format(name, what)
    for name, what in {
        "coerce_numbers_to_str": "pydantic 1 takes a number for a str anyway",
        "hide_input_in_errors": "errors of pydantic 1 do not show their input anyway",
        "json_schema_serialization_defaults_required": "say so with `schema_extra`",
        "revalidate_instances": "pydantic 1 copies instances; validate them in a validator",
        "serialize_by_alias": "pass `by_alias=True` where the model is dumped",
        "strict": "use StrictInt, StrictStr … for the fields that must not be converted",
        "url_preserve_empty_path": "pydantic 1 keeps URLs as they were written anyway",
        "use_attribute_docstrings": "give each field its `description`",
        "validate_return": "check the result in the function",
        "validation_error_cause": "errors of pydantic 1 hold their causes in `raw_errors`",
        **dict.fromkeys(
            (
                *("cli_parse_args", "cli_prog_name", "cli_prefix", "cli_kebab_case"),
                *(
                    "cli_avoid_json",
                    "cli_enforce_required",
                    "cli_exit_on_error",
                    "cli_hide_none_type",
                ),
                *("cli_flag_prefix_char", "cli_implicit_flags", "cli_ignore_unknown_args"),
                *("cli_parse_none_str", "cli_shortcuts", "cli_use_class_docs_for_groups"),
                "cli_show_env_vars",
            ),
            "read the command line with argparse",
        ),
        **dict.fromkeys(
            (
                *("json_file", "json_file_encoding", "toml_file", "toml_table_header"),
                *("yaml_file", "yaml_file_encoding", "yaml_config_section"),
                *("pyproject_toml_depth", "pyproject_toml_table_header"),
            ),
            "read the file in `customise_sources` of the class Config",
        ),
        **dict.fromkeys(
            (
                *("env_ignore_empty", "env_parse_none_str", "env_parse_enums", "enable_decoding"),
                *("env_nested_max_split", "env_prefix_target", "env_file_depth"),
                *("dotenv_filtering", "nested_model_default_partial_update"),
            ),
            "convert the value in a validator with `pre=True`",
        ),
        **dict.fromkeys(
            (
                *("secrets_dir_missing", "secrets_dir_max_size", "secrets_case_sensitive"),
                *("secrets_prefix", "secrets_nested_delimiter", "secrets_nested_subdir"),
            ),
            "read the files in `customise_sources` of the class Config",
        ),
    }.items()
}


def needed_settings(analysis: Analysis, own: Own) -> dict[str, str]:
    """What ``class Config`` must say so that a model behaves as in pydantic 2 without saying so.

    There, underscored attributes are private, the best fitting member of a union is taken, and a
    frozen field is checked on assignment. What an ancestor in the project says is inherited.
    """
    if analysis.models.kind(own) == "dataclass":
        return {}
    lineage = analysis.models.lineage(own)
    needed = _own_needs(analysis, own)
    for ancestor in lineage[1:]:
        if analysis.models.kind(ancestor):
            needed = {
                name: it
                for name, it in needed.items()
                if name not in _own_needs(analysis, ancestor)
            }
    return needed


def _own_needs(analysis: Analysis, own: Own) -> dict[str, str]:
    needed = {}
    fields = list(analysis.models.own_fields(own))
    if any(is_true(_argument(analysis, one, "frozen")) for one in fields):
        needed["validate_assignment"] = "True"
    if any(
        _has_union(analysis, one.annotation)
        for one in fields
        if _argument(analysis, one, "discriminator") is None
        and not _is_text(_argument(analysis, one, "union_mode"), "left_to_right")
    ):
        needed["smart_union"] = "True"
    if _has_private_attributes(analysis, own):
        needed["underscore_attrs_are_private"] = "True"
    return needed


def field_calls(analysis: Analysis, one: Field) -> list[ast.Call]:
    """The ``Field(…)`` of a field: its value, or among the metadata of its own annotation."""
    candidates = [one.statement.value, *metadata_of(one)]
    return [
        call
        for call in candidates
        if isinstance(call, ast.Call)
        and analysis.project.name(one.model.module, call.func) == "pydantic.Field"
    ]


def metadata_of(one: Field) -> list[ast.expr]:
    """What stands behind the type in a field's ``Annotated[…]``, unless that is an alias."""
    if one.annotation.head != "typing.Annotated" or one.is_aliased:
        return []
    return list(one.annotation.arguments[1:])


def _argument(analysis: Analysis, one: Field, name: str) -> ast.expr | None:
    for call in field_calls(analysis, one):
        found = keyword(call, name)
        if found is not None:
            return found.value
    return None


def _is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _has_union(analysis: Analysis, annotation: Annotation, depth: int = 0) -> bool:
    if annotation.head in ("typing.Literal", "") or depth > 8:
        return False
    inner = [annotation.inner(analysis.project, i) for i in range(len(annotation.arguments))]
    if annotation.head in ("|", "typing.Union") and sum(one.head != "None" for one in inner) > 1:
        return True
    if annotation.head == "typing.Annotated":
        if any(_tells_apart(analysis, annotation, node) for node in annotation.arguments[1:]):
            return False
        inner = inner[:1]
    return any(_has_union(analysis, one, depth + 1) for one in inner)


def _tells_apart(analysis: Analysis, annotation: Annotation, node: ast.expr) -> bool:
    """Whether metadata of an annotation names the discriminator of a union."""
    if not isinstance(node, ast.Call):
        return False
    name = analysis.project.name(annotation.module, node.func)
    return name == "pydantic.Discriminator" or keyword(node, "discriminator") is not None


def _has_private_attributes(analysis: Analysis, own: Own) -> bool:
    """Whether a class has attributes like ``_cache: dict = {}`` that say nothing of PrivateAttr."""
    assert isinstance(own.node, ast.ClassDef)
    for statement in own.node.body:
        if isinstance(statement, Function):
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        annotation = ""
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
            annotation = ast.unparse(statement.annotation)
        for target in targets:
            if not isinstance(target, ast.Name) or "ClassVar" in annotation:
                continue
            if target.id.startswith("_") and not target.id.startswith("__"):
                assert isinstance(statement, ast.Assign | ast.AnnAssign)
                called: ast.expr | None = statement.value
                while isinstance(called, ast.Call):
                    called = called.func
                if not analysis.project.name(own.module, called).startswith("pydantic."):
                    return True
    return False
