from __future__ import annotations

import pytest

from tests.migrate.code.rewriting import after, check, listed

HEAD = "import datetime\nfrom typing import *\nfrom pydantic import BaseModel, Field\n"


def field(text: str) -> str:
    """What becomes of the one field of a model."""
    made = after(f"{HEAD}class A(BaseModel):\n    {text}\n")
    return made.split("class A(BaseModel):\n    ")[1].rstrip("\n").partition("\n\n")[0]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("a: Optional[int]", "a: Optional[int] = ..."),
        ("a: int | None  # why", "a: int | None = ...  # why"),
        ("a: 'Union[int, None]'", "a: 'Union[int, None]' = ..."),
        ("a: Any", "a: Any = ..."),
        ("a: Optional[int] = Field(gt=1)", "a: Optional[int] = Field(..., gt=1)"),
        ("a: Optional[int] = Field()", "a: Optional[int] = Field(...)"),
        (
            "a: Annotated[Optional[int], Field(gt=1)]",
            "a: Annotated[Optional[int], Field(..., gt=1)]",
        ),
        (
            "a: 'Annotated[Optional[int], Field(gt=1)]'",
            "a: 'Annotated[Optional[int], Field(..., gt=1)]'",
        ),
        (
            "a: List[Annotated[int, Field(gt=1)]] = Field(min_length=1)",
            "a: List[conint(gt=1)] = Field(min_items=1)",
        ),
        ("a: Annotated[Optional[int], 'x']", "a: Annotated[Optional[int], 'x'] = ..."),
        ("a: Annotated[int, Field(default=1, gt=0)]", "a: Annotated[int, Field(gt=0)] = 1"),
        ("a: str = Field(pattern='^a')", "a: str = Field(regex='^a')"),
        ("a: list[int] = Field(min_length=1)", "a: list[int] = Field(min_items=1)"),
        (
            "a: Optional[Set[int]] = Field(None, max_length=1)",
            "a: Optional[Set[int]] = Field(None, max_items=1)",
        ),
        ("a: str = Field(json_schema_extra={'x': 1, 'y': [2]})", "a: str = Field(x=1, y=[2])"),
        ("a: str = Field(json_schema_extra={'x-y': 1})", "a: str = Field(**{'x-y': 1})"),
        ("a: str = Field(json_schema_extra=EXTRA)", "a: str = Field(**EXTRA)"),
        ("a: str = Field('a', union_mode='smart')", "a: str = Field('a')"),
        ("a: str = Field('a', frozen=False, title='b')", "a: str = Field('a', title='b')"),
        (
            "a: int = Field(validation_alias='x', serialization_alias='x')",
            "a: int = Field(alias='x')",
        ),
    ],
)
def test_a_field_is_written_as_pydantic_1_has_it(new: str, old: str) -> None:
    assert field(new) == old
    assert field(old) == old


@pytest.mark.parametrize(
    "text",
    [
        "a: Optional[int] = None",
        "a: Optional[int] = Field(None)",
        "a: Optional[list] = Field(default_factory=list)",
        "a: ClassVar[Optional[int]]",
        "a: int",
        "a: str = Field(min_length=1, examples=['x'])",
        "a: Annotated[int, Field(gt=1)] = 1",
        "a: List[Optional[int]]",
    ],
)
def test_a_field_that_says_the_same_in_both_stays(text: str) -> None:
    assert field(text) == text


def test_an_alias_of_a_type_is_followed() -> None:
    check(
        """\
        from typing import Optional
        from pydantic import BaseModel
        from kinds import Maybe
        class A(BaseModel):
            a: Maybe
        """,
        """\
        from typing import Optional
        from pydantic import BaseModel
        from kinds import Maybe
        class A(BaseModel):
            a: Maybe = ...
        """,
        kinds="import typing\nMaybe = typing.Optional[int]\n",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: int = Field(strict=True)", "`Field(strict=…)` has no form"),
        ("a: int = Field(validation_alias='x')", "`validation_alias` has no form"),
        ("a: datetime.date = Field(gt=x)", "does not compare a date with `gt`"),
        ("a: Tuple[int, ...] = Field(min_length=1)", "does not check `min_length` of a tuple"),
        ("a: list = Field(default_factory=lambda data: [])", "takes no argument"),
        ("schema: int", "refuses a field named `schema`"),
        ("a: List[Annotated[list, Field(min_length=1)]]", "ignores `Field` inside of another type"),
    ],
)
def test_what_has_no_form_is_listed(text: str, said: str) -> None:
    (found,) = listed(f"{HEAD}class A(BaseModel):\n    {text}\n")
    assert said in found


def test_settings_name_their_variables() -> None:
    check(
        """\
        from pydantic import AliasChoices, Field
        from pydantic_settings import BaseSettings
        class S(BaseSettings):
            a: int = Field(alias="A_1")
            b: int = Field(1, validation_alias="B_1")
            c: int = Field(1, validation_alias=AliasChoices("C_1", "C_2"), gt=0)
        """,
        """\
        from pydantic import BaseSettings, Field
        class S(BaseSettings):
            a: int = Field(alias="A_1", env="A_1")
            b: int = Field(1, env="B_1")
            c: int = Field(1, env=["C_1", "C_2"], gt=0)
        """,
    )


def test_a_field_of_a_dataclass_is_its_value() -> None:
    check(
        """\
        from typing import Annotated
        from pydantic import Field
        from pydantic.dataclasses import dataclass
        @dataclass
        class A:
            a: Annotated[int, Field(validate_default=True)] = 1
            b: Annotated[str, Field(pattern="b", validate_default=False)] = "b"  # why
            c: int = Field(1, gt=0)
            d: int | None = None
        """,
        """\
        from typing import Annotated
        from pydantic import Field
        from pydantic.dataclasses import dataclass
        @dataclass
        class A:
            a: int = 1
            b: str = Field("b", regex="b")  # why
            c: int = Field(1, gt=0)
            d: int | None = None
        """,
    )
