from __future__ import annotations

import pytest

from pinfix.migrate.code.config_settings import RENAMED
from pinfix.migrate.code.migration import migrate_code
from tests.migrate.code.rewriting import after, check, listed, unchanged


def test_a_config_dict_becomes_a_class_with_the_old_names() -> None:
    check(
        """\
        from pydantic import BaseModel, ConfigDict

        class User(BaseModel):
            model_config = ConfigDict(from_attributes=True, extra="forbid")

            name: str
        """,
        """\
        from pydantic import BaseModel

        class User(BaseModel):
            class Config:
                orm_mode = True
                extra = "forbid"

            name: str
        """,
    )


def test_comments_and_lines_of_settings_stay() -> None:
    check(
        """\
        from pydantic import BaseModel, ConfigDict

        class User(BaseModel):
            model_config = ConfigDict(  # about users
                from_attributes=True,  # rows
                # for the docs
                json_schema_extra={
                    "examples": [1],  # one
                },
                title="a"
                "b",
            )  # end
        """,
        """\
        from pydantic import BaseModel

        class User(BaseModel):
            class Config:  # about users
                orm_mode = True  # rows
                # for the docs
                schema_extra = {
                    "examples": [1],  # one
                }
                title = ("a"
                "b")  # end
        """,
    )


@pytest.mark.parametrize("value", ['{"frozen": True}', "dict(frozen=True)"])
def test_settings_may_be_a_plain_dict(value: str) -> None:
    made = after(f"from pydantic import BaseModel\nclass A(BaseModel):\n\tmodel_config = {value}\n")
    assert (
        made
        == "from pydantic import BaseModel\nclass A(BaseModel):\n\tclass Config:\n\t\tfrozen = True\n"
    )


@pytest.mark.parametrize(("new", "old"), sorted(RENAMED.items()))
def test_every_renamed_setting_gets_its_old_name(new: str, old: str) -> None:
    for written in (
        f"class A(BaseModel):\n    model_config = {{{new!r}: True}}\n",
        f"class A(BaseModel):\n    class Config:\n        {new} = True\n",
        f"class A(BaseModel, {new}=True):\n    pass\n",
    ):
        made = after(f"from pydantic import BaseModel\n{written}")
        assert old in made
        assert new not in made.replace(old, "")


def test_settings_without_a_form_are_left_out_and_listed() -> None:
    text = """\
        from pydantic import BaseModel, ConfigDict

        class A(BaseModel):
            model_config = ConfigDict(strict=True, protected_namespaces=())
            a: int
        """
    check(text, "from pydantic import BaseModel\n\nclass A(BaseModel):\n    a: int\n")
    assert listed(text) == [
        "4: `strict` has no form in pydantic 1 and was left out: use StrictInt, StrictStr … for the"
        " fields that must not be converted"
    ]


def test_a_class_of_nothing_but_needless_settings_keeps_a_body() -> None:
    check(
        """\
        import pydantic

        class A(pydantic.BaseModel):
            model_config = pydantic.ConfigDict(protected_namespaces=())
        """,
        """\
        import pydantic

        class A(pydantic.BaseModel):
            pass
        """,
    )


def test_a_constant_that_serves_models_becomes_a_class() -> None:
    check(
        """\
        from pydantic import BaseModel, ConfigDict
        COMMON = ConfigDict(from_attributes=True)
        class A(BaseModel):
            model_config = COMMON
        """,
        """\
        from pydantic import BaseModel
        class COMMON:
            orm_mode = True
        class A(BaseModel):
            Config = COMMON
        """,
    )


def test_a_constant_of_another_module_is_followed() -> None:
    made = after(
        """\
        from pydantic import BaseModel
        from common import COMMON
        class A(BaseModel):
            model_config = COMMON
        """,
        common="from pydantic import ConfigDict\nCOMMON = ConfigDict(extra='allow')\n",
    )
    assert "Config = COMMON" in made


@pytest.mark.parametrize(
    "value", ["ConfigDict(**common, frozen=True)", "make()", "{**Base.model_config, 'a': 1}"]
)
def test_settings_that_are_computed_are_listed(value: str) -> None:
    text = f"from pydantic import BaseModel, ConfigDict\nclass A(BaseModel):\n    model_config = {value}\n"
    unchanged(text)
    assert any("not settings by name alone" in said for said in listed(text))


def test_a_setting_that_reads_a_name_of_the_class_is_listed() -> None:
    text = """\
        from pydantic import BaseModel, ConfigDict
        class A(BaseModel):
            EXAMPLE = {"a": 1}
            model_config = ConfigDict(json_schema_extra=EXAMPLE)
        """
    unchanged(text)
    assert "reads `EXAMPLE` of the class" in listed(text)[0]


def test_a_config_dict_of_ones_own_stays() -> None:
    unchanged(
        """\
        class ConfigDict(dict): ...
        class A:
            model_config = ConfigDict(from_attributes=True)
        """
    )


def test_a_class_that_is_no_model_keeps_its_dict() -> None:
    unchanged("class A:\n    model_config = {'from_attributes': True}\n")


def test_settings_of_the_environment_come_from_pydantic() -> None:
    check(
        """\
        from pydantic_settings import BaseSettings, SettingsConfigDict

        class Settings(BaseSettings):
            model_config = SettingsConfigDict(env_prefix="APP_", secrets_dir="/run")
            token: str
        """,
        """\
        from pydantic import BaseSettings

        class Settings(BaseSettings):
            class Config:
                env_prefix = "APP_"
                secrets_dir = "/run"
            token: str
        """,
    )


def test_an_env_file_needs_python_dotenv() -> None:
    said = listed(
        """\
        import pydantic_settings as ps
        class Settings(ps.BaseSettings):
            model_config = ps.SettingsConfigDict(env_file=".env")
        """
    )
    assert said[0].startswith("3: `env_file` needs python-dotenv")


def test_where_python_dotenv_stays_nothing_is_said_of_it() -> None:
    source = (
        "from pydantic_settings import BaseSettings, SettingsConfigDict\n\n\n"
        "class Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file='.env')\n"
    )
    (made,) = migrate_code({"main.py": source.encode()}, has_dotenv=True)
    assert made.changed
    assert made.todo == ()


def test_unions_private_attributes_and_frozen_fields_ask_for_settings() -> None:
    check(
        """\
        from pydantic import BaseModel, Field
        class A(BaseModel):
            _cache: dict = {}
            a: int | str = Field(1, frozen=True)
            def b(self): ...
        class B(A):
            c: int | str = 1
        """,
        """\
        from pydantic import BaseModel, Field
        class A(BaseModel):
            _cache: dict = {}
            a: int | str = Field(1, allow_mutation=False)

            class Config:
                validate_assignment = True
                smart_union = True
                underscore_attrs_are_private = True

            def b(self): ...
        class B(A):
            c: int | str = 1
        """,
    )


def test_the_configuration_of_a_dataclass_or_function_is_a_dict() -> None:
    check(
        """\
        from pydantic import ConfigDict, validate_call
        from pydantic.dataclasses import dataclass
        @dataclass(config=ConfigDict(str_to_lower=True))
        class A:
            a: str
        @validate_call(config=ConfigDict(arbitrary_types_allowed=True))
        def f(a: A): ...
        """,
        """\
        from pydantic import validate_arguments
        from pydantic.dataclasses import dataclass
        @dataclass(config=dict(anystr_lower=True))
        class A:
            a: str
        @validate_arguments(config=dict(arbitrary_types_allowed=True))
        def f(a: A): ...
        """,
    )


def test_a_class_on_one_line_gets_lines() -> None:
    check(
        """\
        from pydantic import BaseModel, ConfigDict
        class A(BaseModel): model_config = ConfigDict(frozen=True)  # fixed
        """,
        """\
        from pydantic import BaseModel
        class A(BaseModel):
            class Config:
                frozen = True  # fixed
        """,
    )
