"""``pinfix matrix``: each cell is what a run for its target alone would do, and the files stay."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings

from pinfix import parallel
from pinfix.cli import cli
from pinfix.errors import NoSolutionError
from pinfix.inputs import Sources
from pinfix.matrix import make_matrix
from pinfix.network import Access
from pinfix.pip_config import read_pip_config
from pinfix.planning.matrix import Matrix
from pinfix.run import Job
from pinfix.targets.host import find_target
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    CP313_WINDOWS,
    PURE,
    FakeIndex,
    index,
    project,
)
from tests.fixing import plan
from tests.rulebook.packs import pack_text
from tests.served import served
from tests.small_index import Small, Wanted, cases, quick, text_of

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": [CP311, CP313], "1.2": CP313_WINDOWS}),
    project("bar", ["1.0"], requires=["lib"]),
    project("lib", {"1.0": PURE, "2.0": [CP313, C_SDIST]}),
)
TEXT = "# ours\nbar==1.0\nfoo==1.0\n"
TARGETS = ("cp311-manylinux", "cp311-win_amd64", "cp313-manylinux", "cp313-win_amd64")
GRID = ["--pythons", "3.11,3.13", "--platforms", "manylinux,win_amd64"]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as address:
        yield address


@dataclass
class Shell:
    """A folder with a requirements file, and pinfix inside it."""

    folder: Path
    url: str

    @property
    def file(self) -> Path:
        return self.folder / "requirements.txt"

    @property
    def options(self) -> list[str]:
        cache = str(self.folder.parent / "cache")
        return ["--rules", "none", "--index-url", self.url, "--cache-dir", cache]

    def run(self, *arguments: str, file: str = "requirements.txt", **env: str) -> Result:
        return CliRunner(env=env).invoke(cli, ["matrix", file, *arguments, *self.options])

    def json(self, *arguments: str) -> Any:
        result = self.run(*arguments, "--json", "-", "-q")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture
def shell(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_text(TEXT)
    monkeypatch.chdir(folder)
    return Shell(folder, url)


# -- what is printed and written ---------------------------------------------------------------


def test_prints_the_table_and_leaves_the_file_alone(shell: Shell) -> None:
    result = shell.run(*GRID)
    assert result.exit_code == 0, result.stderr
    assert "Python  manylinux  win_amd64\n3.11    1          ✗\n3.13    1          2\n" in (
        result.stdout
    )
    assert result.stdout.endswith("\nFewest changes: 1, on Python 3.11 and 3.13 (manylinux).\n")
    assert shell.file.read_text() == TEXT
    assert os.listdir(shell.folder) == ["requirements.txt"]


def test_whole_grid_is_the_default(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: 1)
    shell.file.write_text("bar==1.0\n")
    made = shell.json()
    asked = [cell["target"]["asked"] for cell in made["cells"]]
    assert len(asked) == 24
    assert asked[:4] == ["cp39-manylinux", "cp39-musllinux", "cp39-macosx", "cp39-win_amd64"]
    assert asked[-1] == "cp314-win_amd64"


def test_targets_are_named_one_by_one_or_with_commas(shell: Shell) -> None:
    made = shell.json("-t", "cp311-render,cp313-alpine", "-t", "cp313-macosx")
    asked = [cell["target"]["asked"] for cell in made["cells"]]
    assert asked == ["cp311-render", "cp313-alpine", "cp313-macosx"]


def test_rules_of_the_project_hold(shell: Shell) -> None:
    rule = pack_text(id="no-foo", action="drop", package="foo", versions=None)
    (shell.folder / "pinfix.toml").write_text(rule)
    options = [*shell.options[2:], "-t", "cp313-manylinux"]
    result = CliRunner().invoke(cli, ["matrix", "requirements.txt", *options])
    assert "foo==1.0  dropped\n" in result.stdout


def test_two_names_of_one_platform_are_one_column_and_two_presets_two(shell: Shell) -> None:
    made = shell.json("--pythons", "3.13", "--platforms", "linux,manylinux,render,debian-11")
    asked = [cell["target"]["asked"] for cell in made["cells"]]
    assert asked == ["cp313-linux", "cp313-render", "cp313-debian-11"]


def test_full_python_version_is_of_its_row(shell: Shell) -> None:
    made = shell.json(*GRID, "--python", "3.13.1")
    pythons = {cell["target"]["python"] for cell in made["cells"]}
    assert "3.13.1" in pythons
    assert len(pythons) == 2


def test_page_and_json_are_written_beside_the_table(shell: Shell) -> None:
    result = shell.run(*GRID, "--html", "page.html", "--json", "matrix.json")
    assert "Fewest changes" in result.stdout
    page = (shell.folder / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert len(json.loads((shell.folder / "matrix.json").read_text())["cells"]) == 4


def test_suggestion_replaces_the_tables_of_packages(shell: Shell) -> None:
    said = shell.run(*GRID, "--suggest").stdout
    assert "Fewest changes first, then the newest Python:" in said
    assert "stays as it is" not in said
    assert "cp313-manylinux is best:\n1 change there, and it is the newest Python" in said


def test_warnings_go_to_stderr_each_once_unless_quiet(shell: Shell) -> None:
    address = "https://example.com/baz-1.0-py3-none-any.whl"
    shell.file.write_text(f"bar==1.0\nbaz @ {address}\n")
    result = shell.run(*GRID)
    (warning,) = result.stderr.splitlines()
    assert warning.startswith("warning: ")
    assert address in warning
    assert address not in result.stdout
    assert shell.run(*GRID, "-q").stderr == ""


def test_constraints_that_pip_is_configured_to_bind_in_each_cell(shell: Shell) -> None:
    (shell.folder / "limits.txt").write_text("foo<1.1\n")
    said = shell.run(*GRID, "--json", "-", "-q", PIP_CONSTRAINT="limits.txt").stdout
    refused = [cell["refusal"] for cell in json.loads(said)["cells"] if cell["refusal"]]
    assert sum("limits.txt:1" in refusal for refusal in refused) > 1
    assert "limits.txt" not in json.dumps(shell.json(*GRID))


def test_no_colour_in_a_pipe_but_on_request(shell: Shell) -> None:
    assert "\x1b" not in shell.run(*GRID).stdout
    assert "\x1b[33m1\x1b[0m" in shell.run(*GRID, "--color", "always").stdout


def test_encoding_without_the_marks_gets_words(shell: Shell) -> None:
    command = [sys.executable, "-m", "pinfix", "matrix", "requirements.txt", *GRID, *shell.options]
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, capture_output=True, env=env, check=True)
    assert done.stdout.isascii()
    assert b"3.11    1          no\n" in done.stdout


# -- exit codes --------------------------------------------------------------------------------


def test_matrix_of_refusals_exits_0(shell: Shell) -> None:
    shell.file.write_text("nowhere==1\n")
    result = shell.run(*GRID)
    assert result.exit_code == 0
    assert "None of the targets has a solution." in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--pythons", "2.7"],
        ["--pythons", ","],
        ["--platforms", "solaris"],
        ["-t", "cp313-any", "--pythons", "3.12"],
        ["-t", "cp313-any", "--platforms", "any"],
        ["--python", "3.8.1"],
        ["--html", "-"],
        ["--html", "a", "--json", "a"],
        ["--html", "requirements.txt"],
        ["--split"],
    ],
    ids=" ".join,
)
def test_bad_usage_exits_2_and_writes_nothing(shell: Shell, arguments: Sequence[str]) -> None:
    result = shell.run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert os.listdir(shell.folder) == ["requirements.txt"]


def test_file_that_cannot_be_read_exits_2_with_its_place(shell: Shell) -> None:
    shell.file.write_text("bar=!1\n")
    result = shell.run(*GRID, "--json", "-")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: requirements.txt:1:")
    assert json.loads(result.stdout)["error"]["exit_code"] == 2


def test_index_that_cannot_be_asked_exits_4_and_the_json_says_so(shell: Shell) -> None:
    shell.url = "http://127.0.0.1:9/simple/"
    result = shell.run(*GRID, "--json", "out.json", "--html", "page.html", "--offline")
    assert result.exit_code == 4
    assert "127.0.0.1:9" in result.stderr
    assert json.loads((shell.folder / "out.json").read_text())["error"]["exit_code"] == 4
    assert not (shell.folder / "page.html").exists()


def test_offline_answers_from_what_was_kept(shell: Shell) -> None:
    first = shell.run(*GRID)
    assert shell.run(*GRID, "--offline").stdout == first.stdout


# -- agreement ---------------------------------------------------------------------------------


def changes_alone(text: str, world: FakeIndex, target: str) -> list[str] | None:
    """What a plan for one target alone changes, over the index itself; None where it is refused."""
    try:
        made = plan(text, world, targets=target)
    except NoSolutionError:
        return None
    assert made.changed == bool(made.changes)
    return [f"{change.before} -> {change.after}" for change in made.changes]


def changes_in(made: Matrix) -> list[list[str] | None]:
    return [
        None if cell.refusal else [f"{change.before} -> {change.after}" for change in cell.changes]
        for cell in made.cells
    ]


def matrix_of(
    text: str, url: str, targets: Sequence[str], folder: Path, on_event: Any = None
) -> Matrix:
    """The matrix over a served index, with a cache of its own."""
    file = folder / "requirements.txt"
    file.write_text(text)
    access = Access(str(folder / "cache"), read_pip_config({"PIP_CONFIG_FILE": os.devnull}))
    found = [find_target(target) for target in targets]
    return make_matrix(Job([str(file)], found, ["none"], sources=Sources(url)), access, on_event)


def test_cells_are_the_plans_for_their_targets_alone(tmp_path: Path, url: str) -> None:
    alone = [changes_alone(TEXT, WORLD, target) for target in TARGETS]
    assert changes_in(matrix_of(TEXT, url, TARGETS, tmp_path)) == alone
    assert alone == [
        [" -> lib==1.0"],
        None,
        ["foo==1.0 -> foo==1.1"],
        ["foo==1.0 -> foo==1.2", " -> lib==1.0"],
    ]


def test_processes_come_to_what_one_would(shell: Shell) -> None:
    names = [f"cp3{n}-{p}" for n in (9, 10, 11, 13) for p in ("manylinux", "win_amd64")]
    assert len(names) > parallel.MIN_ENVIRONMENTS + 1
    command = [sys.executable, "-m", "pinfix", "matrix", "requirements.txt", "-t", ",".join(names)]
    command += [*shell.options, "--json", "-"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout)["cells"]
    found = [
        None if cell["refusal"] else [f"{c['before']} -> {c['after']}" for c in cell["changes"]]
        for cell in cells
    ]
    assert found == [changes_alone(TEXT, WORLD, name) for name in names]


def test_each_listing_is_fetched_once(tmp_path: Path, url: str) -> None:
    fetched: list[str] = []

    def on_event(event: Any) -> None:
        if event.kind == "listing" and event.source == "index":
            fetched.append(event.subject)

    matrix_of(TEXT, url, TARGETS, tmp_path, on_event)
    assert sorted(fetched) == ["bar", "foo", "lib"]


@settings(quick, max_examples=25)
@given(cases())
def test_any_cell_is_the_plan_for_its_target_alone(case: tuple[Small, list[Wanted]]) -> None:
    small, lines = case
    world, text = small.index(), text_of(lines)
    with served(world) as address, tempfile.TemporaryDirectory() as folder:
        made = matrix_of(text, address, TARGETS, Path(folder))
    assert changes_in(made) == [changes_alone(text, world, target) for target in TARGETS]


def test_several_files_are_one_cell_and_one_refusal_is_its_cell(tmp_path: Path, url: str) -> None:
    for name, text in {"a.txt": "foo==1.0\n", "b.txt": "bar==1.0\n"}.items():
        (tmp_path / name).write_text(text)
    access = Access(str(tmp_path / "cache"), read_pip_config({"PIP_CONFIG_FILE": os.devnull}))
    files = [str(tmp_path / name) for name in ("a.txt", "b.txt")]
    targets = [find_target(name) for name in ("cp311-win_amd64", "cp313-win_amd64")]
    made = make_matrix(Job(files, targets, ["none"], sources=Sources(url)), access)
    assert changes_in(made) == [None, ["foo==1.0 -> foo==1.2", " -> lib==1.0"]]
    assert made.cells[0].refusal.startswith(f"{files[0]}: No set of versions")
    assert made.files == tuple(files)
