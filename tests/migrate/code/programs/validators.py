from typing import Annotated, Any, Optional

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from shown import show, where
from typing_extensions import Self


def lowered(value: str) -> str:
    return value.lower()


class Account(BaseModel):
    name: str
    email: str = ""
    password: str
    again: Optional[str]
    tags: list[str] = []
    limit: int = Field(5, validate_default=True)

    _lower = field_validator("email")(lowered)

    @field_validator("name", mode="before")
    @classmethod
    def stripped(cls, value: Any) -> Any:
        return value.strip() if isinstance(value, str) else value

    @field_validator("name", "tags")
    @classmethod
    def not_empty(cls, value):
        if not value:
            raise ValueError("empty")
        return value

    @field_validator("again", mode="after")
    @classmethod
    def same(cls, value: Optional[str], info: ValidationInfo) -> Optional[str]:
        if value is not None and value != info.data.get("password"):
            raise ValueError(f"{info.field_name} differs")
        return value

    @field_validator("limit")
    def doubled(cls, value: int) -> int:
        return value * 2

    @model_validator(mode="before")
    @classmethod
    def renamed(cls, data: Any) -> Any:
        if isinstance(data, dict) and "login" in data:
            data = {**data, "name": data["login"]}
        return data

    @model_validator(mode="after")
    def checked(self) -> Self:
        if self.name == self.password:
            raise ValueError(f"{self.name} is no password")
        if not self.email:
            self.email = f"{self.name}@{type(self).__name__}"
        return self


class Measured(BaseModel):
    size: Annotated[int, BeforeValidator(len), Field(gt=0)]
    name: Annotated[str, AfterValidator(str.strip), AfterValidator(lowered)] = " X "


show(Measured(size="abc", name=" A ").model_dump(), where(lambda: Measured(size="")))
show(Account(name=" ada ", password="p", again="p", email="A@B").model_dump())
show(Account(login="bob", password="p", again=None).model_dump())
show(where(lambda: Account(name="a", password="p")))
show(where(lambda: Account(name=" ", password="p", again="q", tags=[])))
show(where(lambda: Account(name="p", password="p", again=None)))


def made_here():
    class Local(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def positive(cls, value: int) -> int:
            if value < 0:
                raise ValueError
            return value

        @model_validator(mode="after")
        def small(self):
            if self.a > 9:
                raise ValueError
            return self

    return Local


for model in (made_here(), made_here()):
    show(where(lambda model=model: model(a=-1)), where(lambda model=model: model(a=10)))
