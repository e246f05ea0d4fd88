"""How pip-sync is run, and what there is for it to find."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from pinfix.errors import UsageError
from pinfix.verify.environment import Environment, sync_command, without_compilers


def test_pip_sync_is_that_of_the_running_interpreter() -> None:
    assert sync_command() == [sys.executable, "-m", "piptools", "sync"]


def test_pip_sync_of_path_does_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert sync_command() == ["/usr/bin/pip-sync"]


def test_missing_pip_tools_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(UsageError, match=r"pip install 'pinfix\[verify\]'"):
        sync_command()


def test_no_compiler_is_in_reach(tmp_path: Path) -> None:
    environment = Environment(tmp_path, tmp_path / "bin" / "python", ())
    given = {"PATH": "/usr/bin", "CC": "gcc", "RUSTC": "/r", "PYTHONPATH": "/x", "HOME": "/home/me"}
    found = without_compilers(environment, given)
    assert found["PATH"].split(os.pathsep) == [str(tmp_path / "bin")]
    assert not Path(found["CC"]).exists()
    assert not {"RUSTC", "PYTHONPATH"} & set(found)
    assert found["HOME"] == "/home/me"
