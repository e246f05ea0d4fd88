"""Which classes of a project are pydantic's models and settings, and what their fields are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from pinfix.migrate.code.annotations import Annotation, is_class_variable, read_annotation
from pinfix.migrate.code.names import External, Module, Own, Project, Thing
from pinfix.migrate.code.scopes import Function
from pinfix.records import record

ModelKind = Literal["model", "root", "settings", "dataclass"]
_BASES: dict[str, ModelKind] = {
    "pydantic.BaseModel": "model",
    "pydantic.generics.GenericModel": "model",
    "pydantic.RootModel": "root",
    "pydantic.BaseSettings": "settings",
    "pydantic_settings.BaseSettings": "settings",
}
# Bases of which it is known that they bring no attributes of a model.
_PLAIN_BASES = ("builtins.", "typing.", "abc.", "enum.", "collections.")


@record
class Field:
    """A field as a class body writes it: ``name: annotation = value``."""

    model: Own
    statement: ast.AnnAssign
    annotation: Annotation

    @property
    def name(self) -> str:
        assert isinstance(self.statement.target, ast.Name)
        return self.statement.target.id

    @property
    def is_aliased(self) -> bool:
        """Whether the annotation is a name of a type that is written elsewhere."""
        written = self.statement.annotation
        if isinstance(written, ast.Constant):
            written = self.model.module.source.quoted.get(written, written)
        return self.annotation.node is not written


@record
class Models:
    """The models of a project."""

    project: Project
    _kinds: dict[Own, ModelKind | None] = field(default_factory=dict)

    def kind(self, thing: Thing | None) -> ModelKind | None:
        """What kind of model a class is; None for one that is not pydantic's."""
        if isinstance(thing, External):
            return _BASES.get(thing.name)
        if not isinstance(thing, Own) or not isinstance(thing.node, ast.ClassDef):
            return None
        if thing not in self._kinds:
            self._kinds[thing] = None  # a class that is a base of itself
            self._kinds[thing] = self._kind_of_class(thing)
        return self._kinds[thing]

    def is_known_otherwise(self, thing: Thing) -> bool:
        """Whether a class is certain not to be a model: all its bases are known, and are none."""
        if isinstance(thing, External):
            return thing.name.startswith(_PLAIN_BASES)
        if not isinstance(thing, Own) or self.kind(thing):
            return False
        return all(base is not None and self.is_known_otherwise(base) for base in self.bases(thing))

    def bases(self, own: Own) -> list[Thing | None]:
        """What the bases of a class are, subscripts off."""
        if not isinstance(own.node, ast.ClassDef):
            return []
        return [
            self.project.thing(own.module, base.value if isinstance(base, ast.Subscript) else base)
            for base in own.node.bases
        ]

    def lineage(self, own: Own) -> list[Own]:
        """A class and the project's classes that it inherits from, nearest first."""
        found = [own]
        for base in self.bases(own):
            if isinstance(base, Own) and base not in found:
                found += [one for one in self.lineage(base) if one not in found]
        return found

    def own_models(self, module: Module) -> Iterator[Own]:
        """The models that a module defines."""
        for node in module.classes():
            if self.kind(Own(module, node)):
                yield Own(module, node)

    def own_fields(self, own: Own) -> Iterator[Field]:
        """The fields that a class itself writes down."""
        assert isinstance(own.node, ast.ClassDef)
        for statement in own.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(
                statement.target, ast.Name
            ):
                continue
            if statement.target.id.startswith("_") or statement.target.id == "model_config":
                continue
            annotation = read_annotation(self.project, own.module, statement.annotation)
            if not is_class_variable(self.project, annotation):
                yield Field(own, statement, annotation)

    def fields(self, own: Own) -> dict[str, Field]:
        """All fields of a class, inherited ones of the project's classes too."""
        found: dict[str, Field] = {}
        for ancestor in reversed(self.lineage(own)):
            found |= {one.name: one for one in self.own_fields(ancestor)}
        return found

    def defines(self, own: Own, name: str) -> Own | None:
        """The class of the lineage that defines a method of this name."""
        for ancestor in self.lineage(own):
            assert isinstance(ancestor.node, ast.ClassDef)
            for statement in ancestor.node.body:
                if isinstance(statement, Function) and statement.name == name:
                    return ancestor
        return None

    def _kind_of_class(self, own: Own) -> ModelKind | None:
        assert isinstance(own.node, ast.ClassDef)
        for base in self.bases(own):
            kind = self.kind(base)
            if kind == "dataclass":
                continue
            if kind is not None:
                return kind
        for decorator in own.node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if self.project.name(own.module, called) == "pydantic.dataclasses.dataclass":
                return "dataclass"
        return None


def keyword(call: ast.Call, name: str) -> ast.keyword | None:
    """A keyword argument of a call."""
    return next((one for one in call.keywords if one.arg == name), None)


def is_true(node: ast.AST | None) -> bool:
    """Whether an expression is the word True."""
    return isinstance(node, ast.Constant) and node.value is True


def is_false(node: ast.AST | None) -> bool:
    """Whether an expression is the word False."""
    return isinstance(node, ast.Constant) and node.value is False
