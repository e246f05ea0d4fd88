"""Which Python is taken: PATH with shims that do not run, pyenv, several patch releases."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from pinfix.targets.target import parse_target
from pinfix.verify import interpreters
from pinfix.verify.interpreters import Python, find_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="scripts stand for interpreters")
OWN = interpreters._probe(Path(sys.executable), os.environ) or {}
# Older than any Python that the tests run on, so that the running one is never meant.
TARGET = parse_target("cp39-manylinux_2_17_x86_64", python="3.9.5")


@pytest.fixture(autouse=True)
def _x86_64_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {
        "platform_system": "Linux",
        **{k: TARGET.environment[k] for k in interpreters._SAME_SYSTEM},
    }
    monkeypatch.setattr(interpreters, "default_environment", lambda: here)
    platforms = ("manylinux_2_31_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
    monkeypatch.setattr(interpreters, "platform_tags", lambda: iter(platforms))


def script(path: Path, version: str, /, **said: object) -> Path:
    """A program that says of itself what an interpreter of this version would."""
    known = {"implementation": "cpython", "version": version, "free_threaded": False}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{json.dumps({**OWN, **known, **said})}'\n")
    path.chmod(0o755)
    return path


def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path / "home")}


def test_python_on_path_is_found(tmp_path: Path) -> None:
    path = script(tmp_path / "bin" / "python3.9", "3.9.1")
    assert find_python(TARGET, [], environ(tmp_path)) == Python(path, "3.9.1")


def test_shim_that_does_not_run_is_passed_over(tmp_path: Path) -> None:
    shim = script(tmp_path / "bin" / "python3.9", "3.9.1")
    shim.write_text("#!/bin/sh\necho 'pyenv: python3.9: command not found' >&2; exit 127\n")
    path = script(tmp_path / "home" / ".pyenv" / "versions" / "3.9.18" / "bin" / "python", "3.9.18")
    assert find_python(TARGET, [], environ(tmp_path)) == Python(path, "3.9.18")


def test_the_targets_own_patch_release_is_preferred_to_a_newer_one(tmp_path: Path) -> None:
    script(tmp_path / "bin" / "python3.9", "3.9.18")
    exact = script(tmp_path / "home/.pyenv/versions/3.9.5/bin/python", "3.9.5")
    assert find_python(TARGET, [], environ(tmp_path)) == Python(exact, "3.9.5")


@pytest.mark.parametrize(
    "said",
    [
        {"version": "3.8.1"},
        {"implementation": "pypy"},
        {"free_threaded": True},
        {"system": ["linux", "i686", 4, False]},
    ],
)
def test_another_python_is_not_taken(tmp_path: Path, said: dict[str, object]) -> None:
    script(tmp_path / "bin" / "python3.9", "3.9.1", **said)
    found = find_python(TARGET, [], environ(tmp_path))
    assert found == "no Python for cp39 was found on this machine"


@pytest.mark.parametrize("name", ["cp39-win_amd64", "cp39-manylinux_2_17_aarch64", "cp39-macosx"])
def test_another_system_is_foreign(tmp_path: Path, name: str) -> None:
    script(tmp_path / "bin" / "python3.9", "3.9.1")
    found = find_python(parse_target(name), [], environ(tmp_path))
    assert isinstance(found, str)
    assert found.startswith("this machine is Linux x86_64, the target is ")


def test_newer_libc_is_no_matter_where_the_wheels_are_for_an_older_one(tmp_path: Path) -> None:
    path = script(tmp_path / "bin" / "python3.9", "3.9.1")
    target = parse_target("cp39-manylinux_2_39_x86_64")
    old, new = "a-1-cp39-cp39-manylinux2014_x86_64.whl", "b-1-cp39-cp39-manylinux_2_39_x86_64.whl"
    assert find_python(target, [old, "c-1-py3-none-any.whl"], environ(tmp_path)) == Python(
        path, "3.9.1"
    )
    found = find_python(target, [old, new], environ(tmp_path))
    assert found == f"{new} is for another system than this machine's, manylinux_2_31_x86_64"


def test_uvs_installations_are_found(tmp_path: Path) -> None:
    uv = tmp_path / "bin" / "uv"
    path = script(tmp_path / "uv" / "cpython-3.9.7-linux-x86_64-gnu" / "bin" / "python3", "3.9.7")
    uv.parent.mkdir()
    uv.write_text(f"#!/bin/sh\necho {tmp_path / 'uv'}\n")
    uv.chmod(0o755)
    assert find_python(TARGET, [], environ(tmp_path)) == Python(path, "3.9.7")
