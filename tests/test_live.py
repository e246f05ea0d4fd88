"""The main job against the real index: ``pytest -m live``."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pinfix.cli import cli

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
