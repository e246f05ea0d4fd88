from __future__ import annotations

import ast
import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinfix.migrate.code.migration import migrate_code
from pinfix.migrate.code.source import UnreadableSourceError, read_source

MODEL = "from pydantic import BaseModel, ConfigDict\n\nclass Ä(BaseModel):\n    model_config = ConfigDict(title='é', frozen=True)  # ü\n    a: str = 'ö'; b = Ä().model_dump()\n"
MIGRATED = "from pydantic import BaseModel\n\nclass Ä(BaseModel):\n    class Config:\n        title = 'é'\n        frozen = True  # ü\n    a: str = 'ö'; b = Ä().dict()\n"


def made_of(data: bytes) -> bytes:
    (made,) = migrate_code({"a.py": data})
    return made.after


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("head", "encoding", "bom"),
    [
        ("", "utf-8", b""),
        ("", "utf-8", codecs.BOM_UTF8),
        ("# -*- coding: latin-1 -*-\n", "latin-1", b""),
        ("#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n", "cp1252", b""),
    ],
)
def test_encodings_and_line_ends_stay(newline: str, head: str, encoding: str, bom: bytes) -> None:
    before = bom + (head + MODEL).replace("\n", newline).encode(encoding)
    assert made_of(before) == bom + (head + MIGRATED).replace("\n", newline).encode(encoding)


def test_tabs_form_feeds_and_type_comments_stay() -> None:
    before = (
        b"from pydantic import BaseModel\n\x0c\nclass A(BaseModel):\n\tmodel_config = {'frozen': True}\n"
        b"\x0c\ta = None  # type: Optional[int]\n\n\n# end"
    )
    assert made_of(before) == before.replace(
        b"model_config = {'frozen': True}", b"class Config:\n\t\tfrozen = True"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"def (",
        b"print 'a'\n",
        b"\xff\xfe",
        b"# coding: nonsense\n",
        b"a = '\x00'\n",
        b"\xef\xbb\xbf# coding: latin-1\n",
        b"# coding: utf-8\n\xff\n",
        b"(" * 500 + b")" * 500,
    ],
)
def test_what_is_not_python_is_left_and_noted(data: bytes) -> None:
    (made,) = migrate_code({"a.py": data})
    assert not made.changed
    assert made.todo[0].said.startswith("the file was left as it is: ")


def test_a_file_with_nothing_to_change_is_not_mentioned() -> None:
    assert migrate_code({"a.py": b"a = 1\n", "b.py": b""}) == ()


def test_the_line_of_an_error_is_told() -> None:
    with pytest.raises(UnreadableSourceError) as told:
        read_source("a.py", b"a = 1\nb = (\n")
    assert told.value.line == 2


LITERALS = [
    'f"{name!r:>{width}} {name} {{name}} {name=}"',
    "f'''{\nname}''' f\"{ name }\" 'name' rf'\\{name}'",
    'f"\\N{DIGIT ONE}{name}" "{name}" f"{name:%H:%M}"',
    "f\"{name['a' 'b']} {name if name != name else name}\"",
    "f'é{name}' + f'{(lambda name: name)(name)}'",
]


@pytest.mark.parametrize("literal", LITERALS)
def test_names_inside_of_f_strings_are_found(literal: str) -> None:
    source = read_source("a.py", f"é = {literal}\n".encode())
    names = [
        node for node in ast.walk(source.tree) if isinstance(node, ast.Name) and node.id != "é"
    ]
    assert names
    for node in names:
        assert source.text_of(node) == node.id
    assert len({source.span(node) for node in names}) == len(names)


TYPES = st.sampled_from(
    [
        "int",
        "str",
        "EmailStr",
        "Optional[int]",
        "int | None",
        "'list[str]'",
        "Annotated[int, Field(gt=0)]",
    ]
)
VALUES = st.sampled_from(
    ["", " = Field(frozen=True)", " = Field(pattern='a', min_length=1)", " = None"]
)
SETTINGS = st.sampled_from(["frozen=True", "from_attributes=True", "strict=True", "title='a'"])
METHODS = st.sampled_from(
    [
        "@field_validator('a', mode='before')\n    @classmethod\n    def {}(cls, v, info): return info.data",
        "@model_validator(mode='after')\n    def {}(self):\n        self.a = f'{{self.a}}'\n        return self",
        "def {}(self): return self.model_dump(mode='json'), type(self).model_validate({{}})",
    ]
)


@st.composite
def models(draw: st.DrawFn) -> str:
    lines = [
        "from typing import *",
        "from pydantic import *",
        "from pydantic import ConfigDict, EmailStr, Field",
    ]
    lines += ["from pydantic import BaseModel, field_validator, model_validator"]
    for number in range(draw(st.integers(1, 3))):
        base = draw(st.sampled_from(["BaseModel", *(f"M{one}" for one in range(number))]))
        lines.append(f"class M{number}({base}):")
        lines.append(f"    model_config = ConfigDict({', '.join(sorted(draw(st.sets(SETTINGS))))})")
        for name in draw(st.lists(st.sampled_from("abc"), min_size=1, unique=True)):
            lines.append(f"    {name}: {draw(TYPES)}{draw(VALUES)}")
        for index, method in enumerate(draw(st.lists(METHODS, max_size=3))):
            lines.append(f"    {method}".format(f"m{index}"))
    return draw(st.sampled_from(["\n", "\r\n"])).join([*lines, ""])


@given(models())
def test_what_is_made_is_python_and_stays_as_it_is(text: str) -> None:
    made = migrate_code({"a.py": text.encode()})
    after = made[0].after if made else text.encode()
    assert not any("left as it is" in note.said for one in made for note in one.todo)
    compile(after, "a.py", "exec", ast.PyCF_ONLY_AST)
    again = migrate_code({"a.py": after})
    assert not any(one.changed for one in again)
