"""What a name in a project stands for: an own class or function, or something of a library.

Imports, aliases, assignments like ``Base = BaseModel``, star imports and re-exports are followed
through the project's own modules. A name with several meanings that differ (as after ``try: …
except ImportError: …``) stands for nothing that is known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import PurePosixPath

from pinfix.migrate.code.pydantic_names import canonical, is_pydantic, star_brings
from pinfix.migrate.code.scopes import Binding, Function, Scope, Scopes, scopes_of
from pinfix.migrate.code.source import Source
from pinfix.records import record


@record(eq=False)
class Module:
    """One file of the project."""

    source: Source
    scopes: Scopes

    def nodes(self, *types: type[ast.AST]) -> Iterator[ast.AST]:
        """All nodes of these types, strings that are annotations read as well."""
        for kind in types:
            yield from self.scopes.by_type.get(kind, ())

    def classes(self) -> Iterator[ast.ClassDef]:
        for node in self.nodes(ast.ClassDef):
            assert isinstance(node, ast.ClassDef)
            yield node

    def calls(self) -> Iterator[ast.Call]:
        for node in self.nodes(ast.Call):
            assert isinstance(node, ast.Call)
            yield node

    def scope(self, node: ast.AST) -> Scope:
        return self.scopes.of[node]

    def within(self, node: ast.AST, *types: type[ast.AST]) -> ast.AST | None:
        """The innermost of these types that a node stands in."""
        return next(
            (outer for outer in self.scopes.ancestors(node) if isinstance(outer, types)), None
        )


@record
class External:
    """Something of a library or of Python, by its dotted name; builtins have ``builtins.``."""

    name: str


@record
class Own:
    """A class or function that the project defines."""

    module: Module
    node: ast.ClassDef | Function


@record
class OwnModule:
    """A module of the project."""

    module: Module


Thing = External | Own | OwnModule


@record(eq=False)
class Project:
    """The modules of a project by their paths, and what the names in them stand for."""

    modules: Mapping[str, Module]
    _known: dict[Binding, Thing | None] = field(default_factory=dict)
    _found: dict[tuple[str, str, int], Module | None] = field(default_factory=dict)
    _importers: dict[Module, list[tuple[Module, ast.ImportFrom]]] = field(default_factory=dict)

    @classmethod
    def of(cls, sources: Iterable[Source]) -> Project:
        """The project that these files make up."""
        return cls({source.path: Module(source, scopes_of(source)) for source in sources})

    def thing(self, module: Module, node: ast.AST | None) -> Thing | None:
        """What an expression names, if it is a name, or attributes of one."""
        if isinstance(node, ast.Name):
            return self._named(module, node)
        if isinstance(node, ast.Attribute):
            return self.member(self.thing(module, node.value), node.attr)
        return None

    def name(self, module: Module, node: ast.AST | None) -> str:
        """The dotted name of what an expression names in a library; "" where it is none."""
        thing = self.thing(module, node)
        return thing.name if isinstance(thing, External) else ""

    def member(self, thing: Thing | None, attribute: str) -> Thing | None:
        """What ``thing.attribute`` stands for."""
        if isinstance(thing, External):
            return External(canonical(f"{thing.name}.{attribute}"))
        if isinstance(thing, OwnModule):
            return self._global(thing.module, attribute)
        if isinstance(thing, Own) and isinstance(thing.node, ast.ClassDef):
            for statement in thing.node.body:
                if isinstance(statement, ast.ClassDef | Function) and statement.name == attribute:
                    return Own(thing.module, statement)
        return None

    def bound(self, module: Module, binding: Binding) -> Thing | None:
        """What a binding makes a name stand for."""
        if binding not in self._known:
            self._known[binding] = None  # where it is defined by itself
            self._known[binding] = self._meaning(module, binding)
        return self._known[binding]

    def imported_module(self, module: Module, dotted: str, level: int) -> Module | None:
        """The file of the project that ``from dotted import …`` in ``module`` reads."""
        importer = PurePosixPath(module.source.path)
        asked = (_folder(importer), dotted, level)
        if asked not in self._found:
            self._found[asked] = self._find(importer, dotted, level)
        return self._found[asked]

    def value(self, module: Module, node: ast.expr) -> tuple[Module, ast.expr] | None:
        """The expression that a name of a module was assigned, and the module it stands in."""
        if not isinstance(node, ast.Name):
            return None
        bindings = module.scope(node).lookup(node.id)
        return self._assigned(module, bindings, 0)

    def _assigned(
        self, module: Module, bindings: list[Binding], depth: int
    ) -> tuple[Module, ast.expr] | None:
        if len(bindings) != 1 or depth > _DEEPEST:
            return None
        binding = bindings[0]
        if binding.kind == "value" and binding.value is not None and not binding.path:
            value = binding.value
            if not isinstance(value, ast.Name):
                return module, value
            return self._assigned(module, binding.scope.lookup(value.id), depth + 1)
        if isinstance(binding.node, ast.alias) and isinstance(binding.statement, ast.ImportFrom):
            statement = binding.statement
            own = self.imported_module(module, statement.module or "", statement.level)
            if own is not None:
                found = own.scopes.module.bindings.get(binding.node.name, [])
                return self._assigned(own, found, depth + 1)
        return None

    def _find(self, importer: PurePosixPath, dotted: str, level: int) -> Module | None:
        parts = dotted.split(".") if dotted else []
        if level:
            if len(importer.parts) <= level - 1:
                return None
            return self._file("/".join([*importer.parts[:-level], *parts]))
        tail = "/".join(parts)
        roots = [
            root
            for path in self.modules
            for root in _root_before(path, tail)
            if f"{root}__init__.py" not in self.modules
            and (not is_pydantic(dotted) or root in ("", "src/", _folder(importer)))
        ]
        if not roots:
            return None
        best = max(roots, key=lambda root: (_shared(root, str(importer)), -len(root)))
        return self._file(best + tail)

    def importers(self, module: Module) -> Sequence[tuple[Module, ast.ImportFrom]]:
        """Every ``from module import …`` of the project."""
        if not self._importers:
            for other in self.modules.values():
                for node in other.nodes(ast.ImportFrom):
                    assert isinstance(node, ast.ImportFrom)
                    imported = self.imported_module(other, node.module or "", node.level)
                    if imported is not None:
                        self._importers.setdefault(imported, []).append((other, node))
        return self._importers.get(module, [])

    def _file(self, path: str) -> Module | None:
        found = (f"{path}.py", f"{path}/__init__.py" if path else "__init__.py")
        return next((self.modules[name] for name in found if name in self.modules), None)

    def _named(self, module: Module, node: ast.Name) -> Thing | None:
        bindings = module.scope(node).lookup(node.id)
        if bindings:
            return self._agreed(module, bindings)
        starred = self._from_stars(module, node.id)
        return starred if starred is not None else External(f"builtins.{node.id}")

    def _agreed(self, module: Module, bindings: list[Binding]) -> Thing | None:
        things = {self.bound(module, binding) for binding in bindings}
        return things.pop() if len(things) == 1 else None

    def _global(self, module: Module, name: str) -> Thing | None:
        bindings = module.scopes.module.bindings.get(name)
        if bindings:
            return self._agreed(module, bindings)
        starred = self._from_stars(module, name)
        if starred is not None:
            return starred
        path = module.source.path
        if path.endswith("__init__.py"):
            inside = self._file(path[: -len("__init__.py")] + name)
            return OwnModule(inside) if inside else None
        return None

    def _from_stars(self, module: Module, name: str) -> Thing | None:
        for binding in module.scopes.module.bindings.get("*", ()):
            node = binding.statement
            assert isinstance(node, ast.ImportFrom)
            source = self.imported_module(module, node.module or "", node.level)
            if source is None:
                if node.level == 0 and star_brings(node.module or "", name):
                    return External(canonical(f"{node.module}.{name}"))
            elif source is not module and not name.startswith("_"):
                found = self._global(source, name)
                if found is not None:
                    return found
        return None

    def _meaning(self, module: Module, binding: Binding) -> Thing | None:
        node = binding.node
        if isinstance(node, ast.ClassDef | Function):
            return Own(module, node)
        if isinstance(node, ast.alias):
            return self._imported(module, binding, node)
        if binding.kind == "value" and not binding.path:
            return self.thing(module, binding.value)
        return None

    def _imported(self, module: Module, binding: Binding, alias: ast.alias) -> Thing | None:
        statement = binding.statement
        if isinstance(statement, ast.Import):
            dotted = alias.name if alias.asname else binding.name
            own = self.imported_module(module, dotted, 0)
            return OwnModule(own) if own else External(dotted)
        assert isinstance(statement, ast.ImportFrom)
        own = self.imported_module(module, statement.module or "", statement.level)
        if own is not None:
            found = self._global(own, alias.name) if own is not module else None
            if found is not None:
                return found
        beneath = ".".join(filter(None, [statement.module, alias.name]))
        inside = self.imported_module(module, beneath, statement.level)
        if inside is not None:
            return OwnModule(inside)
        if statement.level or own is not None:
            return None
        return External(canonical(f"{statement.module}.{alias.name}"))


_DEEPEST = 20  # aliases of aliases, and names defined by themselves


def _root_before(path: str, tail: str) -> Iterator[str]:
    for ending in (f"{tail}.py", f"{tail}/__init__.py"):
        if path == ending or path.endswith(f"/{ending}"):
            yield path[: -len(ending)]


def _folder(path: PurePosixPath) -> str:
    return "/".join([*path.parts[:-1], ""])


def _shared(one: str, other: str) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
