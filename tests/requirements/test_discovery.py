from __future__ import annotations

import pytest

from pinfix.errors import InputError
from pinfix.requirements.discovery import LOOKED_FOR, choose


def test_requirements_files_and_pyproject_are_taken() -> None:
    names = [
        "pyproject.toml",
        "src/app.py",
        "requirements/prod.txt",
        "requirements.txt",
        "requirements-dev.txt",
        "dev_requirements.txt",
        "requirements_test.in",
        "requirements/base.in",
        "notes.txt",
        "README.md",
    ]
    choice = choose(names, "app")
    assert choice.taken == (
        "dev_requirements.txt",
        "requirements-dev.txt",
        "requirements.txt",
        "requirements_test.in",
        "requirements/base.in",
        "requirements/prod.txt",
        "pyproject.toml",
    )
    assert choice.left_out == ()


def test_a_compiled_file_is_taken_with_its_source() -> None:
    assert choose(["requirements.txt", "requirements.in"], ".").taken == (
        "requirements.in",
        "requirements.txt",
    )


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("constraints.txt", "by -c"),
        ("requirements-constraints.txt", "by -c"),
        ("requirements/constraints.txt", "by -c"),
        ("requirements/README.txt", "does not say requirements"),
        ("docs/requirements.txt", "name it"),
        ("services/api/pyproject.toml", "name it"),
        ("poetry.lock", "poetry lock"),
        ("Pipfile", "pipenv requirements"),
        ("environment.yml", "conda"),
        ("setup.py", "nothing is executed"),
    ],
)
def test_what_could_be_meant_is_left_out_with_a_reason(name: str, reason: str) -> None:
    choice = choose([name, "requirements.txt"], ".")
    assert choice.taken == ("requirements.txt",)
    (left_out,) = choice.left_out
    assert left_out.name == name
    assert reason in left_out.reason


@pytest.mark.parametrize(
    "name",
    [
        ".venv/lib/python3.11/site-packages/x/requirements.txt",
        "venv/requirements.txt",
        "node_modules/gyp/pyproject.toml",
        "app.egg-info/requires.txt",
        "myrequirements.txt",
        "requirements.txt.bak",
        "requirements.md",
    ],
)
def test_what_is_not_the_projects_own_is_passed_over(name: str) -> None:
    choice = choose([name, "requirements.txt"], ".")
    assert (choice.taken, choice.left_out) == (("requirements.txt",), ())


def test_where_nothing_is_there_the_error_says_what_was_looked_for() -> None:
    with pytest.raises(InputError) as caught:
        choose(["main.py", "Pipfile"], "my/app")
    message = str(caught.value)
    assert message.startswith("my/app: ")
    assert all(pattern in message for pattern in LOOKED_FOR)
    assert "Pipfile is left out: pip does not read it" in message
