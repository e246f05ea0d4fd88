"""Records beside the data classes that they stand for."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace
from threading import Barrier
from typing import Any

import pytest

from pinfix.records import record


def _point(decorate: Callable[[type], Any]) -> Any:
    class Point:
        """A point."""

        x: int
        y: int = 2
        names: list[str] = field(default_factory=list)
        seen: int = field(default=0, compare=False, repr=False)

        def moved(self, by: int) -> Any:
            return replace(self, x=self.x + by)  # type: ignore[type-var]

    return decorate(Point)


Point = _point(record)
Plain = _point(dataclass(frozen=True, slots=True))
MAKERS = (Point, Plain)


@record
class Pair:
    left: object
    right: object


@record(kw_only=True)
class Named:
    """A field of each kind, all by name."""

    needed: int
    given: str = "g"


@record(kw_only=True)
class NamedFurther(Named):
    """One more, below those that are inherited."""

    more: tuple[int, ...] = ()


@record(eq=False)
class Itself:
    """Equal to itself alone."""

    value: int


@record
class Checked:
    """Works out a field."""

    text: str
    length: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "length", len(self.text))


@record
class Empty:
    """No field at all."""


@record
class Spoken:
    """Has a word of its own for how it is shown."""

    word: str

    def __repr__(self) -> str:
        return self.word


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ((1,), {}),
        ((1, 3), {}),
        ((1, 3, ["a"]), {"seen": 5}),
        ((), {"x": 1, "names": ["b"]}),
        ((), {}),
        ((1,), {"x": 2}),
        ((1, 2, [], 3, 4), {}),
        ((1,), {"z": 2}),
    ],
)
def test_takes_what_a_data_class_takes(
    arguments: tuple[Any, ...], named: dict[str, object]
) -> None:
    assert _told(Point, arguments, named) == _told(Plain, arguments, named)


def _told(make: Any, arguments: tuple[Any, ...], named: dict[str, object]) -> object:
    try:
        made = make(*arguments, **named)
    except TypeError as error:
        return str(error).rpartition("Point.")[2]
    return repr(made), asdict(made), [one.name for one in fields(made)]


def test_a_default_is_made_for_each_instance() -> None:
    first, second = Point(1), Point(1)
    assert first.names is not second.names


def test_equal_fields_are_equal_and_hash_alike() -> None:
    assert Point(1, seen=1) == Point(1, seen=2) != Point(2)
    assert hash(Pair(1, "a")) == hash(Pair(1, "a")) == hash((1, "a"))
    assert Pair(1, 2) != Plain(1, 2)
    assert Pair(1, 2).__eq__((1, 2)) is NotImplemented
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


def test_without_equality_each_is_itself() -> None:
    one = Itself(1)
    assert one == one != Itself(1)
    assert len({one, Itself(1)}) == 2


@pytest.mark.parametrize("make", MAKERS)
def test_fields_cannot_be_set_or_deleted(make: Any) -> None:
    one = make(1)
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'x'"):
        one.x = 2
    with pytest.raises((FrozenInstanceError, TypeError)):
        one.other = 2
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'x'"):
        del one.x
    assert one.x == 1
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("make", MAKERS)
def test_methods_and_replace(make: Any) -> None:
    one = make(1, names=["n"])
    assert one.moved(2) == make(3, names=["n"])
    with pytest.raises(TypeError):
        replace(one, unknown=1)


def test_keywords_alone_and_inheritance() -> None:
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Named(1)  # type: ignore[call-arg, misc]
    with pytest.raises(TypeError, match="needed"):
        Named()  # type: ignore[call-arg]
    one = NamedFurther(needed=1, more=(2,))
    assert repr(one) == "NamedFurther(needed=1, given='g', more=(2,))"
    assert one != Named(needed=1)
    assert isinstance(one, Named)


def test_a_class_without_a_decorator_below() -> None:
    class Below(Pair):
        def __init__(self) -> None:
            super().__init__("l", "r")

    assert (Below().left, Below().right) == ("l", "r")


def test_what_follows_on_the_making() -> None:
    assert Checked("abc").length == 3
    with pytest.raises(TypeError):
        Checked("abc", 4)  # type: ignore[call-arg]


def test_own_methods_stay() -> None:
    assert repr(Spoken("hello")) == "hello"
    assert Spoken("a") == Spoken("a")


def test_patterns_match() -> None:
    match Pair(1, 2):
        case Pair(left, right):
            assert (left, right) == (1, 2)
        case _:
            pytest.fail("no match")


def test_shown_even_where_it_holds_itself() -> None:
    inner: list[object] = []
    one = Pair(1, inner)
    inner.append(one)
    assert repr(one) == "Pair(left=1, right=[...])"


@pytest.mark.parametrize("one", [Pair(1, [2]), Named(needed=3), Checked("ab"), Empty(), Itself(4)])
def test_copied_and_pickled(one: Any) -> None:
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert type(other) is type(one)
        assert repr(other) == repr(one)
    assert copy.deepcopy(Pair(1, inner := [2])).right is not inner


def test_many_threads_may_make_the_first() -> None:
    for _ in range(50):

        @record
        class Fresh:
            value: int

        barrier = Barrier(8)

        def make(value: int, barrier: Barrier = barrier, fresh: Any = Fresh) -> Any:
            barrier.wait()
            return fresh(value).value

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(make, range(8))) == list(range(8))
