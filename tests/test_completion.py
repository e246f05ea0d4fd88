"""Shell completion: what bash itself makes of a word, by the script that click writes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BASH = shutil.which("bash")

# What bash does for a word: call the function, then list what it replied.
COMPLETE = """
source <(_PINFIX_COMPLETE=bash_source pinfix)
compopt() { printf 'compopt %s %s\\n' "$1" "$2"; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_pinfix_completion pinfix
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a ``pinfix`` to call in ``bin``."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "pinfix"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pinfix "$@"\n')
    program.chmod(0o755)
    return tmp_path


def bash(folder: Path, *words: str) -> list[str]:
    """What bash replies when the last word is to be completed."""
    assert BASH is not None
    root = Path(__file__).resolve().parent.parent
    env = os.environ | {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root),
    }
    command = [BASH, "-c", COMPLETE, "bash", "pinfix", *words]
    run = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    # click's script asks for the order of the replies, which old versions of bash do not know.
    assert run.returncode == 0, run.stderr
    return run.stdout.split("\n")[:-1]


pytestmark = pytest.mark.skipif(BASH is None, reason="there is no bash")


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        (["mat"], ["matrix"]),
        (["fix", "--allow-p"], ["--allow-prereleases"]),
        (["--relax"], ["--relax-ranges"]),
        (["fix", "--no-spl"], ["--no-split"]),
        (["-t", "cp313-rend"], ["cp313-render"]),
        (["requirements.txt", "--target", "ho"], ["host"]),
        (
            ["matrix", "-t", "cp312-render,cp313-hero"],
            [f"cp312-render,cp313-{n}" for n in ("heroku", "heroku-22", "heroku-24")],
        ),
        (["fix", "--rules", "known"], ["known-breaks"]),
        (["fix", "--prefer", "near"], ["nearest"]),
        (["rules", "show", "pydantic-em"], ["pydantic-email"]),
        (["rules", "ch"], ["check"]),
        (["why", "x", "--index-strategy", "f"], ["first-index"]),
    ],
    ids=" ".join,
)
def test_a_word_is_completed(folder: Path, words: list[str], replies: list[str]) -> None:
    assert bash(folder, *words) == replies


@pytest.mark.parametrize(
    "words", [["requ"], ["fix", "requ"], ["--check", "requ"], ["why", "x", "-r", "r"], ["log", "b"]]
)
def test_files_are_left_to_the_shell(folder: Path, words: list[str]) -> None:
    assert "compopt -o default" in bash(folder, *words)


def test_folders_are_left_to_the_shell(folder: Path) -> None:
    assert "compopt -o dirnames" in bash(folder, "fix", "--cache-dir", "c")


def test_a_configuration_that_is_wrong_keeps_nothing_from_being_completed(folder: Path) -> None:
    (folder / "pinfix.toml").write_text("targts = []\n")
    assert bash(folder, "fix", "-t", "cp313-rend") == ["cp313-render"]
