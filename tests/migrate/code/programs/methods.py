import datetime
from typing import Dict, List, Optional

from pydantic import BaseModel, PrivateAttr
from shown import show, where


class Child(BaseModel):
    name: str
    born: Optional[datetime.date] = None


class Parent(BaseModel):
    children: List[Child] = []
    by_name: Dict[str, Child] = {}
    _count: int = PrivateAttr(0)

    def model_post_init(self, __context) -> None:
        self._count = len(self.children)

    def as_json(self) -> str:
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def read(cls, data: dict) -> "Parent":
        return cls.model_validate(data)


class Store:
    def __init__(self):
        self.parent = Parent.read({"children": [{"name": "a", "born": "2020-01-02"}]})

    def dumped(self):
        return [child.model_dump(mode="json") for child in self.parent.children]


store = Store()
parent = store.parent
show(store.dumped(), parent.as_json().replace(" ", ""), parent._count)
show(parent.model_dump(exclude={"by_name"}), parent.model_fields_set)
show(Parent.model_validate_json('{"children": [{"name": "b"}]}').model_dump(exclude_unset=True))
copied = parent.model_copy(deep=True, update={"by_name": {"z": parent.children[0]}})
show(
    [value.model_dump() for value in copied.by_name.values()],
    copied.children[0] is parent.children[0],
)
show(list(Parent.model_fields), Child.model_construct(name=3).name)
show(
    sorted(Parent.model_json_schema()["properties"]), where(lambda: Parent.read({"children": [1]}))
)
