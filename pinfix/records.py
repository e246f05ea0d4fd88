"""Frozen data classes that cost next to nothing to define.

``dataclasses`` writes, compiles and runs the source of six methods for each frozen class with slots:
0.3 ms a class, a fifth of a short run of this many classes, most of which a run never makes an
instance of. A record is such a data class (``fields``, ``replace``, ``asdict`` and ``match`` know
it as one), but its methods are shared code, and its ``__init__`` is compiled at the first instance.
"""

from __future__ import annotations

from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import dataclass_transform

    T = TypeVar("T")
else:

    def dataclass_transform(**_):
        """PEP 681 speaks to type checkers alone, and Python 3.10 does not have it."""
        return lambda decorator: decorator


@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[T], /) -> type[T]: ...
@overload
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(*, eq: bool = True, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
def record(cls: Any = None, /, *, eq: bool = True, kw_only: bool = False) -> Any:
    """``dataclass(frozen=True, slots=True)`` without its price; a decorator, bare or called.

    :param eq: whether instances with equal fields are equal and hash alike; else each is itself.
    :param kw_only: whether the fields can be given by name alone.
    :raises TypeError: for a field that ``dataclasses.dataclass`` refuses.
    """
    if cls is None:
        return lambda cls: _made(cls, eq=eq, kw_only=kw_only)
    return _made(cls, eq=eq, kw_only=kw_only)


def _made(cls: Any, *, eq: bool, kw_only: bool) -> Any:
    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # dataclass would work out a signature to stand here
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    methods: dict[str, Callable[..., object]] = {
        "__init__": _deferred_init(made),
        "__repr__": _repr,
        "__getstate__": _state,
        "__setstate__": _restore,
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
    }
    if eq:
        methods |= _equality_methods([one.name for one in fields(made) if one.compare])
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(made, name, method)
    return made


# -- __init__ -----------------------------------------------------------------------------------


def _deferred_init(made: Any) -> Callable[..., None]:
    def init(self: object, *args: object, **kwargs: object) -> None:
        made.__init__ = compiled = _compiled_init(made)
        compiled(self, *args, **kwargs)

    return init


def _compiled_init(made: Any) -> Callable[..., None]:
    """As dataclass writes it, but for the slots, which are set by their descriptors."""
    scope: dict[str, Any] = {"MISSING": MISSING}
    parameters: list[str] = []
    body: list[str] = []
    # Those that can be given by name alone stand behind the others, and behind a star.
    for one in sorted((one for one in fields(made) if one.init), key=lambda one: bool(one.kw_only)):
        if one.kw_only and "*" not in parameters:
            parameters.append("*")
        parameters.append(_parameter(one, scope))
        scope[f"set_{one.name}"] = getattr(made, one.name).__set__
        value = one.name
        if one.default_factory is not MISSING:
            scope[f"make_{value}"] = one.default_factory
            value = f"make_{value}() if {value} is MISSING else {value}"
        body.append(f"set_{one.name}(self, {value})")
    if hasattr(made, "__post_init__"):
        body.append("self.__post_init__()")
    source = f"def __init__({', '.join(['self', *parameters])}):\n "
    exec(source + "\n ".join(body or ["pass"]), scope)
    compiled: Callable[..., None] = scope["__init__"]
    compiled.__qualname__ = f"{made.__qualname__}.__init__"
    return compiled


def _parameter(one: Field[Any], scope: dict[str, Any]) -> str:
    if one.default_factory is not MISSING:
        return f"{one.name}=MISSING"
    if one.default is MISSING:
        return one.name
    scope[f"default_{one.name}"] = one.default
    return f"{one.name}=default_{one.name}"


# -- the other methods --------------------------------------------------------------------------


def _equality_methods(names: list[str]) -> dict[str, Callable[..., object]]:
    values: Callable[[Any], object] = attrgetter(*names) if names else lambda _: ()

    def equal(self: object, other: object) -> object:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values(self) == values(other)

    return {"__eq__": equal, "__hash__": lambda self: hash(values(self))}


@recursive_repr()
def _repr(self: Any) -> str:
    values = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{self.__class__.__qualname__}({', '.join(values)})"


def _state(self: Any) -> dict[str, object]:
    """What is copied and pickled; as the way by attributes is closed, ``_restore`` takes it."""
    return {one.name: getattr(self, one.name) for one in fields(self)}


def _restore(self: object, state: dict[str, object]) -> None:
    for name, value in state.items():
        object.__setattr__(self, name, value)


def _refuse_to_set(self: object, name: str, value: object) -> None:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")
