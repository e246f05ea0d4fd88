from __future__ import annotations

from typing import Dict, List, Optional

from pydantic import BaseModel, RootModel, SerializeAsAny, TypeAdapter, validate_call
from shown import show, where


class Tags(RootModel[List[str]]):
    """Tags."""

    def joined(self) -> str:
        return ",".join(self.root)


class Table(RootModel):
    root: Dict[str, int] = {}


class Holder(BaseModel):
    tags: Tags
    next: Optional[Later] = None
    any: Optional[SerializeAsAny[BaseModel]] = None


class Later(BaseModel):
    holder: Optional[Holder] = None


numbers = TypeAdapter(List[int])

tags = Tags(["a", "b"])
show(
    tags.joined(),
    tags.model_dump(),
    Tags.model_validate(["c"]).root,
    tags.model_dump_json().replace(" ", ""),
)
show(Table(root={"a": 1}).model_dump(), Table().root, where(lambda: Table({"a": "x"})))
holder = Holder(tags=["x"], next={"holder": {"tags": []}}, any=Later())
show(holder.model_dump(), holder.tags.root)
show(
    numbers.validate_python(["1"]),
    numbers.validate_json("[2]"),
    where(lambda: numbers.validate_python(["x"])),
)
show([one.tags.root for one in TypeAdapter(List[Holder]).validate_python([{"tags": ["q"]}])])


@validate_call
def doubled(number: int) -> int:
    return number * 2


show(doubled("4"))
