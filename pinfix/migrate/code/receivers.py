"""Whether the object in ``object.model_dump()`` is a model.

Where the type of an object is not known, the name decides: ``model_dump`` and the like are
pydantic's own, so an unknown object that has them is taken for a model if the project uses
pydantic, no other class of the project defines that name, and no library is imported whose objects
have such names with pydantic 1 as well. Otherwise the place is listed and not touched.
"""

from __future__ import annotations

import ast
from dataclasses import field

from pinfix.migrate.code.drafts import Analysis
from pinfix.migrate.code.names import External, Module, Own, OwnModule
from pinfix.migrate.code.pydantic_names import is_pydantic
from pinfix.migrate.code.scopes import Function
from pinfix.records import record

# Their classes answer to `model_dump` and its like whichever pydantic is installed.
_LIBRARIES = frozenset({"anthropic", "groq", "mistralai", "openai", "sqlmodel"})


@record
class Receivers:
    """Decides for each object of a project whether it is a model."""

    analysis: Analysis
    others: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, analysis: Analysis) -> Receivers:
        made = cls(analysis)
        imported: set[str] = set()
        for module in analysis.project.modules.values():
            for statement in module.nodes(ast.Import, ast.ImportFrom):
                imported.update(_packages(statement))
            for node in module.classes():
                if analysis.models.kind(Own(module, node)) is None and _is_plain(
                    analysis, module, node
                ):
                    made.others.update(
                        (name, f"`{node.name}` defines that name too") for name in _defined(node)
                    )
        for library in sorted(_LIBRARIES & imported):
            made.others.setdefault("", f"objects of {library} have that name too")
        if not any(is_pydantic(package) for package in imported):
            made.others[""] = "the project does not import pydantic"
        return made

    def is_model(self, module: Module, node: ast.expr, name: str) -> bool | str:
        """Whether ``node.name`` is a model's; where that cannot be told, the reason."""
        thing = self.analysis.project.thing(module, node)
        if isinstance(thing, OwnModule) or (
            isinstance(thing, Own) and isinstance(thing.node, Function)
        ):
            return False
        if isinstance(thing, External) and is_pydantic(thing.name):
            return self.analysis.models.kind(thing) is not None
        known = self.analysis.instances.model_of(module, node)
        if known is not None:
            return known
        return self.others.get(name) or self.others.get("") or True


def _packages(statement: ast.AST) -> set[str]:
    if isinstance(statement, ast.Import):
        return {alias.name.partition(".")[0] for alias in statement.names}
    assert isinstance(statement, ast.ImportFrom)
    return {(statement.module or "").partition(".")[0]} if not statement.level else set()


def _is_plain(analysis: Analysis, module: Module, node: ast.ClassDef) -> bool:
    """Whether a class has no base that could be a model of a library."""
    return analysis.models.is_known_otherwise(Own(module, node))


def _defined(node: ast.ClassDef) -> set[str]:
    """The names that instances of a class have by its own text."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, Function):
            found.add(inner.name)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store):
            found.add(inner.attr)
        elif isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
    return {name for name in found if name.startswith("model_")}
