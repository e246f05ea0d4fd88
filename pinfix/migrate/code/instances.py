"""Of which class an expression's value is, as far as the source says so.

Followed are annotations of variables, parameters, attributes and results, constructor calls,
``self`` and ``cls``, the models' own class methods, loops over collections of models, and
attributes of all these. What is not known stays unknown: nothing is guessed here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import field

from pinfix.migrate.code.annotations import Annotation, read_annotation
from pinfix.migrate.code.models import Models
from pinfix.migrate.code.names import External, Module, Own, Project
from pinfix.migrate.code.scopes import Binding, Function
from pinfix.records import record


@record
class Instance:
    """A value of a class."""

    of: Own | External


@record
class ClassItself:
    """A class, or one that inherits from it."""

    of: Own | External


@record
class Many:
    """A collection whose elements are all of one type."""

    element: Type | None


@record
class Mapped:
    """A mapping whose values are all of one type."""

    value: Type | None


@record
class Row:
    """A tuple of a known length."""

    parts: tuple[Type | None, ...]


@record
class Adapter:
    """A TypeAdapter for values of one type."""

    value: Type | None


@record
class AnyOf:
    """A value of one of several types, None aside."""

    parts: tuple[Type | None, ...]


Type = Instance | ClassItself | Many | Mapped | Row | Adapter | AnyOf

_COLLECTIONS = frozenset(
    {
        *("list", "set", "frozenset"),
        *(
            f"{module}.{name}"
            for module in ("typing", "collections.abc")
            for name in (
                *("Sequence", "Iterable", "Iterator", "Collection", "Set", "AbstractSet"),
                *("MutableSequence", "MutableSet", "Generator", "AsyncIterator", "AsyncIterable"),
                *("AsyncGenerator", "KeysView", "ValuesView"),
            )
        ),
        "collections.deque",
        "typing.Deque",
    }
)
_MAPPINGS = frozenset(
    {
        *("dict", "collections.OrderedDict", "collections.defaultdict"),
        *(
            f"{module}.{name}"
            for module in ("typing", "collections.abc")
            for name in ("Mapping", "MutableMapping")
        ),
    }
)
# What wraps a type without changing what its value can do.
_WRAPPERS = frozenset(
    {
        *("typing.Optional", "typing.Annotated", "typing.ClassVar", "typing.Final"),
        *("typing.Required", "typing.NotRequired", "typing.Awaitable", "collections.abc.Awaitable"),
    }
)
# Functions whose result has the elements of their first argument.
_SAME_ELEMENTS = frozenset(
    f"builtins.{name}"
    for name in ("list", "set", "tuple", "sorted", "reversed", "frozenset", "iter")
)
# Class methods of models that make an instance, and methods that make another one.
_MAKING = frozenset(
    {
        *("model_validate", "model_validate_json", "model_validate_strings", "model_construct"),
        *("parse_obj", "parse_raw", "parse_file", "from_orm", "construct", "validate"),
    }
)
_COPYING = frozenset({"model_copy", "copy"})
_CLASS_METHODS = "builtins.classmethod"


@record
class Instances:
    """The types of a project's expressions."""

    project: Project
    models: Models
    _known: dict[ast.AST, Type | None] = field(default_factory=dict)

    def type_of(self, module: Module, node: ast.expr) -> Type | None:
        """The type of an expression's value; None where it is not known."""
        if node not in self._known:
            self._known[node] = None  # where it depends on itself
            self._known[node] = self._type_of(module, node)
        return self._known[node]

    def model_of(self, module: Module, node: ast.expr) -> bool | None:
        """Whether an expression is a model or its class: None where that is not known."""
        return self._is_model(self.type_of(module, node))

    def _is_model(self, kind: Type | None) -> bool | None:
        if kind is None:
            return None
        if isinstance(kind, AnyOf):
            answers = {self._is_model(part) for part in kind.parts}
            return answers.pop() if len(answers) == 1 else None
        if not isinstance(kind, Instance | ClassItself):
            return False
        if self.models.kind(kind.of) in ("model", "root", "settings"):
            return True
        return False if self.models.is_known_otherwise(kind.of) else None

    def annotated(self, annotation: Annotation) -> Type | None:
        """What a value of an annotated place is."""
        if annotation.own is not None:
            return Instance(annotation.own)
        head, count = annotation.head, len(annotation.arguments)
        if head in ("|", "typing.Union"):
            inner = [annotation.inner(self.project, index) for index in range(count)]
            return _one_of(self.annotated(one) for one in inner if one.head != "None")
        if head in ("type", "typing.Type") and count:
            inside = self.annotated(annotation.inner(self.project))
            return ClassItself(inside.of) if isinstance(inside, Instance) else None
        if head in _WRAPPERS and count:
            return self.annotated(annotation.inner(self.project))
        if head in _COLLECTIONS and count:
            return Many(self.annotated(annotation.inner(self.project)))
        if head in _MAPPINGS and count > 1:
            return Mapped(self.annotated(annotation.inner(self.project, 1)))
        if head == "tuple" and count:
            return self._tuple(annotation)
        if isinstance(annotation.node, ast.Call):
            return self._type_variable(annotation)
        if head in ("", "typing.Any", "object") or head.startswith("typing."):
            return None
        return Instance(External(head if "." in head else f"builtins.{head}"))

    def _tuple(self, annotation: Annotation) -> Type | None:
        last = annotation.arguments[-1]
        if isinstance(last, ast.Constant) and last.value is Ellipsis:
            return Many(self.annotated(annotation.inner(self.project)))
        inner = (annotation.inner(self.project, i) for i in range(len(annotation.arguments)))
        return Row(tuple(self.annotated(one) for one in inner))

    def _type_variable(self, annotation: Annotation) -> Type | None:
        """The bound of ``T = TypeVar("T", bound=Model)``."""
        call = annotation.node
        assert isinstance(call, ast.Call)
        if self.project.name(annotation.module, call.func) != "typing.TypeVar":
            return None
        bound = next((one.value for one in call.keywords if one.arg == "bound"), None)
        if bound is None:
            return None
        return self.annotated(read_annotation(self.project, annotation.module, bound))

    def _type_of(self, module: Module, node: ast.expr) -> Type | None:
        if isinstance(node, ast.Name):
            return self._of_name(module, node)
        if isinstance(node, ast.Attribute):
            return self._of_attribute(module, node)
        if isinstance(node, ast.Call):
            return self._of_call(module, node)
        if isinstance(node, ast.Await | ast.NamedExpr | ast.Starred):
            return self.type_of(module, node.value)
        if isinstance(node, ast.Subscript):
            return self._of_subscript(module, node)
        return self._of_literal(module, node)

    def _of_literal(self, module: Module, node: ast.expr) -> Type | None:
        if isinstance(node, ast.IfExp):
            return _one_of(self._of_each(module, (node.body, node.orelse)))
        if isinstance(node, ast.BoolOp):
            return _one_of(self._of_each(module, node.values))
        if isinstance(node, ast.List | ast.Set):
            return Many(_one_of(self._of_each(module, node.elts)))
        if isinstance(node, ast.Tuple):
            return Row(tuple(self._of_each(module, node.elts)))
        if isinstance(node, ast.ListComp | ast.SetComp | ast.GeneratorExp):
            return Many(self.type_of(module, node.elt))
        if isinstance(node, ast.DictComp):
            return Mapped(self.type_of(module, node.value))
        if isinstance(node, ast.Dict):
            return Mapped(_one_of(self._of_each(module, node.values)))
        if isinstance(node, ast.Constant) and node.value is not None:
            return Instance(External(f"builtins.{type(node.value).__name__}"))
        return None

    def _of_each(self, module: Module, nodes: Iterable[ast.expr]) -> list[Type | None]:
        return [
            self.type_of(module, node)
            for node in nodes
            if not (isinstance(node, ast.Constant) and node.value is None)
        ]

    def _of_name(self, module: Module, node: ast.Name) -> Type | None:
        thing = self.project.thing(module, node)
        if isinstance(thing, Own) and isinstance(thing.node, ast.ClassDef):
            return ClassItself(thing)
        if isinstance(thing, External) and not thing.name.startswith("builtins."):
            return ClassItself(thing)
        return self._of_bindings(module, module.scope(node).lookup(node.id))

    def _of_bindings(self, module: Module, bindings: Sequence[Binding]) -> Type | None:
        annotated = [one for one in bindings if one.annotation is not None]
        if len(annotated) == 1 and all(one.kind == "value" for one in bindings):
            return self._of_binding(module, annotated[0])
        return _one_of(self._of_binding(module, one) for one in bindings if not _is_none(one.value))

    def _of_binding(self, module: Module, binding: Binding) -> Type | None:
        if binding.annotation is not None:
            declared = self.annotated(read_annotation(self.project, module, binding.annotation))
            if isinstance(binding.statement, Function):
                return _as_received(binding, declared)
            return declared
        if binding.kind == "parameter":
            return self._of_receiver(module, binding)
        if isinstance(binding.node, ast.alias):
            return self._of_imported(module, binding)
        if binding.value is None:
            return None
        made = self.type_of(module, binding.value)
        if binding.kind == "element":
            made = element_of(made)
        elif binding.kind not in ("value", "entered"):
            return None
        for index in binding.path:
            made = _part(made, index)
        return made

    def _of_imported(self, module: Module, binding: Binding) -> Type | None:
        statement, alias = binding.statement, binding.node
        if not isinstance(statement, ast.ImportFrom) or not isinstance(alias, ast.alias):
            return None
        own = self.project.imported_module(module, statement.module or "", statement.level)
        if own is None or own is module:
            return None
        return self._of_bindings(own, own.scopes.module.bindings.get(alias.name, []))

    def _of_receiver(self, module: Module, binding: Binding) -> Type | None:
        """The class that ``self`` or ``cls`` is of, or is."""
        function = binding.statement
        if not isinstance(function, Function):
            return None
        owner = module.scopes.parents.get(function)
        first = [*function.args.posonlyargs, *function.args.args][:1]
        if not isinstance(owner, ast.ClassDef) or first != [binding.node]:
            return None
        decorators = {
            self.project.name(module, one.func if isinstance(one, ast.Call) else one)
            for one in function.decorator_list
        }
        if "builtins.staticmethod" in decorators:
            return None
        implicit = function.name in ("__new__", "__init_subclass__", "__class_getitem__")
        if _CLASS_METHODS in decorators or implicit or binding.name == "cls":
            return ClassItself(Own(module, owner))
        return Instance(Own(module, owner))

    def _of_attribute(self, module: Module, node: ast.Attribute) -> Type | None:
        thing = self.project.thing(module, node)
        if isinstance(thing, Own) and isinstance(thing.node, ast.ClassDef):
            return ClassItself(thing)
        if isinstance(thing, External) and not thing.name.startswith("builtins."):
            return ClassItself(thing)
        receiver = self.type_of(module, node.value)
        if isinstance(receiver, Instance | ClassItself) and isinstance(receiver.of, Own):
            return self._of_member(receiver.of, node.attr)
        return None

    def _of_member(self, own: Own, name: str) -> Type | None:
        """What an attribute of an instance is, if it is declared, or set from what is known."""
        for ancestor in self.models.lineage(own):
            assert isinstance(ancestor.node, ast.ClassDef)
            module = ancestor.module
            for statement in ancestor.node.body:
                if (
                    isinstance(statement, ast.AnnAssign)
                    and isinstance(statement.target, ast.Name)
                    and statement.target.id == name
                ):
                    return self.annotated(
                        read_annotation(self.project, module, statement.annotation)
                    )
                if isinstance(statement, Function) and statement.name == name:
                    return self._of_property(module, statement)
            found = self._set_on_self(ancestor, name)
            if found is not None:
                return found
        return None

    def _of_property(self, module: Module, function: Function) -> Type | None:
        names = {self.project.name(module, one) for one in function.decorator_list}
        if names & {"builtins.property", "functools.cached_property", "pydantic.computed_field"}:
            return self._returned(module, function)
        return None

    def _set_on_self(self, own: Own, name: str) -> Type | None:
        """The type of ``self.name = value`` in the methods of a class."""
        assert isinstance(own.node, ast.ClassDef)
        found: list[Type | None] = []
        for method in own.node.body:
            if not isinstance(method, Function) or not method.args.args:
                continue
            me = method.args.args[0].arg
            for node in ast.walk(method):
                targets = node.targets if isinstance(node, ast.Assign) else []
                if isinstance(node, ast.AnnAssign):
                    targets = [node.target]
                for target in targets:
                    if _is_attribute(target, me, name):
                        assert isinstance(node, ast.Assign | ast.AnnAssign)
                        found.append(self._assigned_type(own.module, node))
        return _one_of(found)

    def _assigned_type(self, module: Module, node: ast.Assign | ast.AnnAssign) -> Type | None:
        if isinstance(node, ast.AnnAssign):
            return self.annotated(read_annotation(self.project, module, node.annotation))
        return self.type_of(module, node.value)

    def _of_call(self, module: Module, node: ast.Call) -> Type | None:
        thing = self.project.thing(module, node.func)
        if isinstance(thing, Own):
            if isinstance(thing.node, ast.ClassDef):
                return Instance(thing)
            return self._returned(thing.module, thing.node)
        if isinstance(thing, External):
            return self._of_library_call(module, node, thing)
        if isinstance(node.func, ast.Attribute):
            return self._of_method_call(module, node.func)
        called = self.type_of(module, node.func)
        return Instance(called.of) if isinstance(called, ClassItself) else None

    def _of_library_call(self, module: Module, node: ast.Call, thing: External) -> Type | None:
        first = node.args[0] if node.args else None
        if thing.name == "builtins.super":
            return self._of_super(module, node)
        if thing.name in _SAME_ELEMENTS and first is not None:
            return Many(element_of(self.type_of(module, first)))
        if thing.name == "builtins.enumerate" and first is not None:
            return Many(Row((None, element_of(self.type_of(module, first)))))
        if thing.name == "builtins.zip":
            return Many(Row(tuple(element_of(self.type_of(module, one)) for one in node.args)))
        if thing.name in ("builtins.next", "builtins.max", "builtins.min") and len(node.args) == 1:
            return element_of(self.type_of(module, node.args[0]))
        if thing.name == "pydantic.TypeAdapter" and first is not None:
            return Adapter(self.annotated(read_annotation(self.project, module, first)))
        if thing.name in ("typing.cast", "pydantic.parse_obj_as") and first is not None:
            return self.annotated(read_annotation(self.project, module, first))
        if thing.name == "builtins.type" and len(node.args) == 1:
            made = self.type_of(module, node.args[0])
            return ClassItself(made.of) if isinstance(made, Instance) else None
        if thing.name.startswith("builtins.") and thing.name[9:10].islower():
            return Instance(thing) if thing.name in _BUILTIN_CLASSES else None
        return Instance(thing) if self.models.kind(thing) else None

    def _of_super(self, module: Module, node: ast.Call) -> Type | None:
        function = module.within(node, ast.FunctionDef, ast.AsyncFunctionDef)
        owner = module.within(node, ast.ClassDef)
        if function is None or not isinstance(owner, ast.ClassDef):
            return None
        return Instance(Own(module, owner))

    def _of_method_call(self, module: Module, function: ast.Attribute) -> Type | None:
        receiver = self.type_of(module, function.value)
        if isinstance(receiver, Mapped):
            return _of_mapping_method(receiver, function.attr)
        if isinstance(receiver, Adapter):
            return receiver.value if function.attr in ("validate_python", "validate_json") else None
        if isinstance(receiver, Many) and function.attr in ("pop", "popleft"):
            return receiver.element
        if not isinstance(receiver, Instance | ClassItself):
            return None
        if isinstance(receiver.of, Own):
            definer = self.models.defines(receiver.of, function.attr)
            if definer is not None:
                assert isinstance(definer.node, ast.ClassDef)
                for method in definer.node.body:
                    if isinstance(method, Function) and method.name == function.attr:
                        return self._returned(definer.module, method, receiver)
        if self.models.kind(receiver.of) is None:
            return None
        if function.attr in _MAKING or function.attr in _COPYING:
            return Instance(receiver.of)
        return None

    def _returned(
        self, module: Module, function: Function, receiver: Instance | ClassItself | None = None
    ) -> Type | None:
        if function.returns is None:
            return None
        annotation = read_annotation(self.project, module, function.returns)
        if annotation.head == "typing.Self":
            return Instance(receiver.of) if receiver is not None else None
        if annotation.head.rpartition(".")[2] in ("Generator", "Iterator", "AsyncIterator"):
            inside = (
                Many(self.annotated(annotation.inner(self.project)))
                if annotation.arguments
                else None
            )
            names = {self.project.name(module, one) for one in function.decorator_list}
            manages = {"contextlib.contextmanager", "contextlib.asynccontextmanager"}
            return inside.element if inside and names & manages else inside
        return self.annotated(annotation)

    def _of_subscript(self, module: Module, node: ast.Subscript) -> Type | None:
        made = self.type_of(module, node.value)
        if isinstance(made, ClassItself):  # a generic model: Page[int]
            return made
        if isinstance(made, Mapped):
            return made.value
        if isinstance(made, Many):
            return made if isinstance(node.slice, ast.Slice) else made.element
        if isinstance(made, Row) and isinstance(node.slice, ast.Constant):
            index = node.slice.value
            return _part(made, index) if isinstance(index, int) else None
        return None


_BUILTIN_CLASSES = frozenset(
    f"builtins.{name}"
    for name in ("str", "int", "float", "bytes", "bool", "dict", "object", "bytearray", "complex")
)


def element_of(kind: Type | None) -> Type | None:
    """What a loop over a value gives."""
    if isinstance(kind, Many):
        return kind.element
    if isinstance(kind, Row):
        return _one_of(kind.parts)
    if isinstance(kind, AnyOf):
        return _one_of(element_of(part) for part in kind.parts)
    return None


def _part(kind: Type | None, index: int) -> Type | None:
    if isinstance(kind, Row):
        return kind.parts[index] if -len(kind.parts) <= index < len(kind.parts) else None
    return kind.element if isinstance(kind, Many) else None


def _one_of(kinds: Iterable[Type | None]) -> Type | None:
    different = tuple(dict.fromkeys(kinds))
    if not different:
        return None
    return different[0] if len(different) == 1 else AnyOf(different)


def _of_mapping_method(receiver: Mapped, name: str) -> Type | None:
    if name == "values":
        return Many(receiver.value)
    if name == "items":
        return Many(Row((None, receiver.value)))
    return receiver.value if name in ("get", "pop", "setdefault") else None


def _as_received(binding: Binding, declared: Type | None) -> Type | None:
    """``*args: X`` is a tuple of X, ``**kwargs: X`` a mapping to X."""
    function = binding.statement
    assert isinstance(function, Function)
    if binding.node is function.args.vararg:
        return Many(declared)
    return Mapped(declared) if binding.node is function.args.kwarg else declared


def _is_none(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_attribute(node: ast.expr, of: str, name: str) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and node.attr == name
        and isinstance(node.value, ast.Name)
        and node.value.id == of
    )
