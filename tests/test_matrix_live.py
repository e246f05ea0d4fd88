"""The example's matrix over the real index, cell by cell, against other runs: ``pytest -m live``."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.test_readme import EXAMPLE

# What uv calls the platforms of the default grid.
UV_PLATFORMS = {
    "manylinux": "x86_64-manylinux_2_28",
    "musllinux": "x86_64-unknown-linux-musl",
    "macosx": "aarch64-apple-darwin",
    "win_amd64": "x86_64-pc-windows-msvc",
}
# What uv, which takes wheels alone, has no quarrel with.
NOT_UVS = {"pip prefers"}

pytestmark = pytest.mark.live


class Example:
    """The example's file in a folder of its own, under some rules, and its matrix."""

    def __init__(self, folder: Path, cache: Path, rules: Sequence[str]) -> None:
        self.folder = folder
        self._options = ["--cache-dir", str(cache), *(f"--rules={rule}" for rule in rules)]
        shutil.copy(EXAMPLE / "requirements.txt", folder)

    @cached_property
    def cells(self) -> dict[str, Any]:
        """By target, as asked."""
        done = self.pinfix("matrix", "requirements.txt", "--json", "-")
        assert done.returncode == 0, done.stderr
        made = json.loads(done.stdout)
        return {cell["target"]["asked"]: cell for cell in made["cells"]}

    def pinfix(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run(sys.executable, "-m", "pinfix", *arguments, *self._options)

    def uv_resolves(self, file: str, target: str) -> bool:
        """Whether uv finds wheels for all that a file comes to."""
        _, platform = target.split("-")
        done = self._run(
            *(shutil.which("uv") or "uv", "pip", "compile", "--quiet", "--no-config"),
            *("--python-version", self.cells[target]["target"]["python"]),
            *("--python-platform", UV_PLATFORMS[platform], "--python-preference", "only-system"),
            *("--only-binary", ":all:", file),
        )
        return done.returncode == 0

    def _run(self, *command: str) -> subprocess.CompletedProcess[str]:
        beside = os.path.dirname(sys.executable)
        env = {**os.environ, "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}"}
        env["MACOSX_DEPLOYMENT_TARGET"] = "13.0"
        return subprocess.run(
            command, cwd=self.folder, env=env, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("rules", [(), ("none",)], ids=["default rules", "no rules"])
def test_every_cell_is_what_a_run_for_its_target_says(
    tmp_path: Path, cache: Path, rules: Sequence[str]
) -> None:
    example = Example(tmp_path, cache, rules)
    assert len(example.cells) == 24
    for target, cell in example.cells.items():
        arguments = ["requirements.txt", "-t", target, "--check", "--json", "-"]
        done = example.pinfix(*arguments)
        assert done.returncode == (1 if cell["changes"] else 0), f"{target}: {done.stderr}"
        assert json.loads(done.stdout)["changes"] == cell["changes"], target


def test_uv_agrees_on_every_cell(tmp_path: Path, cache: Path) -> None:
    example = Example(tmp_path, cache, ("none",))

    def judge(target: str) -> None:
        causes = {change["cause"] for change in example.cells[target]["changes"]}
        as_it_is = example.uv_resolves("requirements.txt", target)
        assert as_it_is == (causes <= NOT_UVS), f"{target}: {causes}"
        rewritten = f"{target}.txt"
        done = example.pinfix("requirements.txt", "-t", target, "-o", rewritten)
        assert done.returncode == 0, done.stderr
        assert example.uv_resolves(rewritten, target), target

    changed = {bool(cell["changes"]) for cell in example.cells.values()}
    assert changed == {True, False}
    with ThreadPoolExecutor(4) as pool:  # it waits for the index most of the time
        list(pool.map(judge, example.cells))
