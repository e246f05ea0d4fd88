"""Files that name a Python, where nothing says what it runs on."""

from __future__ import annotations

import pytest

from tests.deploy.inferring import question, said, targets


@pytest.mark.parametrize(
    ("name", "text", "target"),
    [
        (".python-version", "3.12\n", "cp312-manylinux"),
        (".python-version", "# ours\n\n  3.12.4  \n3.11\n", "cp312-manylinux@3.12.4"),
        (".python-version", "cpython-3.12.1-linux-x86_64-gnu", "cp312-manylinux@3.12.1"),
        (".python-version", "pypy3.10-7.3.12\n", "pp310-manylinux"),
        (".python-version", "3.13t\n", "cp313t-manylinux"),
        (".python-version", "3.12\r\n".encode("utf-16"), "cp312-manylinux"),
        (".python-version", b"\xef\xbb\xbf3.12", "cp312-manylinux"),
        ("runtime.txt", "python-3.11.7\n", "cp311-manylinux@3.11.7"),
        (".tool-versions", "nodejs 20\npython 3.12.1 3.11.0\n", "cp312-manylinux@3.12.1"),
        ("mise.toml", "[tools]\nnode = '20'\npython = '3.12'\n", "cp312-manylinux"),
        (".mise.toml", "[tools]\npython = ['3.12', '3.11']\n", "cp312-manylinux"),
        ("mise.toml", "[tools]\npython = {version = '3.12'}\n", "cp312-manylinux"),
        ("Pipfile", "[requires]\npython_version = '3.11'\n", "cp311-manylinux"),
        ("Pipfile", "[requires]\npython_full_version = '3.11.2'\n", "cp311-manylinux@3.11.2"),
        ("pyproject.toml", "[project]\nrequires-python = '==3.12.*'\n", "cp312-manylinux"),
        ("pyproject.toml", "[project]\nrequires-python = '>=3.11,<3.12'\n", "cp311-manylinux"),
    ],
)
def test_python_alone_is_taken_for_linux(name: str, text: str | bytes, target: str) -> None:
    assert targets({name: text}) == [target]
    assert "no file says what it is deployed on" in said({name: text})


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        (".python-version", "my-virtualenv\n", ".python-version:1: 'my-virtualenv' is no Python"),
        (".python-version", "system", "'system' is no Python"),
        (".python-version", "# nothing\n", "--target is not given"),
        (
            "runtime.txt",
            "3.12\n",
            "runtime.txt:1: '3.12' is no runtime, which is written python-3.12",
        ),
        (".python-version", "2.7.18", "pinfix knows Python 3, from 3.6"),
        ("pyproject.toml", "[project]\nname='x'\nrequires-python = '>=3.10'", "pyproject.toml:3: "),
        ("pyproject.toml", "[project\n", "--target is not given"),
    ],
)
def test_no_python_is_a_question_that_says_why(name: str, text: str, why: str) -> None:
    asked = question({name: text})
    assert "--target" in asked or "pinfix knows" in asked
    assert why in asked


def test_two_files_that_agree_are_one_target() -> None:
    files = {".python-version": "3.12", "runtime.txt": "python-3.12.4", "Pipfile": ""}
    assert targets(files) == ["cp312-manylinux@3.12.4"]


def test_two_files_that_disagree_are_a_question() -> None:
    asked = question({".python-version": "3.12\n", "runtime.txt": "python-3.11.2\n"})
    assert ".python-version:1: 3.12" in asked
    assert "runtime.txt:1: python-3.11.2" in asked
    assert "Give --target cp312-manylinux or --target cp311-manylinux" in asked


def test_nearest_folder_counts() -> None:
    files = {".python-version": "3.12", "api/.python-version": "3.11"}
    assert targets(files, "api") == ["cp311-manylinux"]
    assert targets(files, "docs") == ["cp312-manylinux"]


def test_requires_python_forbids_what_is_deployed() -> None:
    files = {
        "pyproject.toml": "[project]\nrequires-python = '>=3.13'\n",
        "Dockerfile": "FROM python:3.12\nRUN pip install .\n",
    }
    asked = question(files)
    assert "Dockerfile:1: FROM python:3.12" in asked
    assert "pyproject.toml:2: requires-python >=3.13" in asked
    assert targets(files | {"Dockerfile": "FROM python:3.13\nRUN pip install ."}) == [
        "cp313-docker"
    ]
