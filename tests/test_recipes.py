"""The recipes in docs/recipes do what they say, run by the tools that they are for."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pinfix.commands.fix import fix
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

ROOT = Path(__file__).resolve().parent.parent
RECIPES = ROOT / "docs" / "recipes"
WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
PYPROJECT = """\
[project]
name = "app"
version = "1"
requires-python = ">={}.{}"
dependencies = ["foo==1.0"]
""".format(*sys.version_info[:2])
in_full = [pytest.mark.live, pytest.mark.install]


def blocks(name: str, language: str) -> list[str]:
    text = (RECIPES / f"{name}.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def with_place(text: str) -> str:
    """A recipe that installs this checkout; ``PINFIX_*`` are variables."""
    return re.sub(r"\bPINFIX\b", lambda _: str(ROOT), text)


@dataclass
class Project:
    """Somebody's project, and the index that its packages come from."""

    folder: Path
    url: str
    cache: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(with_place(text))

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        scripts = Path(sys.executable).parent
        env = os.environ | {
            "PINFIX_INDEX_URL": self.url,
            "PINFIX_CACHE_DIR": str(self.cache),
            "PATH": f"{self.cache}{os.pathsep}{scripts}{os.pathsep}{os.environ['PATH']}",
        }
        return subprocess.run(
            words, cwd=self.folder, env=env | variables, capture_output=True, text=True, check=False
        )

    def shell(self, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the lines of a recipe, with this pinfix, and stop at the first that fails."""
        program = self.cache / "pinfix"
        program.write_text(
            f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m pinfix "$@"\n'
        )
        program.chmod(0o755)
        return self.run("sh", "-ec", with_place(text), **variables)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "project").mkdir()
    (tmp_path / "cache").mkdir()
    with served(WORLD) as url:
        made = Project(tmp_path / "project", url, tmp_path / "cache")
        made.write("requirements.txt", "foo==1.0\n")
        yield made


def test_every_recipe_is_listed() -> None:
    listed = set(re.findall(r"\]\(([\w-]+\.md)\)", (RECIPES / "README.md").read_text()))
    assert listed == {path.name for path in RECIPES.iterdir()} - {"README.md"}


def test_options_in_the_recipes_are_those_of_pinfix() -> None:
    known = {name for param in fix.params for name in param.opts}
    for path in RECIPES.glob("*.md"):
        for line in re.findall(r"^(?:.*- )?(pinfix .*)$", path.read_text(), re.MULTILINE):
            options = [word for word in shlex.split(line) if word.startswith("--")]
            assert set(options) <= known, path.name


def test_gitlab_reads_the_job_and_its_script_runs(place: Project) -> None:
    (text,) = blocks("gitlab-ci", "yaml")
    job = YAML(typ="safe").load(text)["pins"]
    assert set(job) == {"image", "variables", "cache", "rules", "script", "artifacts"}
    install, check = job["script"]
    assert install.split()[-1] == "PINFIX"
    done = place.shell(check)
    assert done.returncode == 1, done.stderr
    for name in job["artifacts"]["paths"]:
        assert "1.1" in place.read(name)
    assert place.read("requirements.txt") == "foo==1.0\n"


@pytest.mark.parametrize("tool", [pytest.param(tool, marks=in_full) for tool in ("tox", "nox")])
def test_tox_and_nox_run_it(place: Project, tool: str) -> None:
    pytest.importorskip(tool)
    if tool == "tox":
        place.write("tox.ini", blocks("tox", "ini")[0])
        words = [sys.executable, "-m", "tox", "-e", "pins"]
    else:
        place.write("noxfile.py", blocks("nox", "python")[0])
        words = [sys.executable, "-m", "nox", "-s", "pins"]
    done = place.run(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "foo==1.0 -> foo==1.1" in done.stdout + done.stderr
    shown = place.run(*words, "--", "--diff")
    assert "+foo==1.1" in shown.stdout
    place.write("requirements.txt", "foo==1.1\n")
    assert place.run(*words).returncode == 0


@pytest.mark.live
@pytest.mark.install
def test_uvx_runs_it(place: Project) -> None:
    done = place.shell(blocks("uv", "sh")[0])
    assert done.returncode == 1, done.stderr
    assert "foo==1.0 -> foo==1.1" in done.stderr


def test_files_of_uv_pip_compile_stay_consistent(place: Project) -> None:
    place.write("requirements.in", "foo==1.0\nbar\n")
    compiled = place.run(
        *("uv", "pip", "compile", "--index-url", place.url, "--python", sys.executable),
        *("--python-version", "3.11", "--no-annotate", "-o", "requirements.txt", "requirements.in"),
    )
    assert compiled.returncode == 0, compiled.stderr
    done = place.shell(blocks("uv", "sh")[1])
    assert done.returncode == 0, done.stderr
    assert place.read("requirements.in") == "foo==1.1\nbar\n"
    assert "foo==1.1\n" in place.read("requirements.txt")


def test_a_project_with_a_lock_of_uv(place: Project) -> None:
    place.write("pyproject.toml", PYPROJECT)
    (place.folder / "requirements.txt").unlink()
    found = {"UV_DEFAULT_INDEX": place.url, "UV_PYTHON": sys.executable}
    done = place.shell(blocks("uv", "sh")[2], **found)
    assert done.returncode == 0, done.stderr
    assert "foo==1.1" in place.read("pyproject.toml")
    assert "foo==1.1" in place.read("requirements.txt")


@pytest.mark.live
@pytest.mark.install
def test_a_project_of_poetry(place: Project) -> None:
    """On the real index, whose pages poetry reads, but not PyPI's own API, which mirrors lack."""
    source = '\n[[tool.poetry.source]]\nname = "real"\nurl = "https://pypi.org/simple/"\n'
    place.write("pyproject.toml", PYPROJECT.replace("foo==1.0", "orjson==3.9.10") + source)
    poetry = place.cache / "poetry"
    poetry.write_text('#!/bin/sh\nexec uv tool run --with poetry-plugin-export poetry "$@"\n')
    poetry.chmod(0o755)
    real = {"PINFIX_INDEX_URL": "https://pypi.org/simple", "PINFIX_RULES": "none"}
    real |= {"POETRY_VIRTUALENVS_CREATE": "false"}
    done = place.shell(blocks("poetry", "sh")[0], **real)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "orjson==3.9.10" not in place.read("pyproject.toml")
    assert 'name = "orjson"' in place.read("poetry.lock")
    (place.folder / "requirements.txt").unlink()
    exported = place.shell(blocks("poetry", "sh")[1], **real)
    assert exported.returncode == 0, exported.stdout + exported.stderr
