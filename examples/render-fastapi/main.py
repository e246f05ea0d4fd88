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
from pydantic import BaseModel, ConfigDict, EmailStr, Field, field_validator, model_validator
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
    name: Mapped[str | None] = mapped_column(String(80))
    password_hash: Mapped[str] = mapped_column(String(60))


class AccountIn(BaseModel):
    """What a new account is made from."""

    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")

    email: EmailStr
    name: str | None = Field(default=None, pattern=r"^\S+( \S+)*$", examples=["Ada Lovelace"])
    password: str = Field(min_length=8)

    @field_validator("email")
    @classmethod
    def in_lower_case(cls, email: str) -> str:
        """Addresses are compared as text."""
        return email.lower()

    @model_validator(mode="after")
    def not_the_address(self) -> AccountIn:
        """A password that anybody could guess is none."""
        if self.password.lower() == self.email:
            raise ValueError("the password is the address")
        return self


class AccountChange(BaseModel):
    """What of an account is to be changed; what is left out stays."""

    name: str | None
    email: EmailStr | None = None


class AccountOut(BaseModel):
    """What is told of an account."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    email: EmailStr
    name: str | None = None


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
    known = new.model_dump(exclude={"password"})
    account = Account(**known, password_hash=passwords.hash(new.password))
    db.add(account)
    db.commit()
    return account


@app.get("/accounts/{number}")
def read_account(number: int, db: DbSession) -> AccountOut:
    """One account."""
    account = db.get(Account, number)
    if account is None:
        raise HTTPException(404, "no such account")
    return AccountOut.model_validate(account)


@app.patch("/accounts/{number}", response_model=AccountOut)
def change_account(number: int, change: AccountChange, db: DbSession) -> Account:
    """Change what is given of an account."""
    account = db.get(Account, number)
    if account is None:
        raise HTTPException(404, "no such account")
    for field, value in change.model_dump(exclude_unset=True).items():
        setattr(account, field, value)
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
