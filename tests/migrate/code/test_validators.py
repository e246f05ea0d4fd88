from __future__ import annotations

import pytest

from tests.migrate.code.rewriting import after, check, listed, unchanged


def test_field_validators_become_validators() -> None:
    check(
        """\
        from pydantic import BaseModel, ValidationInfo, field_validator
        class A(BaseModel):
            a: int
            b: int

            @field_validator("a", mode="before")
            @classmethod
            def first(cls, v): return v

            @field_validator("a", "b", mode="after", check_fields=False)
            @classmethod
            def second(cls, v: int, info: ValidationInfo) -> int:
                return v + len(f"{info.field_name}") + info.data["a"]
        """,
        """\
        from pydantic import BaseModel, validator
        class A(BaseModel):
            a: int
            b: int

            @validator("a", pre=True)
            @classmethod
            def first(cls, v): return v

            @validator("a", "b", check_fields=False)
            @classmethod
            def second(cls, v: int, values: dict, field) -> int:
                return v + len(f"{field.name}") + values["a"]
        """,
    )


def test_a_validator_that_is_applied_may_be_used_again() -> None:
    check(
        """\
        import pydantic as p
        def lower(v): return v.lower()
        class A(p.BaseModel):
            a: str
            _lower = p.field_validator("a")(lower)
        """,
        """\
        import pydantic as p
        def lower(v): return v.lower()
        class A(p.BaseModel):
            a: str
            _lower = p.validator("a", allow_reuse=True)(lower)
        """,
    )


def test_a_class_inside_of_a_function_is_made_more_than_once() -> None:
    made = after(
        """\
        from pydantic import BaseModel, field_validator
        def make():
            class A(BaseModel):
                a: int
                @field_validator("a")
                def check(cls, v): return v
        """
    )
    assert '@validator("a", allow_reuse=True)' in made


def test_a_default_that_is_validated_makes_its_validator_run_always() -> None:
    made = after(
        """\
        from pydantic import BaseModel, Field, field_validator
        class A(BaseModel):
            a: int = Field(1, validate_default=True)
            @field_validator("a")
            def check(cls, v): return v
        """
    )
    assert "a: int = Field(1)" in made
    assert '@validator("a", always=True)' in made


@pytest.mark.parametrize(
    ("decorator", "parameters", "said"),
    [
        ('field_validator("a", mode="wrap")', "cls, v, handler", "the mode 'wrap'"),
        ('field_validator("a", mode="plain")', "cls, v", "the mode 'plain'"),
        ('field_validator("a", mode=MODE)', "cls, v", "its mode is not written out"),
        ('field_validator("a")', "cls, v, info", "`info.context` has no form"),
        ('model_validator(mode="wrap")', "cls, v, handler", "this mode has no form"),
        ('model_validator(mode="before")', "cls, v, info", "no ValidationInfo"),
    ],
)
def test_what_has_no_form_is_listed(decorator: str, parameters: str, said: str) -> None:
    text = f"""\
        from pydantic import BaseModel, field_validator, model_validator
        class A(BaseModel):
            a: int
            @{decorator}
            @classmethod
            def check({parameters}):
                return {parameters.rpartition(", ")[2]}.context
        """
    assert f"@{decorator}" in after(text)
    assert said in listed(text)[0]


def test_model_validators_become_root_validators() -> None:
    check(
        """\
        from typing_extensions import Self
        from pydantic import BaseModel, model_validator
        class A(BaseModel):
            a: int
            b: int = 1

            @model_validator(mode="before")
            @classmethod
            def first(cls, data): return data

            @model_validator(mode="after")
            def second(self) -> Self:
                # the sum
                if self.a > self.b:
                    raise ValueError(f"{self.a} is more than {self.b!r:>{self.b}} in {type(self)}" f'{self.a=}')
                self.b = self.a
                return self
        """,
        """\
        from typing_extensions import Self
        from pydantic import BaseModel, root_validator
        class A(BaseModel):
            a: int
            b: int = 1

            @root_validator(pre=True)
            @classmethod
            def first(cls, data): return data

            @root_validator(skip_on_failure=True)
            def second(cls, values) -> dict:
                # the sum
                if values["a"] > values["b"]:
                    raise ValueError(f"{values['a']} is more than {values['b']!r:>{values['b']}} in {cls}" f'{values["a"]=}')
                values["b"] = values["a"]
                return values
        """,
    )


def test_a_body_that_calls_methods_works_on_an_instance() -> None:
    check(
        """\
        from pydantic import BaseModel, model_validator
        class A(BaseModel):
            a: int
            def ok(self): return self.a
            @model_validator(mode="after")
            def check(self):
                def inner():
                    return self
                if not self.ok():
                    return self if inner() else self.other()
                return self
        """,
        """\
        from pydantic import BaseModel, root_validator
        class A(BaseModel):
            a: int
            def ok(self): return self.a
            @root_validator(skip_on_failure=True)
            def check(cls, values):
                self = cls.construct(**values)
                def inner():
                    return self
                if not self.ok():
                    return (self if inner() else self.other()).__dict__
                return self.__dict__
        """,
    )


def test_a_before_validator_that_asks_for_text_is_listed() -> None:
    said = listed(
        """\
        from pydantic import BaseModel, model_validator
        class A(BaseModel):
            @model_validator(mode="before")
            @classmethod
            def first(cls, data):
                if isinstance(data, str):
                    return {"a": data}
                return data
        """
    )
    assert said[0].startswith("6: a root validator of pydantic 1 sees dicts alone")


def test_two_validators_that_come_first_run_the_other_way_round() -> None:
    said = listed(
        """\
        from pydantic import BaseModel, field_validator
        class A(BaseModel):
            a: int
            @field_validator("a", mode="before")
            def first(cls, v): return v
            @field_validator("a", mode="before")
            def second(cls, v): return v
        """
    )
    assert said[0].startswith("6: a second validator that comes first")


def test_validators_of_something_else_stay() -> None:
    unchanged(
        """\
        from marshmallow import field_validator
        class A:
            @field_validator("a", mode="before")
            def first(cls, v): return v
        """
    )


def test_validators_of_an_annotation_become_those_of_the_class() -> None:
    check(
        """\
        from typing import Annotated
        from pydantic import AfterValidator, BaseModel, BeforeValidator, Field
        def odd(v): return v
        class A(BaseModel):
            a: Annotated[int, BeforeValidator(int)] = 1  # one
            b: Annotated[int, Field(gt=0), AfterValidator(odd), AfterValidator(lambda v: v + 1)]
        """,
        """\
        from typing import Annotated
        from pydantic import validator, BaseModel, Field
        def odd(v): return v
        class A(BaseModel):
            a: int = 1  # one
            _check_a = validator("a", pre=True, allow_reuse=True)(lambda value: int(value))
            b: Annotated[int, Field(gt=0)]
            _check_b_1 = validator("b", allow_reuse=True)(odd)
            _check_b_2 = validator("b", allow_reuse=True)(lambda v: v + 1)
        """,
    )


@pytest.mark.parametrize(
    "text",
    [
        "A = Annotated[int, AfterValidator(int)]",
        "class A(BaseModel):\n    a: list[Annotated[int, AfterValidator(int)]]",
        "class A(BaseModel):\n    a: Annotated[int, AfterValidator(lambda v, info: v)]",
    ],
)
def test_validators_of_other_annotations_are_listed(text: str) -> None:
    head = "from typing import Annotated\nfrom pydantic import AfterValidator, BaseModel\n"
    unchanged(head + text)
    assert "`pydantic.AfterValidator` has no form" in listed(head + text)[0]
