"""A small service: accounts with an e-mail address and a password, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.responses import ORJSONResponse
from fastapi.security import OAuth2PasswordRequestForm
from jose import jwt
from passlib.context import CryptContext
from pydantic import BaseModel, ConfigDict, EmailStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker


class Settings(BaseSettings):
    """What the environment, or a file .env, says."""

    model_config = SettingsConfigDict(env_file=".env")

    database_url: str = "postgresql+psycopg2://localhost/accounts"
    secret_key: str = "change me"
    token_minutes: int = 30


class Base(DeclarativeBase):
    """The tables."""


class Account(Base):
    """One person."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    password_hash: Mapped[str] = mapped_column(String(60))


class AccountIn(BaseModel):
    """What a new account is made from."""

    email: EmailStr
    password: str


class AccountOut(BaseModel):
    """What is told of an account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: EmailStr


settings = Settings()
passwords = CryptContext(schemes=["bcrypt"])
open_session = sessionmaker(create_engine(settings.database_url, pool_pre_ping=True))
app = FastAPI(title="accounts", default_response_class=ORJSONResponse)


def session() -> Iterator[Session]:
    """A database session for one request."""
    with open_session() as opened:
        yield opened


DbSession = Annotated[Session, Depends(session)]


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """What the host asks before it sends traffic."""
    return {"status": "ok"}


@app.post("/accounts", response_model=AccountOut, status_code=201)
def create_account(new: AccountIn, db: DbSession) -> Account:
    """Open an account, unless the address has one."""
    if db.scalar(select(Account).where(Account.email == new.email)) is not None:
        raise HTTPException(409, "this address has an account")
    account = Account(email=new.email, password_hash=passwords.hash(new.password))
    db.add(account)
    db.commit()
    return account


@app.post("/token")
def create_token(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], db: DbSession
) -> dict[str, str]:
    """Log in."""
    account = db.scalar(select(Account).where(Account.email == form.username))
    if account is None or not passwords.verify(form.password, account.password_hash):
        raise HTTPException(401, "no such account, or another password")
    expires = datetime.now(timezone.utc) + timedelta(minutes=settings.token_minutes)
    token = jwt.encode({"sub": str(account.id), "exp": expires}, settings.secret_key)
    return {"access_token": token, "token_type": "bearer"}
