"""The imports of pydantic: what is no longer used goes, what the new text uses comes.

An import is kept where its name is still used, in the module or by others that import it from
there. One that is not used stays as well, unless pydantic 1 does not have it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pinfix.migrate.code.drafts import Draft
from pinfix.migrate.code.names import External, Module, OwnModule
from pinfix.migrate.code.pydantic_names import MOVED, is_pydantic, missing_in_1
from pinfix.migrate.code.scopes import Binding
from pinfix.requirements.spans import Span

_MODULE_NAME = re.compile(r"from\s+[\w.]+")


@dataclass(slots=True, eq=False)
class Imported:
    """One name that an import statement binds, and what is known of its uses."""

    draft: Draft
    binding: Binding
    name: str
    used: bool = False
    spent: bool = False
    importers: list[Imported] = field(default_factory=list)

    @property
    def alias(self) -> ast.alias:
        assert isinstance(self.binding.node, ast.alias)
        return self.binding.node

    @property
    def statement(self) -> ast.Import | ast.ImportFrom:
        assert isinstance(self.binding.statement, ast.Import | ast.ImportFrom)
        return self.binding.statement

    @property
    def missing(self) -> bool:
        """Whether pydantic 1 does not have it, under any name."""
        module, _, last = self.name.rpartition(".")
        return missing_in_1(module or self.name, last)

    def is_kept(self) -> bool:
        name = self.binding.name
        if self.used or name in self.draft.held or self.draft.wanted.get(self.name) == name:
            return True
        if any(one.is_kept() for one in self.importers):
            return True
        return not (self.missing or self.is_spent())

    def is_spent(self) -> bool:
        return self.spent or any(one.is_spent() for one in self.importers)


def rewrite_imports(drafts: Sequence[Draft]) -> None:
    """The imports of all modules, when all else is rewritten."""
    imported = {
        binding: Imported(draft, binding, name)
        for draft in drafts
        for binding, name in _pydantic_imports(draft)
    }
    by_module = {draft.module: draft for draft in drafts}
    for draft in drafts:
        _count_uses(draft, imported)
        _link(draft, imported, by_module)
    for draft in drafts:
        mine = [one for one in imported.values() if one.draft is draft]
        _rewrite_module(draft, mine)


def _pydantic_imports(draft: Draft) -> Iterator[tuple[Binding, str]]:
    project, module = draft.analysis.project, draft.module
    for scope in dict.fromkeys(module.scopes.of.values()):
        for bindings in scope.bindings.values():
            for binding in bindings:
                if binding.kind != "import" or binding.name == "*":
                    continue
                thing = project.bound(module, binding)
                if isinstance(thing, External) and is_pydantic(thing.name):
                    yield binding, thing.name


def _count_uses(draft: Draft, imported: dict[Binding, Imported]) -> None:
    module = draft.module
    for node in module.nodes(ast.Name):
        assert isinstance(node, ast.Name)
        bindings = module.scope(node).lookup(node.id) or _starred(draft, module, node.id)
        for binding in bindings:
            if binding in imported:
                _count(draft, node, imported[binding])
    for node in module.nodes(ast.Attribute):
        assert isinstance(node, ast.Attribute)
        holder = draft.analysis.project.thing(module, node.value)
        if isinstance(holder, OwnModule):
            for binding in holder.module.scopes.module.bindings.get(node.attr, []):
                if binding in imported:
                    _count(draft, node, imported[binding])
    for name in exported_names(module):
        for binding in module.scopes.module.bindings.get(name, []):
            if binding in imported:
                imported[binding].used = True


def _count(draft: Draft, node: ast.AST, one: Imported) -> None:
    if node in draft.spent:
        one.spent = True
    else:
        one.used = True


def _starred(draft: Draft, module: Module, name: str) -> list[Binding]:
    for star in module.scopes.module.bindings.get("*", ()):
        statement = star.statement
        assert isinstance(statement, ast.ImportFrom)
        own = draft.analysis.project.imported_module(
            module, statement.module or "", statement.level
        )
        if own is not None and own is not module and name in own.scopes.module.bindings:
            return own.scopes.module.bindings[name]
    return []


def exported_names(module: Module) -> set[str]:
    """The names in a module's ``__all__``."""
    found: set[str] = set()
    for binding in module.scopes.module.bindings.get("__all__", ()):
        for node in ast.walk(binding.value) if binding.value else ():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def _link(draft: Draft, imported: dict[Binding, Imported], by_module: dict[Module, Draft]) -> None:
    """Tell each import which imports of other modules read it."""
    for importer, statement in draft.analysis.project.importers(draft.module):
        if importer is draft.module or importer not in by_module:
            continue
        for alias in statement.names:
            sources = draft.module.scopes.module.bindings.get(alias.name, [])
            readers = [one for one in imported.values() if one.binding.node is alias]
            for source in sources:
                if source in imported:
                    imported[source].importers += readers


def _rewrite_module(draft: Draft, imported: list[Imported]) -> None:
    removed: dict[ast.AST, list[Imported]] = {}
    for one in imported:
        if _is_guarded(draft, one.statement):
            continue
        if not one.is_kept():
            removed.setdefault(one.statement, []).append(one)
        elif _is_moved(one):
            draft.wanted[MOVED[one.name]] = one.binding.name
            removed.setdefault(one.statement, []).append(one)
        elif (
            one.missing
            and not one.used
            and not any(importer.is_kept() for importer in one.importers)
        ):
            continue
        elif one.missing and one.binding.name in exported_names(draft.module):
            draft.left(one.alias, f"`{one.name}` is exported, and pydantic 1 does not have it")
    wanted = _wanted(draft, {one.alias for group in removed.values() for one in group})
    host = _host(draft)
    if host is not None and host not in removed and wanted.get("pydantic"):
        removed[host] = []
    for statement, group in removed.items():
        assert isinstance(statement, ast.Import | ast.ImportFrom)
        package = _package_for(statement, group, wanted, host)
        names = wanted.pop(package, []) if package else []
        _rewrite_statement(draft, statement, {one.alias for one in group}, names, package)
    _add_statements(draft, wanted, host)


def _is_moved(one: Imported) -> bool:
    """Whether a name is kept and comes from elsewhere now; re-exports of the project stay."""
    statement = one.statement
    if one.name not in MOVED or not isinstance(statement, ast.ImportFrom) or statement.level:
        return False
    return is_pydantic(statement.module or "")


def _is_guarded(draft: Draft, statement: ast.AST) -> bool:
    """Whether an import is one of several ways, after ``try`` or a test of the version."""
    block = draft.module.within(statement, ast.Try, ast.If, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(block, ast.Try):
        return any(
            isinstance(name, ast.Name)
            and name.id in ("ImportError", "ModuleNotFoundError", "Exception")
            for handler in block.handlers
            for name in (ast.walk(handler.type) if handler.type else [ast.Name("Exception")])
        )
    if isinstance(block, ast.If):
        return draft.analysis.project.name(draft.module, block.test) != "typing.TYPE_CHECKING"
    return False


def _wanted(draft: Draft, removed: set[ast.alias]) -> dict[str, list[str]]:
    """What must be imported, by module: ``name`` or ``name as other``; "" has whole modules."""
    found: dict[str, list[str]] = {}
    for name, local in draft.wanted.items():
        here = draft.module.scopes.module.bindings.get(local, [])
        if here and any(one.node not in removed for one in here):
            continue
        module, _, last = name.rpartition(".")
        found.setdefault(module, []).append(last if last == local else f"{last} as {local}")
    return found


def _host(draft: Draft) -> ast.ImportFrom | None:
    """The first ``from pydantic import …`` at the top of a module."""
    for statement in draft.module.source.tree.body:
        if not isinstance(statement, ast.ImportFrom) or statement.level:
            continue
        if statement.module == "pydantic" and statement.names[0].name != "*":
            return statement
    return None


def _package_for(
    statement: ast.Import | ast.ImportFrom,
    group: list[Imported],
    wanted: dict[str, list[str]],
    host: ast.ImportFrom | None,
) -> str:
    """Of which module a statement takes the new names in; "" for none."""
    if statement is host:
        return "pydantic"
    if not isinstance(statement, ast.ImportFrom) or len(group) < len(statement.names):
        return ""
    if statement.level or not is_pydantic(statement.module or ""):
        return ""
    # All its names go: it may become the import of another module.
    moved = [MOVED[one.name].rpartition(".")[0] for one in group if one.name in MOVED]
    if moved and moved[0] in wanted and (moved[0] != "pydantic" or host is None):
        return moved[0]
    return "pydantic" if host is None and "pydantic" in wanted else ""


def _rewrite_statement(
    draft: Draft,
    statement: ast.Import | ast.ImportFrom,
    removed: set[ast.alias],
    added: list[str],
    package: str,
) -> None:
    source = draft.module.source
    kept = [alias for alias in statement.names if alias not in removed]
    for alias in removed:
        draft.did(statement, f"the import of `{alias.name}` went")
    for name in added:
        draft.did(statement, f"`{name}` is imported from `{package}`")
    if not kept and not added:
        _remove_statement(draft, statement)
        return
    if isinstance(statement, ast.ImportFrom) and package and statement.module != package:
        match = _MODULE_NAME.match(source.text, source.span(statement).start)
        assert match is not None
        draft.replace(Span(match.start(), match.end()), f"from {package}")
    gone = sorted(removed, key=lambda alias: source.span(alias).start)
    for alias, name in zip(gone, added, strict=False):
        draft.replace(alias, name)
    left = set(gone[len(added) :])
    _remove_aliases(draft, statement.names, left)
    if len(added) > len(gone):
        last = next(one for one in reversed(statement.names) if one not in left)
        gap = _gap(draft, statement.names)
        draft.insert(source.span(last).end, *(f"{gap}{name}" for name in added[len(gone) :]))


def _gap(draft: Draft, aliases: list[ast.alias]) -> str:
    """What stands between the names of an import, without comments."""
    source = draft.module.source
    if len(aliases) < 2:
        return ", "
    before, last = source.span(aliases[-2]), source.span(aliases[-1])
    gap = source.text[before.end : last.start]
    return gap if not gap.strip(", \t\r\n") else ", "


def _remove_aliases(draft: Draft, aliases: list[ast.alias], removed: set[ast.alias]) -> None:
    """Take names out of an import; at least one other stays."""
    source = draft.module.source
    last_kept = max(index for index, alias in enumerate(aliases) if alias not in removed)
    for index, alias in enumerate(aliases[:last_kept]):
        if alias in removed:
            draft.replace(Span(source.span(alias).start, source.span(aliases[index + 1]).start))
    if last_kept + 1 < len(aliases):
        draft.replace(Span(source.span(aliases[last_kept]).end, source.span(aliases[-1]).end))


def _remove_statement(draft: Draft, statement: ast.stmt) -> None:
    source = draft.module.source
    span = source.span(statement)
    end = source.line_end(span.end)
    alone = source.indentation(statement) is not None and not source.text[span.end : end].strip()
    if not alone or _would_be_empty(draft, statement):
        draft.replace(statement, "pass")
    else:
        draft.replace(Span(source.line_start(span.start), source.after_newline(end)))


def _would_be_empty(draft: Draft, statement: ast.stmt) -> bool:
    """Whether a block consists of imports alone, which may all go."""
    parent = draft.module.scopes.parents[statement]
    if isinstance(parent, ast.Module):
        return False
    for name in ("body", "orelse", "finalbody"):
        block: Iterable[ast.stmt] = getattr(parent, name, [])
        statements = list(block) if isinstance(block, list) else []
        if statement in statements:
            return all(isinstance(one, ast.Import | ast.ImportFrom) for one in statements)
    return False


def _add_statements(
    draft: Draft, wanted: dict[str, list[str]], host: ast.ImportFrom | None
) -> None:
    """Imports that no statement takes in, before the first import of the module."""
    source = draft.module.source
    lines = [
        f"import {name}" if not module else f"from {module} import {name}"
        for module, names in sorted(wanted.items())
        for name in ([", ".join(names)] if module else names)
    ]
    if not lines:
        return
    place = host or _first_import(source.tree) or _first_statement(source.tree)
    start = source.line_start(source.span(place).start)
    draft.insert(start, *(f"{line}{source.newline}" for line in lines))
    for line in lines:
        draft.did(place, f"`{line}` was added")


def _first_import(tree: ast.Module) -> ast.stmt | None:
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            return statement
        if isinstance(statement, ast.ImportFrom) and statement.module != "__future__":
            return statement
    return None


def _first_statement(tree: ast.Module) -> ast.AST:
    """The first statement behind the docstring and what must come first."""
    for statement in tree.body:
        is_text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
        if is_text or isinstance(statement, ast.ImportFrom):
            continue
        decorators = getattr(statement, "decorator_list", [])
        return decorators[0] if decorators else statement
    return tree.body[-1]
