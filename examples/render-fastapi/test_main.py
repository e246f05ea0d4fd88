"""The service over HTTP, on a database in memory: ``pytest`` beside ``main.py``."""

from __future__ import annotations

from collections.abc import Iterator

import main
import pytest
from fastapi.testclient import TestClient
from jose import jwt
from sqlalchemy import create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

ADA = {"email": "Ada@Example.org", "password": "difference engine", "name": "Ada Lovelace"}


@pytest.fixture
def client() -> Iterator[TestClient]:
    engine = create_engine(
        "sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool
    )
    main.Base.metadata.create_all(engine)

    def session() -> Iterator[Session]:
        with Session(engine) as opened:
            yield opened

    main.app.dependency_overrides[main.session] = session
    with TestClient(main.app) as opened:
        yield opened
    main.app.dependency_overrides.clear()


def test_it_is_there(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


def test_an_account_is_opened_once(client: TestClient) -> None:
    made = client.post("/accounts", json=ADA)
    assert made.status_code == 201
    assert made.json() == {"id": 1, "email": "ada@example.org", "name": "Ada Lovelace"}
    assert client.post("/accounts", json=ADA).status_code == 409


@pytest.mark.parametrize(
    "change",
    [
        {"password": "short"},
        {"password": "ada@example.org"},
        {"name": " two  spaces"},
        {"shoe": 38},
        {"email": None},
    ],
)
def test_what_makes_no_account_is_refused(client: TestClient, change: dict[str, object]) -> None:
    refused = client.post("/accounts", json={**ADA, **change})
    assert refused.status_code == 422
    (problem,) = refused.json()["detail"]
    assert problem["loc"][0] == "body"


def test_what_is_missing_is_named(client: TestClient) -> None:
    refused = client.post("/accounts", json={"email": "ada@example.org"})
    assert [problem["loc"] for problem in refused.json()["detail"]] == [["body", "password"]]


def test_white_space_around_is_nothing(client: TestClient) -> None:
    made = client.post("/accounts", json={**ADA, "name": "  Ada "})
    assert made.json()["name"] == "Ada"


def test_an_account_is_read_from_the_database(client: TestClient) -> None:
    client.post("/accounts", json=ADA)
    assert client.get("/accounts/1").json()["email"] == "ada@example.org"
    assert client.get("/accounts/2").status_code == 404


def test_what_is_left_out_of_a_change_stays(client: TestClient) -> None:
    client.post("/accounts", json=ADA)
    changed = client.patch("/accounts/1", json={"name": None})
    assert changed.json() == {"id": 1, "email": "ada@example.org", "name": None}
    # The name may be null, and may not be left out.
    assert client.patch("/accounts/1", json={"email": "a@example.org"}).status_code == 422


def test_a_login_gives_a_token(client: TestClient) -> None:
    client.post("/accounts", json=ADA)
    form = {"username": "ada@example.org", "password": "difference engine"}
    answer = client.post("/token", data=form)
    assert answer.status_code == 200
    claims = jwt.decode(answer.json()["access_token"], main.settings.secret_key)
    assert claims["sub"] == "1"
    assert client.post("/token", data={**form, "password": "guessed"}).status_code == 401


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN_MINUTES", "5")
    monkeypatch.setenv("SECRET_KEY", "secret")
    settings = main.Settings()
    assert (settings.token_minutes, settings.secret_key) == (5, "secret")


def test_the_schema_tells_the_rules(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()["components"]["schemas"]["AccountIn"]
    assert schema["properties"]["password"]["minLength"] == 8
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["email", "password"]
