"""``pinfix migrate``: what is shown, what is written, and when it is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(
    project("pydantic", ["1.10.27", "2.5.0"], modules=["pydantic"]),
    project("moved", {"1.0": CP311, "1.1": CP313}, modules=["moved"]),
    project("web", ["1.0"], requires=["core"], modules=["web"]),
    project("core", ["1.0"], modules=["core"]),
    project("extra", ["1.0"], modules=["extra"]),
    project("hopeless", {"1.0": CP311}, modules=["hopeless"]),
)
REQUIREMENTS = "pydantic==2.5.0  # models\nmoved==1.0\nweb==1.0\nextra==1.0\n"
CODE = """\
import extra
import web
from pydantic import BaseModel, ConfigDict


class A(BaseModel):
    model_config = ConfigDict(from_attributes=True)  # rows


def f(a: A) -> dict:
    import core
    return a.model_dump()
"""
RENDER = """\
services:
  - type: web
    runtime: python
    buildCommand: pip install --only-binary=all -r requirements.txt  # wheels
    envVars:
      - key: PYTHON_VERSION
        value: 3.13.1
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "app"
    project.mkdir()
    monkeypatch.chdir(project)
    (project / "requirements.txt").write_text(REQUIREMENTS)
    (project / "main.py").write_text(CODE)
    (project / "render.yaml").write_text(RENDER)
    git(project, "init")
    git(project, "add", ".")
    git(project, "commit", "-m", "before")
    return project


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def run(url: str, *arguments: str) -> Result:
    options = ["--index-url", url, "--cache-dir", "../cache"]
    return CliRunner().invoke(cli, ["migrate", *arguments, *options])


def test_it_is_shown_first_and_nothing_is_written(folder: Path, url: str) -> None:
    done = run(url)
    assert done.exit_code == 0, done.stderr
    assert git(folder, "status", "--porcelain") == ""
    for line in (
        "-pydantic==2.5.0  # models",
        "+pydantic==1.10.27  # models",
        "+    class Config:",
        "+        orm_mode = True  # rows",
        "+    return a.dict()",
        '+    buildCommand: pip install --only-binary=":all:" -r requirements.txt  # wheels',
    ):
        assert line in done.stdout.splitlines(), done.stdout
    assert "render.yaml:7: " in done.stderr
    assert "code: " in done.stderr
    assert done.stderr.endswith("Nothing was written; --write does it.\n")


def test_write_does_what_was_shown_and_a_second_run_finds_nothing(folder: Path, url: str) -> None:
    assert run(url, "--write").exit_code == 0
    assert (folder / "requirements.txt").read_text() == (
        "pydantic==1.10.27  # models\nmoved==1.1\nweb==1.0\nextra==1.0\n"
    )
    assert "orm_mode = True" in (folder / "main.py").read_text()
    git(folder, "commit", "-am", "after")
    again = run(url, "--write")
    assert again.stdout == ""
    assert git(folder, "status", "--porcelain") == ""


def test_the_diff_applies(folder: Path, url: str) -> None:
    diff = run(url).stdout
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff, text=True, check=True)
    applied = git(folder, "diff")
    git(folder, "checkout", ".")
    run(url, "--write")
    assert git(folder, "diff") == applied


@pytest.mark.parametrize(
    ("part", "changed"),
    [("pins", ["requirements.txt"]), ("code", ["main.py"]), ("deploy", ["render.yaml"])],
)
def test_only_one_part(folder: Path, url: str, part: str, changed: list[str]) -> None:
    assert run(url, "--write", "--only", part).exit_code == 0
    assert git(folder, "diff", "--name-only").split() == changed


def test_a_dirty_tree_is_refused_unless_told(folder: Path, url: str) -> None:
    (folder / "main.py").write_text(CODE + "# more\n")
    refused = run(url, "--write")
    assert refused.exit_code == 2
    assert "changes that are not committed (main.py)" in refused.stderr
    assert (folder / "requirements.txt").read_text() == REQUIREMENTS
    assert run(url, "--write", "--allow-dirty").exit_code == 0
    assert (folder / "main.py").read_text().endswith("return a.dict()\n# more\n")


def test_code_stays_where_pydantic_2_does(folder: Path, url: str) -> None:
    assert run(url, "--write", "--rules", "none").exit_code == 0
    assert (folder / "main.py").read_text() == CODE
    assert "pydantic==2.5.0" in (folder / "requirements.txt").read_text()


def test_what_is_kept_has_to_be_there(folder: Path, url: str) -> None:
    refused = run(url, "--keep", "web,nobody")
    assert refused.exit_code == 2
    assert "--keep nobody: no file requires it. Required: extra, moved, pydantic, web." in (
        refused.stderr
    )


def test_last_resort_where_nothing_serves_all_of_them(folder: Path, url: str) -> None:
    (folder / "requirements.txt").write_text("web==1.0\nhopeless==1.0\n")
    assert run(url).exit_code == 3
    kept = run(url, "--keep", "web")
    assert kept.exit_code == 0
    assert "-hopeless==1.0" in kept.stdout
    assert "left out: hopeless" in kept.stderr
    assert "On Python" not in kept.stderr


def test_another_python_is_compared_with_what_is_kept(folder: Path, url: str) -> None:
    kept = run(url, "--keep", "web,moved")
    assert "On Python 3.11: nothing would have to change of the pins" in kept.stderr
    assert "On Python" not in run(url, "--keep", "web").stderr


def test_another_python_that_needs_less_is_named_and_can_be_written(folder: Path, url: str) -> None:
    assert "--to-python 3.11 moves the deploy files there" in run(url).stderr
    assert run(url, "--write", "--to-python", "3.11", "--only", "deploy").exit_code == 0
    assert "value: 3.11" in (folder / "render.yaml").read_text()


def test_json_has_all_three_parts(folder: Path, url: str) -> None:
    document = json.loads(run(url, "--json", "-").stdout)
    assert document["schema"] == 1
    assert [change["package"] for change in document["pins"]["changes"]] == ["pydantic", "moved"]
    (code,) = document["code"]
    assert (code["file"], code["changed"]) == ("main.py", True)
    assert [file["file"] for file in document["deploy"]] == ["render.yaml"]
    assert document["lost_imports"] == []
