"""Programs that do the same with pydantic 2, and with pydantic 1.10 after the migration.

Real virtual environments: ``pytest -m install``.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pinfix.migrate.code.migration import migrate_code

PROGRAMS = Path(__file__).parent / "programs"
PYTHONS = Path.home() / ".pyenv" / "versions"
NAMES = sorted(path.name for path in PROGRAMS.glob("*.py") if path.name != "shown.py")
WITH_2 = ("pydantic>=2", "pydantic-settings")
WITH_1 = ("pydantic==1.10.*", "typing-extensions")


def interpreter(minor: str) -> Path:
    """The newest installed Python of a line; skips the test where there is none."""
    found = sorted(
        PYTHONS.glob(f"{minor}.*/bin/python"), key=lambda path: int(path.parts[-3].split(".")[2])
    )
    if not found:
        pytest.skip(f"no Python {minor} in {PYTHONS}")
    return found[-1]


def environment(python: Path, folder: Path, *requirements: str) -> Path:
    """The interpreter of a fresh virtual environment that has the requirements."""
    inside = folder / "bin" / "python"
    for command in (
        [python, "-m", "venv", folder],
        [inside, "-m", "pip", "install", "-q", "--only-binary", ":all:", *requirements],
    ):
        made = subprocess.run(command, check=False, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
    return inside


@pytest.fixture(scope="module")
def python_with_2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(interpreter("3.11"), tmp_path_factory.mktemp("two"), *WITH_2)


@pytest.fixture(scope="module", params=["3.9", "3.11", "3.13"])
def python_with_1(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return environment(interpreter(request.param), tmp_path_factory.mktemp("one"), *WITH_1)


def printed(python: Path, folder: Path, program: str) -> str:
    ran = subprocess.run([python, program], check=False, capture_output=True, text=True, cwd=folder)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.mark.install
@pytest.mark.live
@pytest.mark.parametrize("program", NAMES)
def test_a_migrated_program_does_what_it_did(
    program: str, python_with_2: Path, python_with_1: Path, tmp_path: Path
) -> None:
    files = {path.name: path.read_bytes() for path in PROGRAMS.glob("*.py")}
    migrated = {one.path: one for one in migrate_code(files)}
    assert migrated[program].todo == ()
    for name, data in files.items():
        (tmp_path / name).write_bytes(migrated[name].after if name in migrated else data)
    assert printed(python_with_1, tmp_path, program) == printed(python_with_2, PROGRAMS, program)
