from __future__ import annotations

import pytest

from tests.migrate.code.rewriting import after, check, listed, unchanged


def test_addresses_become_text() -> None:
    check(
        """\
        from pydantic import BaseModel, EmailStr
        class A(BaseModel):
            a: EmailStr
            b: "list[EmailStr]" = []  # type: list[EmailStr]
        """,
        """\
        from pydantic import BaseModel
        class A(BaseModel):
            a: str
            b: "list[str]" = []  # type: list[EmailStr]
        """,
    )


def test_addresses_stay_where_email_validator_does() -> None:
    text = "from pydantic import BaseModel, EmailStr\nclass A(BaseModel):\n    a: EmailStr\n"
    assert after(text, drop_email=False) == text


def test_names_with_addresses_are_listed() -> None:
    assert (
        "`NameEmail` needs email-validator"
        in listed("from pydantic import NameEmail\na: NameEmail\n")[0]
    )


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (
            "Annotated[str, StringConstraints(pattern='a', max_length=2)]",
            "constr(regex='a', max_length=2)",
        ),
        (
            "Annotated[str, StringConstraints(max_length=2), Field(title='a')]",
            "Annotated[constr(max_length=2), Field(title='a')]",
        ),
        ("list[Annotated[int, Field(gt=0)]]", "list[conint(gt=0)]"),
        ("dict[str, Annotated[str, Field(pattern='a')]]", "dict[str, constr(regex='a')]"),
        ("SerializeAsAny[int]", "int"),
        ("list[SerializeAsAny[list[int]]]", "list[list[int]]"),
    ],
)
def test_a_type_is_written_as_pydantic_1_has_it(new: str, old: str) -> None:
    head = "from typing import Annotated\nfrom pydantic import BaseModel, Field, StringConstraints, SerializeAsAny\n"
    made = after(f"{head}class A(BaseModel):\n    a: {new}\n    b: {new} = None\n")
    assert made.endswith(f"class A(BaseModel):\n    a: {old}\n    b: {old} = None\n")


def test_constrained_types_have_other_words() -> None:
    check(
        "from pydantic import conlist, constr\nA = conlist(constr(pattern='a'), min_length=1)\n",
        "from pydantic import conlist, constr\nA = conlist(constr(regex='a'), min_items=1)\n",
    )


@pytest.mark.parametrize(
    "text",
    [
        "from pydantic import AfterValidator\na = AfterValidator(str)\n",
        "import pydantic\na = pydantic.AwareDatetime\n",
        "from pydantic_core import PydanticCustomError\nraise PydanticCustomError('a', 'b')\n",
        "from pydantic_extra_types.color import Color\na: Color\n",
        "from pydantic import BaseModel, computed_field\nclass A(BaseModel):\n    @computed_field\n    def a(self): ...\n",
        "class A:\n    @classmethod\n    def __get_pydantic_core_schema__(cls, a, b): ...\n",
    ],
)
def test_what_has_no_form_is_listed_and_stays(text: str) -> None:
    unchanged(text)
    assert len(listed(text)) == 1


def test_urls_are_listed_once() -> None:
    (said,) = listed(
        "from pydantic import HttpUrl, BaseModel\nclass A(BaseModel):\n    a: HttpUrl\n    b: HttpUrl\n"
    )
    assert said.startswith("1: URLs of pydantic 1 are str")


def test_generic_models_inherit_from_generic_model() -> None:
    check(
        """\
        from typing import Generic, TypeVar
        from pydantic import BaseModel
        T = TypeVar("T")
        class Page(BaseModel, Generic[T]):
            items: list[T]
            first: T
        class Base(BaseModel): ...
        class Named(Base, Generic[T]): ...
        class Numbers(Page[T], Generic[T]): ...
        """,
        """\
        from typing import Generic, TypeVar
        from pydantic.generics import GenericModel
        from pydantic import BaseModel
        T = TypeVar("T")
        class Page(GenericModel, Generic[T]):
            items: list[T]
            first: T = ...
        class Base(BaseModel): ...
        class Named(Base, GenericModel, Generic[T]): ...
        class Numbers(Page[T], Generic[T]): ...
        """,
    )


def test_what_comes_later_is_told_to_a_model() -> None:
    check(
        """\
        from pydantic import BaseModel, TypeAdapter
        class A(BaseModel):
            b: "list[B]"
        class B(BaseModel):
            a: "A"
        TypeAdapter(B).validate_python({})
        """,
        """\
        from pydantic import BaseModel, parse_obj_as
        class A(BaseModel):
            b: "list[B]"
        class B(BaseModel):
            a: "A"


        A.update_forward_refs()
        parse_obj_as(B, {})
        """,
    )


def test_names_for_type_checkers_are_listed() -> None:
    (said,) = listed(
        """\
        from __future__ import annotations
        from typing import TYPE_CHECKING
        from pydantic import BaseModel
        if TYPE_CHECKING:
            from other import Other
        class A(BaseModel):
            a: Other
        """
    )
    assert said == "6: `update_forward_refs(…)` of the model has to be given `Other`"


def test_root_models_have_a_root() -> None:
    check(
        '''\
        from pydantic import RootModel
        class Tags(RootModel[list[str]]):
            """Tags."""
            def first(self): return self.root[0]
        class Empty(RootModel[int]): pass
        class Named(RootModel):
            root: dict[str, int] = {}
        print(Tags(["a"]).root, Tags(root=[]).model_dump(), f(Named()).root)
        def f(a: Named) -> Named: return a
        ''',
        '''\
        from pydantic import BaseModel
        class Tags(BaseModel):
            """Tags."""

            __root__: list[str]
            def first(self): return self.__root__[0]
        class Empty(BaseModel): __root__: int
        class Named(BaseModel):
            __root__: dict[str, int] = {}
        print(Tags(__root__=["a"]).__root__, Tags(__root__=[]).dict()["__root__"], f(Named()).__root__)
        def f(a: Named) -> Named: return a
        ''',
    )


def test_an_adapter_that_is_kept_becomes_the_type() -> None:
    check(
        """\
        import pydantic
        numbers: pydantic.TypeAdapter[list[int]] = pydantic.TypeAdapter(list[int])
        def read(text): return numbers.validate_json(text), numbers.json_schema()
        """,
        """\
        import pydantic
        numbers = list[int]
        def read(text): return pydantic.parse_raw_as(numbers, text), pydantic.schema_of(numbers)
        """,
    )


@pytest.mark.parametrize("use", ["a.dump_python(1)", "f(a)", "a.validate_python(1, strict=True)"])
def test_an_adapter_that_does_more_is_listed(use: str) -> None:
    text = f"from pydantic import TypeAdapter\na = TypeAdapter(int)\n{use}\n"
    unchanged(text)
    assert "`TypeAdapter`" in listed(text)[0]
