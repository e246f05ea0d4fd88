"""The GitHub Action: its steps as they stand in action.yml, run here as a runner runs them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.fake_index import CP311, CP313, index, project
from tests.served import served

BASH = shutil.which("bash")
ROOT = Path(__file__).resolve().parent.parent
ACTION: Mapping[str, Any] = YAML(typ="safe").load(ROOT / "action.yml")
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}))
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@dataclass
class Done:
    code: int
    stderr: str
    outputs: dict[str, str]
    summary: str


@dataclass
class Runner:
    """A folder with a checkout, and what a runner sets."""

    folder: Path
    variables: dict[str, str]

    def step(self, name: str, inputs: Mapping[str, str], **context: str) -> Done:
        """Run one step's script with its variables, as ``shell: bash`` does."""
        assert BASH is not None
        step = STEPS[name]
        values = {f"inputs.{key}": one["default"] for key, one in ACTION["inputs"].items()}
        values |= {f"inputs.{key}": value for key, value in inputs.items()} | context
        env = {
            key: _EXPRESSION.sub(lambda m: values[m[1]], text) for key, text in step["env"].items()
        }
        output, summary = self.folder.parent / "output", self.folder.parent / "summary"
        output.write_text("")
        summary.write_text("")
        runner = {
            "RUNNER_TEMP": str(self.folder.parent),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_ACTIONS": "true",
        }
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=os.environ | self.variables | runner | env,
            capture_output=True,
            text=True,
            check=False,
        )
        lines = output.read_text().splitlines()
        outputs = dict(line.split("=", 1) for line in lines)
        return Done(done.returncode, done.stdout + done.stderr, outputs, summary.read_text())

    def run(self, **inputs: str) -> Done:
        return self.step("run", inputs, **{"steps.install.outputs.program": str(self.program)})

    @property
    def program(self) -> Path:
        return self.folder.parent / "program"

    @property
    def file(self) -> Path:
        return self.folder / "requirements.txt"


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    folder = tmp_path / "checkout"
    folder.mkdir()
    with served(WORLD) as url:
        variables = {"PINFIX_INDEX_URL": url, "PINFIX_CACHE_DIR": str(tmp_path / "cache")}
        made = Runner(folder, variables | {"PYTHONPATH": str(ROOT)})
        made.program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pinfix "$@"\n')
        made.program.chmod(0o755)
        made.file.write_text("foo==1.0\n")
        yield made


needs_bash = pytest.mark.skipif(BASH is None, reason="there is no bash")
TARGET = {"target": "cp313-manylinux", "files": "requirements.txt"}


def test_every_input_and_output_says_what_it_is() -> None:
    assert set(ACTION["inputs"]) == {"mode", "files", "target", "args", "python-version"}
    for one in (*ACTION["inputs"].values(), *ACTION["outputs"].values()):
        assert one["description"]


def test_no_script_is_made_of_what_somebody_typed() -> None:
    """Inputs come by variables alone: in a script they could be commands."""
    assert not any("${{" in step.get("run", "") for step in STEPS.values())


def test_the_python_of_the_job_stays() -> None:
    assert STEPS["python"]["with"]["update-environment"] is False


@needs_bash
def test_check_fails_where_something_would_change(runner: Runner) -> None:
    done = runner.run(**TARGET)
    assert done.code == 1, done.stderr
    assert done.outputs["changed"] == "true"
    assert "foo" in done.summary
    assert "1.1" in done.summary
    assert "::" in done.stderr
    assert runner.file.read_text() == "foo==1.0\n"


@needs_bash
def test_diff_only_shows(runner: Runner) -> None:
    done = runner.run(mode="diff", **TARGET)
    assert (done.code, done.outputs["changed"]) == (0, "true")
    assert "+foo==1.1" in done.stderr
    assert "+foo==1.1" in Path(done.outputs["patch"]).read_text()
    assert runner.file.read_text() == "foo==1.0\n"


@needs_bash
def test_fix_writes_and_the_next_run_changes_nothing(runner: Runner) -> None:
    done = runner.run(mode="fix", **TARGET)
    assert (done.code, done.outputs["changed"]) == (0, "true")
    assert runner.file.read_text() == "foo==1.1\n"
    again = runner.run(mode="check", **TARGET)
    assert (again.code, again.outputs["changed"]) == (0, "false")
    assert again.summary.startswith("### pinfix\n")


@needs_bash
def test_files_may_have_spaces_and_targets_and_options_are_several(runner: Runner) -> None:
    (runner.folder / "more pins.txt").write_text("foo==1.0\n")
    files = "requirements.txt\nmore pins.txt\n"
    target = "cp313-manylinux, cp313-win_amd64"
    done = runner.run(mode="fix", files=files, target=target, args="--rules none  --no-upgrade")
    assert done.code == 3, done.stderr
    assert "more pins.txt" in done.stderr
    assert "win_amd64" in done.stderr


@needs_bash
def test_files_and_target_may_be_configured(runner: Runner) -> None:
    (runner.folder / "pinfix.toml").write_text(
        'files = ["requirements.txt"]\ntargets = ["cp313-manylinux"]\n'
    )
    assert runner.run().outputs["changed"] == "true"


@needs_bash
def test_a_refusal_is_in_the_summary(runner: Runner) -> None:
    runner.file.write_text("gone==1.0\n")
    done = runner.run(**TARGET)
    assert (done.code, done.outputs["changed"]) == (3, "false")
    assert "gone" in done.summary


@needs_bash
def test_a_mode_that_is_none_is_refused(runner: Runner) -> None:
    done = runner.run(mode="chek")
    assert done.code == 2
    assert "not chek" in done.stderr


@needs_bash
@pytest.mark.live
@pytest.mark.install
def test_installs_from_where_the_action_lies(runner: Runner) -> None:
    context = {"steps.python.outputs.python-path": sys.executable, "github.action_path": str(ROOT)}
    done = runner.step("install", {}, **context)
    assert done.code == 0, done.stderr
    version = subprocess.run(
        [done.outputs["program"], "--version"], capture_output=True, text=True, check=True
    )
    assert version.stdout.startswith("pinfix, version")
