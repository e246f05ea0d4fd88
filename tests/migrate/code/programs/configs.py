from typing import ClassVar, Union

from pydantic import BaseModel, ConfigDict, Field
from shown import show, where


class Row:
    def __init__(self, **values):
        self.__dict__.update(values)


class Base(BaseModel):
    model_config = ConfigDict(
        from_attributes=True,  # rows of the database
        populate_by_name=True,
        str_strip_whitespace=True,
        protected_namespaces=(),
    )


class Person(Base):
    model_config = ConfigDict(str_max_length=10, json_schema_extra={"examples": [{"name": "A"}]})

    kind: ClassVar[str] = "person"
    name: str = Field(alias="fullName")
    model_name: str = "m"


class Strict(BaseModel):
    model_config = {"extra": "forbid", "frozen": True}

    a: int = 1


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")


class Checked(BaseModel):
    model_config = ConfigDict(validate_assignment=True, validate_default=True)

    a: int = "x"


class Pair(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(title="Two")

    _cache: dict = {}
    a: Union[int, str]
    b: list[Union[int, str]] = []


def assign(model, name, value):
    try:
        setattr(model, name, value)
    except Exception:
        return "refused"
    return getattr(model, name)


show(Person.model_validate(Row(name=" Ada ", fullName=" Ada ")).model_dump())
show(Person.model_validate({"name": " Ada "}).model_dump(by_alias=True))
show(Person(fullName="x").model_copy(update={"name": "y"}).name)
show(where(lambda: Person(fullName="x" * 11)))
show(Person.model_json_schema()["examples"])
show(where(lambda: Strict(b=1)), hash(Strict()) == hash(Strict()), assign(Strict(), "a", 2))
show(Loose(b=1).model_dump())
show(where(Checked), where(lambda: Checked(a=1)))
pair = Pair(a="1", b=[1, "2"])
show(pair.model_dump(), assign(pair, "_cache", {"a": 1}), Pair(a=1)._cache)
show(Pair.model_json_schema()["title"])
