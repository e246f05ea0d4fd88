from __future__ import annotations

from pinfix.migrate.code.usages import usages

APP = b"""\
from fastapi.responses import ORJSONResponse as Fast
from jose import jwt
from passlib.context import CryptContext
import orjson, jwt as pyjwt

passwords = CryptContext(schemes=["bcrypt"])
app = make(default_response_class=Fast)
jwt.encode({}, "key")
orjson.dumps(pyjwt.decode("a"))
"""


def said(*packages: str) -> list[str]:
    found = usages({"app.py": APP, "broken.py": b"def ("}, packages)
    return [
        f"{one.path}:{note.line}: {note.said.partition(':')[0]}"
        for one in found
        for note in one.todo
    ]


def test_each_package_has_its_usages() -> None:
    assert said("passlib") == ["app.py:6: `passlib.context.CryptContext`"]
    assert said("Python_Jose") == ["app.py:8: `jose.jwt.encode`"]
    assert said("PyJWT") == ["app.py:9: `jwt.decode`"]
    assert said("orjson") == [
        "app.py:7: `fastapi.responses.ORJSONResponse`",
        "app.py:9: `orjson.dumps`",
    ]


def test_nothing_is_said_of_what_does_not_change() -> None:
    assert said() == []
    assert said("requests") == []
