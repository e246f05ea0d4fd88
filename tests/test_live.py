"""The main job against the real index: ``pytest -m live``."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner
from packaging.utils import parse_wheel_filename

from pinfix.cli import cli
from pinfix.index.client import DEFAULT_INDEX_URL
from pinfix.pip_config import read_pip_config
from pinfix.rulebook.packs import shipped_packs

pytestmark = pytest.mark.live


def test_the_trap_is_told_by_what_nobody_wrote_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "requirements.txt"
    file.write_text("fastapi==0.104.1\npydantic==2.5.0\n")
    options = ["--target", "cp313-manylinux", "--rules", "none", "--cache-dir", "cache"]
    result = CliRunner().invoke(cli, ["requirements.txt", *options, "--json", "plan.json"])
    assert result.exit_code == 0, result.stderr
    assert "pydantic-core 2.14.1 has no wheel for cp313-manylinux_2_28_x86_64" in result.stderr
    assert "cp37-cp312" in result.stderr
    assert re.fullmatch(r"fastapi==0\.104\.1\npydantic==2\.\d+\.\d+\n", file.read_text())
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert [change["package"] for change in plan["changes"]] == ["pydantic"]
    assert all(entry["file"].endswith(".whl") for entry in plan["closure"])
    again = CliRunner().invoke(cli, ["requirements.txt", *options, "--check", "--offline"])
    assert again.exit_code == 0, again.stderr


def index_url() -> str:
    """The index that pip is configured to, else PyPI."""
    configured = {option.option: option.value for option in read_pip_config(os.environ).options}
    return f"{(configured.get('--index-url') or DEFAULT_INDEX_URL).rstrip('/')}/"


def test_why_says_of_pydantic_core_2_14_1_what_its_file_list_shows() -> None:
    asked = ["why", "pydantic-core==2.14.1", "--target", "cp313-manylinux", "--json"]
    (answer,) = json.loads(CliRunner().invoke(cli, asked).stdout)["answers"]
    (story,) = [story for story in answer["versions"] if story["version"] == "2.14.1"]
    (files,) = answer["files"]
    accept = {"Accept": "application/vnd.pypi.simple.v1+json"}
    url = f"{index_url()}pydantic-core/"
    page = requests.get(url, headers=accept, timeout=60).json()
    names = [
        f["filename"] for f in page["files"] if f["filename"].startswith("pydantic_core-2.14.1-")
    ]
    # Read by packaging alone: which CPythons have a wheel for Linux x86_64 with glibc.
    served = {
        tag.interpreter
        for name in names
        for tag in parse_wheel_filename(name)[3]
        if tag.platform.startswith("manylinux") and tag.platform.endswith("_x86_64")
        if tag.interpreter.startswith("cp")
    }
    assert served == {"cp37", "cp38", "cp39", "cp310", "cp311", "cp312"}
    assert not story["works"]
    assert story["reason"] == (
        "has no wheel for cp313-manylinux_2_28_x86_64 (its wheels: cp37-cp312 on manylinux x86_64)"
    )
    assert "cp37-cp312 on manylinux x86_64" in files["wheels"]
    assert files["building"]["kind"] == "rust"
    assert "build-backend maturin" in files["building"]["shown_by"]
    assert (answer["newest_working"], answer["oldest_working"]) != (None, None)


def test_every_shipped_rule_is_true() -> None:
    done = CliRunner().invoke(cli, ["rules", "check"])
    assert done.exit_code == 0, done.stdout
    assert done.stdout.count(": all true") == len(shipped_packs())
