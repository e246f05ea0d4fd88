"""``model_config`` of pydantic 2 to the ``class Config`` of pydantic 1."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from pinfix.migrate.code.config_settings import (
    DROPPED,
    LISTED,
    OF_SETTINGS,
    RENAMED,
    SAME,
    WITHOUT_EFFECT,
    needed_settings,
)
from pinfix.migrate.code.drafts import Draft, Piece, uses_of
from pinfix.migrate.code.models import is_true
from pinfix.migrate.code.names import External, Module, Own
from pinfix.records import record
from pinfix.requirements.spans import Span

CONFIG_CALLS = frozenset({"pydantic.ConfigDict", "pydantic_settings.SettingsConfigDict"})
_COMMENT = re.compile(r"#[^\r\n]*")
_OTHERWISE = "write a `class Config` with the settings' old names"


@record
class Setting:
    """One setting: ``place`` is the whole of it, ``value`` the characters of its value."""

    name: str
    node: ast.expr
    place: Span
    value: Span


def rewrite_configs(draft: Draft) -> None:
    """The configuration of every model of a module, and the settings that its fields ask for."""
    for node in draft.module.classes():
        own = Own(draft.module, node)
        is_model = draft.analysis.models.kind(own) is not None
        statement = _config_statement(node)
        written = next((one for one in node.body if _is_config_class(one)), None)
        needed = needed_settings(draft.analysis, own) if is_model else {}
        if statement is not None and (is_model or _is_config_call(draft, statement.value)):
            _rewrite_statement(draft, node, statement, needed)
            continue
        if is_model and isinstance(written, ast.ClassDef):
            _rewrite_config_class(draft, written, needed)
        elif is_model and node.keywords:
            _rewrite_class_keywords(draft, node, needed)
        elif needed:
            _add_config_class(draft, node, needed)
    _rewrite_calls_elsewhere(draft)


def _is_config_class(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and node.name == "Config"


def _config_statement(node: ast.ClassDef) -> ast.Assign | ast.AnnAssign | None:
    for statement in node.body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            targets = [statement.target]
        if (
            len(targets) == 1
            and isinstance(targets[0], ast.Name)
            and targets[0].id == "model_config"
        ):
            assert isinstance(statement, ast.Assign | ast.AnnAssign)
            return statement
    return None


def _is_config_call(draft: Draft, node: ast.expr | None) -> bool:
    return (
        isinstance(node, ast.Call)
        and draft.analysis.project.name(draft.module, node.func) in CONFIG_CALLS
    )


def settings_in(draft: Draft, node: ast.expr | None) -> list[Setting] | None:
    """The settings of ``ConfigDict(…)``, ``dict(…)`` or ``{…}``; None where not all are named."""
    source = draft.module.source
    found: list[Setting] = []
    if isinstance(node, ast.Call):
        known = draft.analysis.project.name(draft.module, node.func)
        if known not in {*CONFIG_CALLS, "builtins.dict"} or node.args:
            return None
        for one in node.keywords:
            if one.arg is None:
                return None
            place = source.span(one)
            equals = source.text.index("=", place.start)
            start = equals + 1 + _blanks(source.text[equals + 1 : place.end])
            found.append(Setting(one.arg, one.value, place, Span(start, place.end)))
        return found
    if not isinstance(node, ast.Dict):
        return None
    for key, value in zip(node.keys, node.values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        place = Span(source.span(key).start, source.span(value).end)
        found.append(Setting(key.value, value, place, source.span(value)))
    return found


def _blanks(text: str) -> int:
    return len(text) - len(text.lstrip())


def _rewrite_statement(
    draft: Draft, owner: ast.ClassDef, statement: ast.Assign | ast.AnnAssign, needed: dict[str, str]
) -> None:
    source = draft.module.source
    value = statement.value
    assert value is not None
    if isinstance(value, ast.Name) and not needed and _is_shared(draft, value):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        draft.replace(Span(source.span(target).start, source.span(value).start), "Config = ")
        _spend_annotation(draft, statement)
        draft.did(statement, f"`model_config = {value.id}` became `Config = {value.id}`")
        return
    settings = settings_in(draft, value)
    indent = source.indentation(statement)
    on_class_line = indent is None and len(owner.body) == 1
    if on_class_line and source.indentation(owner) is not None:
        indent = f"{source.indentation(owner)}    "
    alone = not source.text[source.span(statement).end :].lstrip(" \t").startswith(";")
    if settings is None or owner.keywords or indent is None or not alone:
        draft.left(statement, f"`model_config` that is not settings by name alone: {_OTHERWISE}")
        return
    hidden = _reads_class_names(draft, owner, settings)
    if hidden:
        draft.left(
            statement,
            f"`model_config` reads `{hidden}` of the class, which a `class Config` inside of it"
            f" cannot: move `{hidden}` before the class and {_OTHERWISE}",
        )
        return
    lines = list(_setting_lines(draft, statement, settings, needed))
    _spend_annotation(draft, statement)
    draft.spend(value.func if isinstance(value, ast.Call) else value)
    if not lines:
        _remove_statement(draft, owner, statement)
        return
    inner = indent + _unit(draft, owner, indent)
    inside = (source.span(value).start, source.span(value).end)
    pieces = _class_pieces(draft, "Config", settings, lines, inner, inside)
    if on_class_line:
        before = source.text[: source.span(statement).start].rstrip(" \t")
        draft.replace(
            Span(len(before), source.span(statement).end), source.newline, indent, *pieces
        )
    else:
        draft.replace(statement, *pieces)
    draft.did(statement, "`model_config` became `class Config`")


def _spend_annotation(draft: Draft, statement: ast.Assign | ast.AnnAssign) -> None:
    if isinstance(statement, ast.AnnAssign):
        draft.spend(statement.annotation)
        _spend_quoted(draft, statement.annotation)


def _spend_quoted(draft: Draft, node: ast.expr) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and part in draft.module.source.quoted:
            draft.spend(draft.module.source.quoted[part])


def _unit(draft: Draft, owner: ast.ClassDef, indent: str) -> str:
    """What one more level of indentation is in a class."""
    outer = draft.module.source.indentation(owner) or ""
    return indent[len(outer) :] or "    "


def _reads_class_names(draft: Draft, owner: ast.ClassDef, settings: list[Setting]) -> str:
    for setting in settings:
        for node in ast.walk(setting.node):
            if isinstance(node, ast.Name) and not isinstance(setting.node, ast.Lambda):
                bindings = draft.module.scope(node).lookup(node.id)
                if any(one.scope.node is owner for one in bindings):
                    return node.id
    return ""


@record
class _Line:
    """A line of a class Config; ``after`` is the setting whose place it takes, if any."""

    pieces: tuple[Piece, ...]
    after: Setting | None = None


def _setting_lines(
    draft: Draft, statement: ast.AST, settings: list[Setting], needed: dict[str, str]
) -> Iterator[_Line]:
    text = draft.module.source.text
    written = set()
    for setting in settings:
        name = _setting_name(draft, statement, setting)
        if name is None:
            continue
        written.add(name)
        value: tuple[Piece, ...] = (setting.value,)
        if setting.name == "revalidate_instances":
            value = ('"none"',)
        elif "\n" in text[setting.value.start : setting.value.end] and not _is_bracketed(
            text[setting.value.start : setting.value.end], setting.node
        ):
            value = ("(", setting.value, ")")
        yield _Line((f"{name} = ", *value), setting)
    for name, what in needed.items():
        if name not in written:
            yield _Line((f"{name} = {what}",))


def _is_bracketed(text: str, node: ast.expr) -> bool:
    """Whether an expression may go over several lines by itself."""
    if isinstance(node, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.Call):
        return True
    if isinstance(node, ast.Constant | ast.JoinedStr):
        return text.lstrip("rRbBfFuU")[:3] in ('"""', "'''") and text.count(text[-3:]) == 2
    return text.startswith("(") and text.endswith(")")


def _setting_name(draft: Draft, statement: ast.AST, setting: Setting) -> str | None:
    """The name of a setting in pydantic 1; None where it is dropped, which may be noted."""
    name = setting.name
    if name == "alias_generator" and isinstance(setting.node, ast.Call):
        called = draft.analysis.project.name(draft.module, setting.node.func)
        if called == "pydantic.AliasGenerator":
            draft.left(
                statement,
                "`AliasGenerator` has no form in pydantic 1, where one alias serves for reading and"
                " writing: give `alias_generator` a function, or each field its alias",
            )
            return None
    if name == "revalidate_instances":
        if isinstance(setting.node, ast.Constant) and setting.node.value == "never":
            return "copy_on_model_validation"
        draft.left(statement, LISTED[name])
        return None
    if name in DROPPED:
        draft.left(statement, DROPPED[name])
        return None
    if name in WITHOUT_EFFECT:
        return None
    if name in LISTED:
        if not _is_default(setting.node):
            draft.left(statement, LISTED[name])
        return None
    needs_dotenv = name == "env_file" and not draft.analysis.has_dotenv
    if name in OF_SETTINGS and needs_dotenv and not _is_none(setting.node):
        draft.left(
            statement,
            "`env_file` needs python-dotenv, which pydantic-settings brought and pydantic 1 does not:"
            " require it by name",
        )
    if name not in {*RENAMED, *SAME, *OF_SETTINGS}:
        draft.left(statement, f"pydantic 1 knows no setting `{name}`: it was left out")
        return None
    return RENAMED.get(name, name)


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_default(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value in (None, False)


def _class_pieces(
    draft: Draft,
    name: str,
    settings: list[Setting],
    lines: list[_Line],
    indent: str,
    inside: tuple[int, int],
) -> Iterator[Piece]:
    """A class statement with a line for each setting; comments between settings stay with them."""
    newline = draft.module.source.newline
    text = draft.module.source.text
    kept = {line.after: line for line in lines if line.after is not None}
    yield f"class {name}:"
    position = settings[0].place.start if settings else inside[1]
    yield from _comments(text[inside[0] : position], newline + indent)
    for index, setting in enumerate(settings):
        following = settings[index + 1].place.start if index + 1 < len(settings) else inside[1]
        if setting in kept:
            yield newline + indent
            yield from kept[setting].pieces
        comments = list(_comments(text[setting.place.end : following], newline + indent))
        # A comment at the end of a line is about the setting before it, and goes with it.
        yield from comments if setting in kept else comments[1:]
    for line in lines:
        if line.after is None:
            yield newline + indent
            yield from line.pieces


def _comments(gap: str, new_line: str) -> Iterator[str]:
    for comment in _COMMENT.finditer(gap):
        begins = "\n" in gap[: comment.start()] or "\r" in gap[: comment.start()]
        yield (new_line if begins else "  ") + comment[0].rstrip()


def _remove_statement(
    draft: Draft, owner: ast.ClassDef, statement: ast.Assign | ast.AnnAssign
) -> None:
    source = draft.module.source
    span = source.span(statement)
    end = source.line_end(span.end)
    if len(owner.body) == 1 or source.text[span.end : end].strip():
        draft.replace(statement, "pass")
    else:
        draft.replace(Span(source.line_start(span.start), source.after_newline(end)))
    draft.did(statement, "`model_config` has no setting that pydantic 1 needs: it was removed")


def _is_shared(draft: Draft, node: ast.Name) -> bool:
    """Whether a name is a constant of settings that serves as ``model_config`` and nothing else."""
    analysis = draft.analysis
    assigned = analysis.project.value(draft.module, node)
    if assigned is None:
        return False
    module, value = assigned
    statement = module.scopes.parents.get(value)
    return (
        isinstance(statement, ast.Assign)
        and _is_constant_of_settings(analysis, module, statement)
        and _serves_models_alone(draft, module, statement)
    )


def _is_constant_of_settings(analysis: object, module: Module, statement: ast.Assign) -> bool:
    is_top = isinstance(module.scopes.parents.get(statement), ast.Module)
    return is_top and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)


def _serves_models_alone(draft: Draft, module: Module, statement: ast.Assign) -> bool:
    analysis = draft.analysis
    name = statement.targets[0]
    assert isinstance(name, ast.Name)
    there = Draft(module, analysis)
    if not _is_config_call(there, statement.value) or not settings_in(there, statement.value):
        return False
    for user, use in uses_of(analysis, module, name.id):
        assigned = user.scopes.parents[use]
        owner = user.scopes.parents.get(assigned)
        if not isinstance(owner, ast.ClassDef) or _config_statement(owner) is not assigned:
            return False
        if needed_settings(analysis, Own(user, owner)):
            return False
    return True


def _rewrite_config_class(draft: Draft, config: ast.ClassDef, needed: dict[str, str]) -> None:
    """A ``class Config`` that already stands there, with the names of pydantic 2."""
    source = draft.module.source
    written = set()
    for statement in config.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if not isinstance(target, ast.Name):
            continue
        written.add(target.id)
        if target.id in RENAMED:
            draft.replace(target, RENAMED[target.id])
            draft.did(target, f"`{target.id}` became `{RENAMED[target.id]}`")
        elif target.id in LISTED:
            draft.left(target, LISTED[target.id])
    missing = [f"{name} = {what}" for name, what in needed.items() if name not in written]
    indent = source.indentation(config.body[0])
    if missing and indent is not None:
        end = source.line_end(source.span(config.body[-1]).end)
        draft.insert(end, *(f"{source.newline}{indent}{line}" for line in missing))
        draft.did(config, f"`class Config` has {_listed(needed)} too")


def _rewrite_class_keywords(draft: Draft, node: ast.ClassDef, needed: dict[str, str]) -> None:
    """``class Model(BaseModel, from_attributes=True)``: pydantic 1 reads these as well."""
    source = draft.module.source
    for one in node.keywords:
        if one.arg in RENAMED:
            start = source.span(one).start
            draft.replace(Span(start, start + len(one.arg)), RENAMED[one.arg])
            draft.did(one, f"`{one.arg}` became `{RENAMED[one.arg]}`")
        elif one.arg in LISTED:
            draft.left(one, LISTED[one.arg])
    written = {one.arg for one in node.keywords}
    missing = {name: what for name, what in needed.items() if name not in written}
    if missing:
        end = source.span(node.keywords[-1]).end
        draft.insert(end, *(f", {name}={what}" for name, what in missing.items()))
        draft.did(node, f"the class has {_listed(missing)} too")


def _listed(settings: dict[str, str]) -> str:
    return ", ".join(f"`{name} = {what}`" for name, what in settings.items())


def _add_config_class(draft: Draft, node: ast.ClassDef, needed: dict[str, str]) -> None:
    source = draft.module.source
    fields = [one for one in node.body if isinstance(one, ast.AnnAssign | ast.Assign)]
    last = (fields or node.body)[-1]
    indent = source.indentation(last)
    if indent is None:
        draft.left(node, f"its `class Config` needs {_listed(needed)}")
        return
    newline = source.newline
    inner = newline + indent + _unit(draft, node, indent)
    end = source.line_end(source.span(last).end)
    lines = [f"{inner}{name} = {what}" for name, what in needed.items()]
    following = source.after_newline(end)
    followed = source.text[following : source.line_end(following)].strip()
    draft.insert(
        end, f"{newline}{newline}{indent}class Config:", *lines, newline if followed else ""
    )
    draft.did(node, f"a `class Config` with {_listed(needed)}, as pydantic 2 does by itself")


def _rewrite_calls_elsewhere(draft: Draft) -> None:
    """``ConfigDict(…)`` that is no ``model_config``: shared constants, dataclasses, functions."""
    project, module = draft.analysis.project, draft.module
    for call in module.calls():
        if not _is_config_call(draft, call) or call.func in draft.spent:
            continue
        parent = module.scopes.parents[call]
        if isinstance(parent, ast.keyword) and parent.arg == "config":
            _rewrite_config_argument(draft, call)
        elif (
            isinstance(parent, ast.Assign)
            and _is_constant_of_settings(draft.analysis, module, parent)
            and uses_of(draft.analysis, module, _target_name(parent))
            and _serves_models_alone(draft, module, parent)
        ):
            _rewrite_constant(draft, parent, call)
        elif not _is_listed_statement(draft, parent):
            draft.left(call, f"`ConfigDict` is used apart from a `model_config`: {_OTHERWISE}")
    for node in module.classes():
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if project.thing(module, called) == External("pydantic.with_config"):
                draft.left(decorator, "`with_config` has no form in pydantic 1: use a model")


def _target_name(statement: ast.Assign) -> str:
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _is_listed_statement(draft: Draft, parent: ast.AST) -> bool:
    line = draft.module.source.line_of(parent) if parent in draft.module.source.spans else 0
    return any(note.line == line for note in draft.todo)


def _rewrite_config_argument(draft: Draft, call: ast.Call) -> None:
    """The configuration of a dataclass or function: pydantic 1.10 takes a dict."""
    settings = settings_in(draft, call)
    if settings is None:
        draft.left(call, "settings that are not all named: give them their names of pydantic 1")
        return
    for setting in settings:
        if setting.name in RENAMED:
            start = setting.place.start
            draft.replace(Span(start, start + len(setting.name)), RENAMED[setting.name])
        elif setting.name in LISTED or setting.name in DROPPED:
            draft.left(call, LISTED.get(setting.name) or DROPPED[setting.name])
    draft.replace(call.func, "dict")
    draft.spend(call.func)
    draft.did(call, "`ConfigDict` became a dict with the settings' old names")


def _rewrite_constant(draft: Draft, statement: ast.Assign, call: ast.Call) -> None:
    settings = settings_in(draft, call)
    assert settings is not None
    lines = list(_setting_lines(draft, statement, settings, {})) or [_Line(("pass",))]
    source = draft.module.source
    inside = (source.span(call).start, source.span(call).end)
    name = _target_name(statement)
    draft.replace(statement, *_class_pieces(draft, name, settings, lines, "    ", inside))
    draft.spend(call.func)
    draft.did(statement, f"`{name}` became a class of settings")


def has_setting(draft: Draft, own: Own, name: str) -> bool:
    """Whether a model, or one that it inherits from, turns a setting on; by its name in pydantic 2."""
    for ancestor in draft.analysis.models.lineage(own):
        said = _said_of(draft, ancestor, name)
        if said is not None:
            return is_true(said)
    return False


def _said_of(draft: Draft, own: Own, name: str) -> ast.expr | None:
    """What a class itself says of a setting, in either way to write it."""
    assert isinstance(own.node, ast.ClassDef)
    names = {name, RENAMED.get(name, name)}
    for setting in settings_of(draft, own):
        if setting.name in names:
            return setting.node
    for one in own.node.keywords:
        if one.arg in names:
            return one.value
    for statement in own.node.body:
        for line in statement.body if isinstance(statement, ast.ClassDef) else ():
            target = line.targets[0] if isinstance(line, ast.Assign) else None
            if _is_config_class(statement) and isinstance(target, ast.Name) and target.id in names:
                assert isinstance(line, ast.Assign)
                return line.value
    return None


def settings_of(draft: Draft, own: Own) -> list[Setting]:
    """The settings of a class's ``model_config``, which may be a constant."""
    assert isinstance(own.node, ast.ClassDef)
    statement = _config_statement(own.node)
    module, value = own.module, statement.value if statement else None
    if isinstance(value, ast.Name):
        module, value = draft.analysis.project.value(module, value) or (module, value)
    return settings_in(Draft(module, draft.analysis), value) or []
