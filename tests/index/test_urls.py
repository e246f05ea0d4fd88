from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinfix.credentials import without_credentials
from pinfix.index.urls import local_path, origin, split_credentials


@pytest.mark.parametrize(
    ("url", "clean", "login"),
    [
        ("https://h/simple/", "https://h/simple/", None),
        ("https://me:p%40ss@h:8080/s/", "https://h:8080/s/", ("me", "p@ss")),
        ("https://token@h/s/?x=@", "https://h/s/?x=@", ("token", "")),
        ("/a/folder@home", "/a/folder@home", None),
    ],
)
def test_credentials_are_split_off(url: str, clean: str, login: tuple[str, str] | None) -> None:
    assert split_credentials(url) == (clean, login)


def test_credentials_are_taken_out_of_sentences() -> None:
    text = "no answer from https://me:secret@h/s/ by http://proxy:pw@p:3128"
    assert without_credentials(text) == "no answer from https://h/s/ by http://p:3128"


def test_an_origin_is_scheme_host_and_port() -> None:
    assert origin("https://me@Host:1/a") == origin("https://host:1/b") == ("https", "host:1")
    assert origin("http://host") != origin("https://host")


@pytest.mark.skipif(os.name == "nt", reason="POSIX paths")
def test_file_addresses_and_paths_are_paths() -> None:
    assert local_path("file:///a/b%20c") == Path("/a/b c")
    assert local_path("some/folder") == Path.cwd() / "some" / "folder"
    assert local_path("https://h/a") is None
