from __future__ import annotations

import pytest

from tests.migrate.code.rewriting import after, check, listed, migrated, unchanged

VALIDATED = (
    "class A(BaseModel):\n    a: int\n    @field_validator('a')\n    def check(cls, v): return v\n"
)


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (
            "from pydantic import field_validator, BaseModel",
            "from pydantic import validator, BaseModel",
        ),
        (
            "from pydantic import (\n    BaseModel,\n    ConfigDict,  # x\n    field_validator,\n)",
            "from pydantic import (\n    BaseModel,\n    ConfigDict,  # x\n    validator,\n)",
        ),
        (
            "from pydantic.main import BaseModel\nfrom pydantic.functional_validators import field_validator",
            "from pydantic.main import BaseModel\nfrom pydantic import validator",
        ),
        ("from pydantic import *", "from pydantic import validator\nfrom pydantic import *"),
        (
            '"""Doc."""\nfrom __future__ import annotations\nimport os\nfrom pydantic.main import BaseModel\nfrom pydantic.functional_validators import field_validator, model_validator',
            '"""Doc."""\nfrom __future__ import annotations\nimport os\nfrom pydantic.main import BaseModel\nfrom pydantic import validator',
        ),
    ],
)
def test_names_are_imported_where_their_forerunners_were(new: str, old: str) -> None:
    made = after(f"{new}\n{VALIDATED}")
    assert made == f"{old}\n{VALIDATED.replace('field_validator', 'validator')}"


def test_names_that_are_used_elsewhere_stay() -> None:
    made = after(
        """\
        from pydantic import BaseModel, EmailStr, field_validator
        class A(BaseModel):
            a: int
            @field_validator("a")
            def first(cls, v): return v
            @field_validator("a", mode="wrap")
            def second(cls, v, handler): return v
        """
    )
    assert made.startswith("from pydantic import BaseModel, EmailStr, field_validator, validator\n")


def test_a_name_of_ones_own_is_not_touched() -> None:
    made = after(
        """\
        from pydantic import BaseModel, field_validator
        def validator(): ...
        class A(BaseModel):
            a: int
            @field_validator("a")
            def check(cls, v): return validator()
        """
    )
    assert "from pydantic import BaseModel, validator as pydantic_validator\n" in made
    assert '@pydantic_validator("a")' in made
    assert "return validator()" in made


def test_aliases_and_re_exports_are_followed() -> None:
    base = """\
        from pydantic import BaseModel as Model, ConfigDict as Settings, EmailStr
        import pydantic as p
        Base = Model
        """
    made = migrated(
        """\
        from package.base import Base, Settings, EmailStr, p
        from . import package
        class A(Base):
            model_config = Settings(from_attributes=True)
            a: EmailStr
            b: p.EmailStr
        """,
        package__base=base,
        package____init__="",
    )
    assert made.after.decode() == (
        "from package.base import Base\nfrom . import package\nclass A(Base):\n    class Config:\n"
        "        orm_mode = True\n    a: str\n    b: str\n"
    )
    assert made.todo == ()


def test_a_re_export_that_nobody_needs_any_more_goes() -> None:
    text = "from pydantic import BaseModel, field_validator\n"
    user = "from app import BaseModel, field_validator\n" + VALIDATED
    assert after(text, user=user) == "from pydantic import BaseModel\n"
    assert after(text) == "from pydantic import BaseModel\n"
    unchanged(text + "__all__ = ['field_validator']\n")
    assert "is exported" in listed(text + "__all__ = ['field_validator']\n")[0]


def test_a_module_through_a_star_is_followed() -> None:
    made = after(
        "from base import *\nclass A(BaseModel):\n    a: EmailStr\n",
        base="from pydantic import BaseModel, EmailStr\n",
    )
    assert made == "from base import *\nclass A(BaseModel):\n    a: str\n"


@pytest.mark.parametrize(
    "text",
    [
        # Another package's, or one's own, by the same name.
        "from marshmallow import EmailStr\na: EmailStr\n",
        "class EmailStr(str): ...\na: EmailStr\n",
        "from pydantic.v1 import BaseModel, EmailStr\nclass A(BaseModel):\n    a: EmailStr\n",
        "from .pydantic import EmailStr\na: EmailStr\n",
        # A name that another meaning hides.
        "from pydantic import EmailStr\ndef f(EmailStr):\n    return EmailStr\n",
        # One of two ways.
        "try:\n    from pydantic import field_validator\nexcept ImportError:\n    from pydantic import validator as field_validator\n",
        "if V2:\n    from pydantic import RootModel\nelse:\n    RootModel = None\nclass A(RootModel): ...\n",
    ],
)
def test_what_does_not_come_from_pydantic_stays(text: str) -> None:
    unchanged(text)


def test_a_module_of_the_project_named_pydantic_is_not_pydantic() -> None:
    unchanged("from pydantic import EmailStr\na: EmailStr\n", pydantic="class EmailStr(str): ...\n")


def test_an_import_that_is_all_there_is_leaves_a_pass() -> None:
    check(
        """\
        def f():
            from pydantic_settings import SettingsConfigDict
        from pydantic import TypeAdapter; x = 1
        """,
        """\
        def f():
            pass
        pass; x = 1
        """,
    )


def test_generators_of_aliases_have_other_names() -> None:
    check(
        """\
        from pydantic import BaseModel, ConfigDict
        from pydantic.alias_generators import to_camel
        class A(BaseModel):
            model_config = ConfigDict(alias_generator=to_camel)
        """,
        """\
        from pydantic import BaseModel
        from pydantic.utils import to_lower_camel as to_camel
        class A(BaseModel):
            class Config:
                alias_generator = to_camel
        """,
    )


def test_errors_of_pydantic_core_come_from_pydantic() -> None:
    check(
        "import os\nfrom pydantic_core import ValidationError\ntry: ...\nexcept ValidationError: ...\n",
        "import os\nfrom pydantic import ValidationError\ntry: ...\nexcept ValidationError: ...\n",
    )


def test_an_alias_that_is_generated_otherwise_is_listed() -> None:
    said = listed(
        """\
        from pydantic import BaseModel, ConfigDict
        from pydantic.alias_generators import to_camel
        class Base(BaseModel):
            model_config = ConfigDict(alias_generator=to_camel)
        class A(Base):
            plain_name: int
            line_1: int
            createdAt: int
        """
    )
    assert said == [
        "8: the alias that is generated for `createdAt` is 'createdat' in pydantic 1, and 'createdAt'"
        " in 2: give it `alias='createdAt'`"
    ]


@pytest.mark.parametrize("module", ["pydantic_core", "pydantic.fields"])
def test_the_mark_of_no_default_has_another_name(module: str) -> None:
    check(
        f"from {module} import PydanticUndefined\nf(PydanticUndefined)\n",
        "from pydantic.fields import Undefined as PydanticUndefined\nf(PydanticUndefined)\n",
    )
