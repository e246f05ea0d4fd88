"""What a type annotation says: its outermost type, its arguments, whether it takes None."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pinfix.migrate.code.names import Module, Own, Project
from pinfix.records import record

# The names of the builtin and the abstract collections, whichever way they are written.
_SPELLED = {
    "typing.List": "list",
    "typing.Set": "set",
    "typing.FrozenSet": "frozenset",
    "typing.Dict": "dict",
    "typing.Tuple": "tuple",
    "typing.Type": "type",
    "typing.DefaultDict": "dict",
    "typing.OrderedDict": "dict",
}
_DEEPEST = 12


@record
class Annotation:
    """An annotation, and the module in which its names mean something.

    ``head`` is the name of the outermost type: ``list``, ``str``, ``typing.Optional``, or ``|``.
    ``own`` is that type where the project defines it.
    """

    module: Module
    node: ast.expr
    head: str
    own: Own | None
    arguments: tuple[ast.expr, ...]

    def inner(self, project: Project, index: int = 0) -> Annotation:
        """One of the arguments, as an annotation."""
        return read_annotation(project, self.module, self.arguments[index])


def read_annotation(project: Project, module: Module, node: ast.expr, depth: int = 0) -> Annotation:
    """An annotation with its quotes off, and with the project's own type aliases followed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        quoted = module.source.quoted.get(node)
        return (
            Annotation(module, node, "", None, ())
            if quoted is None
            else read_annotation(project, module, quoted, depth)
        )
    if isinstance(node, ast.Constant) and node.value is None:
        return Annotation(module, node, "None", None, ())
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return Annotation(module, node, "|", None, tuple(_alternatives(node)))
    arguments: tuple[ast.expr, ...] = ()
    named: ast.expr = node
    if isinstance(node, ast.Subscript):
        named = node.value
        arguments = tuple(node.slice.elts) if isinstance(node.slice, ast.Tuple) else (node.slice,)
    thing = project.thing(module, named)
    if isinstance(thing, Own):
        return Annotation(module, node, "", thing, arguments)
    head = project.name(module, named)
    if not head and not arguments and depth < _DEEPEST:
        assigned = project.value(module, named)
        if assigned is not None:
            return read_annotation(project, *assigned, depth + 1)
    head = _SPELLED.get(head, head.removeprefix("builtins."))
    return Annotation(module, node, head, None, arguments)


def takes_none(project: Project, annotation: Annotation) -> bool:
    """Whether a field of pydantic 1 without a default takes None, and so has the default None."""
    if annotation.head in ("typing.Optional", "typing.Any", "object"):
        return True
    if annotation.head in ("|", "typing.Union"):
        return any(
            annotation.inner(project, index).head in ("None", "typing.Any")
            or takes_none(project, annotation.inner(project, index))
            for index in range(len(annotation.arguments))
        )
    if annotation.head == "typing.Annotated" and annotation.arguments:
        return takes_none(project, annotation.inner(project))
    return False


def without_none(project: Project, annotation: Annotation) -> Annotation:
    """The type of a field beneath Annotated and Optional; a union of several stays as it is."""
    if annotation.head in ("typing.Optional", "typing.Annotated") and annotation.arguments:
        return without_none(project, annotation.inner(project))
    if annotation.head in ("|", "typing.Union"):
        inner = [annotation.inner(project, index) for index in range(len(annotation.arguments))]
        others = [one for one in inner if one.head != "None"]
        if len(others) == 1:
            return without_none(project, others[0])
    return annotation


def is_class_variable(project: Project, annotation: Annotation) -> bool:
    """Whether an annotation keeps a name from being a field."""
    if annotation.head == "typing.Annotated" and annotation.arguments:
        return is_class_variable(project, annotation.inner(project))
    return annotation.head == "typing.ClassVar"


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node
