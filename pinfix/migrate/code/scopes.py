"""Which statement gives a name its meaning: the scopes of a module and what they bind."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from pinfix.migrate.code.source import Source
from pinfix.records import record

Function = ast.FunctionDef | ast.AsyncFunctionDef
Scoped = ast.Module | ast.ClassDef | Function | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Kind = Literal["import", "class", "function", "parameter", "value", "element", "entered", "other"]


@record(eq=False)
class Binding:
    """One place where a name of a scope gets a meaning.

    ``value`` is what it is made from: the value of an assignment, the iterable of a loop
    (``kind`` "element"), the context manager of a with (``kind`` "entered"). ``path`` are the
    indices at which the name stands in the tuples that are unpacked.
    """

    name: str
    kind: Kind
    node: ast.AST
    scope: Scope
    statement: ast.AST | None = None
    value: ast.expr | None = None
    annotation: ast.expr | None = None
    path: tuple[int, ...] = ()


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function or comprehension and the names that it binds."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    elsewhere: dict[str, Scope] = field(default_factory=dict)

    @property
    def is_class(self) -> bool:
        return isinstance(self.node, ast.ClassDef)

    def lookup(self, name: str) -> list[Binding]:
        """What a name that is read in this scope may mean; nothing for a builtin."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.elsewhere:
                return scope.elsewhere[name].bindings.get(name, [])
            if name in scope.bindings and (scope is self or not scope.is_class):
                return scope.bindings[name]
            scope = scope.parent
        return []

    def bind(self, binding: Binding) -> None:
        """Add a meaning."""
        home = self.elsewhere.get(binding.name, self)
        home.bindings.setdefault(binding.name, []).append(binding)


@record(eq=False)
class Scopes:
    """Every node's scope and parent, in the order of the text. String annotations are read."""

    module: Scope
    of: dict[ast.AST, Scope]
    parents: dict[ast.AST, ast.AST]
    by_type: dict[type[ast.AST], list[ast.AST]]
    annotations: dict[ast.AST, None]

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """What a node stands in, from the inside out."""
        while node in self.parents:
            node = self.parents[node]
            yield node


def scopes_of(source: Source) -> Scopes:
    """The scopes of a module."""
    module = Scope(source.tree, None)
    builder = _Builder(source, Scopes(module, {}, {}, {}, {}))
    builder.visit_all(source.tree.body, source.tree, module)
    builder.made.of[source.tree] = module
    return builder.made


@record
class _Builder:
    source: Source
    made: Scopes

    def visit_all(self, nodes: list[ast.stmt], parent: ast.AST, scope: Scope) -> None:
        for node in nodes:
            self._declare(node, scope)
        for node in nodes:
            self.visit(node, parent, scope)

    def _declare(self, node: ast.AST, scope: Scope) -> None:
        """Global and nonlocal statements hold for the whole function, so they come first."""
        if isinstance(node, ast.Global | ast.Nonlocal):
            for name in node.names:
                scope.elsewhere[name] = (
                    self.made.module if isinstance(node, ast.Global) else _binder(scope, name)
                )
        elif not isinstance(node, ast.ClassDef | Function | ast.expr):
            for child in ast.iter_child_nodes(node):
                self._declare(child, scope)

    def visit(self, node: ast.AST, parent: ast.AST, scope: Scope) -> None:
        self.made.of[node] = scope
        self.made.parents[node] = parent
        self.made.by_type.setdefault(type(node), []).append(node)
        self._bind(node, scope)
        if isinstance(node, ast.ClassDef):
            self._visit_class(node, scope)
        elif isinstance(node, Function | ast.Lambda):
            self._visit_function(node, scope)
        elif isinstance(node, Comprehension):
            self._visit_comprehension(node, scope)
        elif isinstance(node, ast.AnnAssign):
            self._visit_annotation(node.annotation, node, scope)
            self.visit(node.target, node, scope)
            if node.value is not None:
                self.visit(node.value, node, scope)
        else:
            for child in ast.iter_child_nodes(node):
                self.visit(child, node, scope)

    def _visit_class(self, node: ast.ClassDef, scope: Scope) -> None:
        for outside in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outside, node, scope)
        inner = Scope(node, scope)
        for parameter in getattr(node, "type_params", []):
            self.visit(parameter, node, inner)
        self.visit_all(node.body, node, inner)

    def _visit_function(self, node: Function | ast.Lambda, scope: Scope) -> None:
        inner = Scope(node, scope)
        arguments = node.args
        for default in (*arguments.defaults, *filter(None, arguments.kw_defaults)):
            self.visit(default, node, scope)
        for parameter in parameters(arguments):
            self.made.of[parameter] = inner
            self.made.parents[parameter] = node
            inner.bind(
                Binding(
                    parameter.arg, "parameter", parameter, inner, node, None, parameter.annotation
                )
            )
            if parameter.annotation is not None:
                self._visit_annotation(parameter.annotation, parameter, scope)
        if isinstance(node, ast.Lambda):
            self.visit(node.body, node, inner)
            return
        for decorator in node.decorator_list:
            self.visit(decorator, node, scope)
        if node.returns is not None:
            self._visit_annotation(node.returns, node, scope)
        self.visit_all(node.body, node, inner)

    def _visit_comprehension(self, node: Comprehension, scope: Scope) -> None:
        inner = Scope(node, scope)
        first, *others = node.generators
        self.made.of[first] = inner
        self.made.parents[first] = node
        self.visit(first.iter, first, scope)
        self._bind(first, inner)
        for part in (first.target, *first.ifs):
            self.visit(part, first, inner)
        for generator in others:
            self.visit(generator, node, inner)
        elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        for element in elements:
            self.visit(element, node, inner)

    def _visit_annotation(self, node: ast.expr, parent: ast.AST, scope: Scope) -> None:
        self.made.annotations[node] = None
        self.visit(node, parent, scope)
        for part in _strings_of(node):
            quoted = self.source.read_quoted(part)
            if quoted is not None:
                self._visit_annotation(quoted, part, scope)

    def _bind(self, node: ast.AST, scope: Scope) -> None:
        if isinstance(node, ast.ClassDef):
            scope.bind(Binding(node.name, "class", node, scope, node))
        elif isinstance(node, Function):
            scope.bind(Binding(node.name, "function", node, scope, node))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.asname or alias.name.partition(".")[0]
                scope.bind(Binding(name, "import", alias, scope, node))
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            scope.bind(Binding(node.name, "other", node, scope, node))
        elif type(node).__name__ == "TypeAlias":
            scope.bind(Binding(node.name.id, "value", node.name, scope, node, node.value))  # type: ignore[attr-defined]
        elif type(node).__name__ in ("TypeVar", "ParamSpec", "TypeVarTuple"):
            scope.bind(Binding(node.name, "other", node, scope, node))  # type: ignore[attr-defined]
        else:
            for target, kind, value, annotation in _targets(node):
                self._bind_target(target, kind, node, scope, value, annotation, ())

    def _bind_target(
        self,
        target: ast.expr,
        kind: Kind,
        statement: ast.AST,
        scope: Scope,
        value: ast.expr | None,
        annotation: ast.expr | None,
        path: tuple[int, ...],
    ) -> None:
        if isinstance(target, ast.Name):
            if isinstance(statement, ast.NamedExpr):
                while isinstance(scope.node, Comprehension) and scope.parent is not None:
                    scope = scope.parent
            scope.bind(Binding(target.id, kind, target, scope, statement, value, annotation, path))
        elif isinstance(target, ast.Tuple | ast.List):
            for index, part in enumerate(target.elts):
                self._bind_target(part, kind, statement, scope, value, annotation, (*path, index))
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, "other", statement, scope, None, None, ())


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters, in the order of the text."""
    return [
        *arguments.posonlyargs,
        *arguments.args,
        *filter(None, [arguments.vararg]),
        *arguments.kwonlyargs,
        *filter(None, [arguments.kwarg]),
    ]


def _binder(scope: Scope, name: str) -> Scope:
    """The function around ``scope`` whose variable a nonlocal statement means."""
    outer = scope.parent
    while outer is not None and (outer.is_class or name not in outer.bindings):
        outer = outer.parent
    return outer or scope


def _targets(
    node: ast.AST,
) -> Iterator[tuple[ast.expr, Kind, ast.expr | None, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, "value", node.value, None
    elif isinstance(node, ast.AnnAssign):
        yield node.target, "value", node.value, node.annotation
    elif isinstance(node, ast.AugAssign):
        yield node.target, "other", None, None
    elif isinstance(node, ast.NamedExpr):
        yield node.target, "value", node.value, None
    elif isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, "element", node.iter, None
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, "entered", node.context_expr, None


def _strings_of(node: ast.expr) -> Iterator[ast.Constant]:
    """The strings of an annotation that are types: not those of Literal, nor Annotated's rest."""
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node
    elif isinstance(node, ast.Subscript):
        name = (
            node.value.attr
            if isinstance(node.value, ast.Attribute)
            else getattr(node.value, "id", "")
        )
        if name == "Literal":
            return
        inside = node.slice
        if name == "Annotated" and isinstance(inside, ast.Tuple):
            inside = inside.elts[0]
        yield from _strings_of(inside)
    elif isinstance(node, ast.Tuple | ast.List):
        for part in node.elts:
            yield from _strings_of(part)
    elif isinstance(node, ast.BinOp):
        yield from _strings_of(node.left)
        yield from _strings_of(node.right)
