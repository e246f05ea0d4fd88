"""The example's own HTTP tests: on pydantic 2 as it is, on pydantic 1.10 after ``pinfix migrate``.

Real virtual environments on two Pythons: ``pytest -m install``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_seed_installs import interpreter

EXAMPLE = Path(__file__).resolve().parent.parent / "examples" / "render-fastapi"
UV = [sys.executable, "-m", "uv"]
# passlib 1.7.4 works with no newer one; in 2023 there was none.
THEN = "bcrypt==4.0.1\n"

pytestmark = [pytest.mark.install, pytest.mark.live]


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def environment(folder: Path, python: Path, project: Path, *constraints: str) -> Path:
    """An environment with the project's requirements, from wheels, and pytest."""
    run(*UV, "venv", "--no-python-downloads", "--python", python, folder, cwd=project)
    made = folder / "bin" / "python"
    install = [*UV, "pip", "install", "--python", made, "--only-binary", ":all:"]
    run(*install, "-r", "requirements.txt", "pytest", *constraints, cwd=project)
    return made


@pytest.mark.parametrize("minor", ["3.11", "3.12"])
def test_the_example_passes_its_tests_before_and_after(minor: str, tmp_path: Path) -> None:
    project = tmp_path / "app"
    shutil.copytree(EXAMPLE, project)
    constraints = tmp_path / "then.txt"
    constraints.write_text(THEN)
    python = interpreter(minor)
    before = environment(tmp_path / "before", python, project, "-c", str(constraints))
    tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    assert " passed" in run(before, *tests, cwd=project)

    target = f"cp{minor.replace('.', '')}-manylinux"
    run(sys.executable, "-m", "pinfix", "migrate", "--write", "-t", target, cwd=project)
    after = environment(tmp_path / "after", python, project)
    version = ["-c", "import pydantic; print(pydantic.VERSION)"]
    assert run(before, *version, cwd=project).startswith("2.")
    assert run(after, *version, cwd=project).startswith("1.10.")
    assert " passed" in run(after, *tests, cwd=project)


def test_the_last_resort_lists_what_would_fail() -> None:
    command = [sys.executable, "-m", "pinfix", "migrate", "--keep", "fastapi,uvicorn,gunicorn"]
    done = subprocess.run(
        [*command, "-t", "cp313-render"], cwd=EXAMPLE, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "-python-jose[cryptography]==3.3.0" in done.stdout.splitlines()
    lost = done.stderr.partition("imports that would fail\n")[2]
    for said in ("jose (of python-jose)", "passlib.context (of passlib)", "sqlalchemy (of sql"):
        assert said in lost
    assert "fastapi (of" not in lost
    assert "pydantic (of" not in lost
