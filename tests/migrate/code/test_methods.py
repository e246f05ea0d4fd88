from __future__ import annotations

import pytest

from tests.migrate.code.rewriting import after, check, listed, unchanged

MODEL = "from pydantic import BaseModel\nclass A(BaseModel):\n    a: int = 1\n"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("A().model_dump()", "A().dict()"),
        ('A().model_dump(mode="python", exclude_none=True)', "A().dict(exclude_none=True)"),
        ("A().model_dump(warnings=False)", "A().dict()"),
        ("A().model_dump_json(indent=2)", "A().json(indent=2)"),
        ("A().model_copy(update={}, deep=True)", "A().copy(update={}, deep=True)"),
        ("A.model_validate({'a': 1})", "A.parse_obj({'a': 1})"),
        ("A.model_validate(A().model_dump())", "A.parse_obj(A().dict())"),
        ("A.model_validate(row, from_attributes=True)", "A.from_orm(row)"),
        ("A.model_validate_json('{}')", "A.parse_raw('{}')"),
        ("A.model_construct(a=1)", "A.construct(a=1)"),
        ("A.model_json_schema(mode='validation')", "A.schema()"),
        ("A.model_rebuild(force=True)", "A.update_forward_refs()"),
        ("A.model_rebuild(_types_namespace=names)", "A.update_forward_refs(**names)"),
        ("list(A.model_fields)", "list(A.__fields__)"),
        ("A().model_fields_set", "A().__fields_set__"),
        ("map(A.model_validate, rows)", "map(A.parse_obj, rows)"),
        ('f"{A().model_dump()} {A().model_dump()!r}"', 'f"{A().dict()} {A().dict()!r}"'),
        ("A().model_dump(  # all\n)", "A().dict(  # all\n)"),
        ('hasattr(x, "model_dump")', 'hasattr(x, "dict")'),
    ],
)
def test_a_method_gets_its_old_name(new: str, old: str) -> None:
    check(MODEL + new + "\n", MODEL + old + "\n")


def test_a_dump_for_json_goes_through_json() -> None:
    check(
        MODEL + 'A().model_dump(mode="json", by_alias=True)\n',
        "import json\n" + MODEL + "json.loads(A().json(by_alias=True))\n",
    )


def test_a_taken_name_is_imported_as_another() -> None:
    made = after(MODEL + "def f(json):\n    return A().model_dump(mode='json')\n")
    assert "import json as json_json\n" in made
    assert "json_json.loads(A().json())" in made


@pytest.mark.parametrize(
    "call",
    [
        "A.model_validate({}, strict=True)",
        "A().model_dump(mode=mode)",
        "A().model_dump(context={})",
        "A().model_extra",
        "A.model_json_schema(mode='serialization')",
        "pydantic.RootModel(A()).model_dump()",
    ],
)
def test_what_has_no_form_is_listed(call: str) -> None:
    text = f"import pydantic\n{MODEL}{call}\n"
    unchanged(text)
    assert len(listed(text)) == 1


RECEIVERS = """\
from __future__ import annotations
import typing as t
from models import Base, make, Repository

class User(Base):
    name: str
    parent: t.Optional[User] = None

class Service:
    cache: dict[str, User]
    def __init__(self, first: User):
        self.first = first
    async def all(self) -> list[User]: ...
    @property
    def last(self) -> "User": ...

async def use(users: t.Sequence[User], either: User | None, *more: User, **named: User):
    service = Service(users[0])
    [user.model_dump() for user in users]
    for index, user in enumerate(await service.all()):
        user.parent.model_dump()
    for key, user in service.cache.items():
        user.model_dump()
    either.model_dump(), more[0].model_dump(), named["a"].model_dump()
    service.first.model_dump(), service.last.model_dump(), make().model_dump()
    (copied := user.model_copy()).model_dump()
    Repository().get().model_dump()
    Repository.model.model_validate({})
"""


def test_receivers_are_followed_where_others_define_the_name_too() -> None:
    made = after(
        RECEIVERS,
        models="""\
        import pydantic
        Base = pydantic.BaseModel
        class Other:
            def model_dump(self): ...
        def make() -> Base: ...
        class Repository:
            model: type[Base]
            def get(self) -> "Base": ...
        """,
    )
    assert "model_" not in made
    assert made.count(".dict()") == 11


OTHERS = """\
from pydantic import BaseModel
class Other:
    def model_dump(self): return {}
    def both(self, unknown):
        return self.model_dump(), unknown.model_dump()
"""


def test_a_method_of_something_else_stays_and_the_unknown_is_listed() -> None:
    unchanged(OTHERS)
    assert listed(OTHERS) == [
        "5: `.model_dump` is `.dict` in pydantic 1, if this is a model: `Other` defines that name too"
    ]


def test_an_unknown_object_is_a_model_where_nothing_else_has_the_name() -> None:
    made = after("from pydantic import BaseModel\ndef f(x): return x.model_dump()\n")
    assert "x.dict()" in made


def test_an_unknown_object_is_listed_where_a_library_has_the_name() -> None:
    text = "import pydantic, openai\ndef f(x): return x.model_dump()\n"
    unchanged(text)
    assert "objects of openai have that name too" in listed(text)[0]


def test_a_project_without_pydantic_is_left_alone() -> None:
    unchanged("def f(x): return x.model_dump()\n")


def test_rows_are_read_by_from_orm() -> None:
    text = """\
        from pydantic import BaseModel, ConfigDict
        class A(BaseModel):
            model_config = ConfigDict(from_attributes=True)
        class Row: ...
        def read(row, data: dict, known: Row):
            return A.model_validate(row), A.model_validate(data), A.model_validate(known)
        """
    assert "A.from_orm(row), A.parse_obj(data), A.from_orm(known)" in after(text)
    assert listed(text) == [
        "6: `model_validate` became `from_orm`, as the model has `from_attributes`: if this is a dict,"
        " use `parse_obj`"
    ]


def test_a_method_that_overrides_gets_the_old_name_as_well() -> None:
    check(
        """\
        from pydantic import BaseModel
        class A(BaseModel):
            @classmethod
            def model_json_schema(cls, **kwargs):
                return super().model_json_schema(**kwargs)
        """,
        """\
        from pydantic import BaseModel
        class A(BaseModel):
            @classmethod
            def schema(cls, **kwargs):
                return super().schema(**kwargs)
        """,
    )


def test_post_init_makes_the_private_attributes() -> None:
    check(
        '''\
        from pydantic import BaseModel, PrivateAttr
        class A(BaseModel):
            _b: int = PrivateAttr()
            def model_post_init(self, __context: object) -> None:
                """Fill."""
                self._b = 1
        class B(A):
            def model_post_init(self, context, /):
                super().model_post_init(context)
        ''',
        '''\
        from pydantic import BaseModel, PrivateAttr
        class A(BaseModel):
            _b: int = PrivateAttr()
            def _init_private_attributes(self) -> None:
                """Fill."""
                super()._init_private_attributes()
                self._b = 1
        class B(A):
            def _init_private_attributes(self, /):
                super()._init_private_attributes()
        ''',
    )


def test_a_method_named_dict_hides_the_type_in_the_class() -> None:
    check(
        """\
        from typing import Any
        from pydantic import BaseModel
        class A(BaseModel):
            a: dict[str, int]
            def model_dump(self, **kwargs) -> dict[str, Any]:
                return dict(super().model_dump(**kwargs))
            def more(self) -> dict[str, Any]:
                return dict(self.model_dump())
        """,
        """\
        from typing import Any
        from typing import Dict
        from pydantic import BaseModel
        class A(BaseModel):
            a: dict[str, int]
            def dict(self, **kwargs) -> dict[str, Any]:
                return dict(super().dict(**kwargs))
            def more(self) -> Dict[str, Any]:
                return dict(self.dict())
        """,
    )
