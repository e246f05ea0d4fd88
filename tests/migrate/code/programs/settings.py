import os

from pydantic import AliasChoices, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from shown import show, where


class Database(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="DB_", case_sensitive=False)

    host: str = "localhost"
    port: int


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_nested_delimiter="__", extra="ignore")

    token: str = Field(validation_alias="API_TOKEN")
    debug: bool = Field(False, validation_alias=AliasChoices("APP_DEBUG", "DEBUG"))
    names: list[str] = []

    @field_validator("token")
    @classmethod
    def long_enough(cls, value: str) -> str:
        if len(value) < 3:
            raise ValueError("too short")
        return value.upper()


os.environ.update(DB_PORT="5432", API_TOKEN="abc", DEBUG="1", NAMES='["a", "b"]')
show(Database().model_dump(), Settings().model_dump())
os.environ["DB_PORT"] = "x"
show(where(Database))
