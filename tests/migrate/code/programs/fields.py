from typing import Annotated, Any, Generic, List, Optional, TypeVar, Union

from pydantic import BaseModel, Field, StringConstraints, conlist, constr
from shown import show, where

T = TypeVar("T")
Maybe = Optional[int]
Slug = Annotated[str, StringConstraints(pattern="^[a-z]+$", max_length=5)]


class Item(BaseModel):
    slug: Slug
    code: str = Field(pattern=r"^\d+$", examples=["12"], json_schema_extra={"unit": "m"})
    sizes: List[int] = Field(min_length=1, max_length=2)
    prices: list[Annotated[float, Field(gt=0)]] = []
    first: Optional[int]
    second: "Maybe"
    third: Annotated[Union[int, None], Field(gt=1)]
    fourth: Any
    fifth: Annotated[int, Field(default=3, ge=1)]
    sixth: Optional[int] = Field(description="six")
    seventh: conlist(int, min_length=1) = [1]
    eighth: constr(pattern="^a") = "a"
    ninth: Optional[int] = None


class Frozen(BaseModel):
    a: int = Field(1, frozen=True)
    b: int = 2


class Page(BaseModel, Generic[T]):
    items: List[T]
    first: T


good = dict(slug="ab", code="1", sizes=[1], first=None, second=2, third=None, fourth=1, sixth=6)
show(Item(**good).model_dump())
show(where(lambda: Item(slug="A", code="x", sizes=[], prices=[0], third=0)))
for name in good:
    show(name, where(lambda name=name: Item(**{k: v for k, v in good.items() if k != name})))
schema = Item.model_json_schema()
show(sorted(schema["required"]), schema["properties"]["code"])
frozen = Frozen()
frozen.b = 3
try:
    frozen.a = 2
except Exception:
    show("refused", frozen.model_dump())
show(Page[int](items=["1"], first="2").model_dump(), where(lambda: Page[int](items=["x"], first=1)))
show(where(lambda: Page[int](items=[])))
