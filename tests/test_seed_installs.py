"""A hand-made "free of Rust" list of pins, which starts nowhere as it is: pinfix makes it run.

Real virtual environments, real wheels, real imports: ``pytest -m install``.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cases.case import FOLDER

SEED = FOLDER / "seed-cp311" / "requirements.txt"
PYTHONS = Path.home() / ".pyenv" / "versions"
IMPORTED = (
    "fastapi, pydantic, jwt, passlib.hash, sqlalchemy, psycopg2, multipart, dotenv, requests, "
    "jinja2, uvicorn, gunicorn.app.wsgiapp"
)
# Every module of every distribution, then an application that makes use of the main ones.
PROGRAM = f"""
import importlib, importlib.metadata
for name, dists in importlib.metadata.packages_distributions().items():
    if not name.startswith("_") and not {{"pip", "setuptools"}} & set(dists):
        importlib.import_module(name)
import {IMPORTED}

class Node(pydantic.BaseModel):
    children: "list[Node]" = []

app = fastapi.FastAPI()

@app.post("/")
def root(node: Node) -> Node:
    return node

assert "Node" in str(app.openapi())
engine = sqlalchemy.create_engine("sqlite://")
with engine.connect() as connection:
    assert connection.execute(sqlalchemy.text("select 1")).scalar() == 1
hashed = passlib.hash.pbkdf2_sha256.hash("secret")
assert passlib.hash.pbkdf2_sha256.verify("secret", hashed)
print("all imported")
"""

pytestmark = [pytest.mark.install, pytest.mark.live]


def interpreter(minor: str) -> Path:
    """The newest installed Python of a line; skips the test where there is none."""
    found = sorted(
        PYTHONS.glob(f"{minor}.*/bin/python"), key=lambda path: int(path.parts[-3].split(".")[2])
    )
    if not found:
        pytest.skip(f"no Python {minor} in {PYTHONS}")
    return found[-1]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
    )


def environment(python: Path, folder: Path) -> Path:
    """A fresh virtual environment; its interpreter."""
    made = run(python, "-m", "venv", folder)
    assert made.returncode == 0, made.stderr
    return folder / "bin" / "python"


@pytest.mark.parametrize("minor", ["3.11", "3.13"])
def test_rewritten_file_installs_from_wheels_and_imports(minor: str, tmp_path: Path) -> None:
    python = interpreter(minor)
    file = tmp_path / "requirements.txt"
    file.write_bytes(SEED.read_bytes())
    tag = f"cp{minor.replace('.', '')}-manylinux"
    exact = python.parts[-3]
    fixed = run(sys.executable, "-m", "pinfix", file, "--target", tag, "--python", exact)
    assert fixed.returncode == 0, fixed.stderr

    inside = environment(python, tmp_path / "venv")
    installed = run(inside, "-m", "pip", "install", "--only-binary", ":all:", "-r", file)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    imported = run(inside, "-c", PROGRAM)
    assert imported.stdout == "all imported\n", imported.stderr

    again = run(sys.executable, "-m", "pinfix", file, "--target", tag, "--python", exact, "--check")
    assert again.returncode == 0, again.stderr
