"""``pinfix config``: every key, its value, and where it was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pinfix.cli import cli
from pinfix.settings import KEYS
from tests.rulebook.packs import pack_text


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    return tmp_path


def settings(*arguments: str) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(cli, ["config", "--json", *arguments])
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["schema"] == 1
    return {setting["key"]: setting for setting in document["settings"]}


def said(value: object, source: str, where: str | None) -> dict[str, object]:
    return {"value": value, "source": source, "where": where}


def test_without_any_configuration_the_defaults_are_told(folder: Path) -> None:
    found = settings()
    assert list(found) == list(KEYS)
    assert {setting["source"] for setting in found.values()} == {"default"}
    assert found["rules"]["value"] == ["rust-free", "known-breaks"]
    assert found["prefer"]["value"] == "newest"
    assert found["split"]["value"] is False
    assert found["targets"]["value"] == []


def test_each_value_is_told_with_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "pyproject.toml").write_text(
        '[tool.pinfix]\ntargets = ["cp313-render"]\nsplit = true\n'
    )
    monkeypatch.setenv("PINFIX_SPLIT", "0")
    found = settings()
    assert found["targets"] == {"key": "targets"} | said(
        ["cp313-render"], "file", "pyproject.toml:2"
    )
    assert found["split"] == {"key": "split"} | said(False, "variable", "PINFIX_SPLIT")


def test_rules_of_the_project_are_told(folder: Path) -> None:
    text = pack_text(id="ours", package="foo", versions="<2")
    (folder / "pinfix.toml").write_text(f'disable-rules = ["pydantic"]\n{text}')
    found = settings()
    assert found["rule"] == {"key": "rule"} | said("ours", "file", "pinfix.toml:2")
    assert found["disable-rules"]["value"] == "pydantic"


def test_targets_of_the_deploy_files_are_told(folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12-alpine\n")
    assert settings()["targets"]["source"] == "deploy files"
    assert settings()["targets"]["where"] == "Dockerfile:1"


def test_what_pip_is_configured_to_is_told_where_it_counts(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://pip.example/simple")
    found = settings()["index-url"]
    assert found == {"key": "index-url"} | said(
        "https://pip.example/simple", "pip", "PIP_INDEX_URL"
    )
    monkeypatch.setenv("PINFIX_INDEX_URL", "https://ours.example/simple")
    assert settings()["index-url"]["where"] == "PINFIX_INDEX_URL"


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_credentials_are_hidden(folder: Path, arguments: list[str]) -> None:
    (folder / "pinfix.toml").write_text(
        'index-url = "https://me:secret@example.org/simple"\n'
        'extra-index-url = ["https://secret@example.org/more"]\n'
    )
    result = CliRunner().invoke(
        cli, ["config", *arguments], env={"PINFIX_FIND_LINKS": "https://u:secret@e.org/"}
    )
    assert "https://example.org/simple" in result.stdout
    assert "secret" not in result.output


def test_the_table_is_in_columns(folder: Path) -> None:
    (folder / "pinfix.toml").write_text('python = "3.13.1"\n')
    lines = CliRunner().invoke(cli, ["config"]).stdout.splitlines()
    assert lines[0].split() == ["key", "value", "from"]
    assert next(line for line in lines if line.startswith("python")).split() == [
        *("python", "3.13.1", "pinfix.toml:1"),
    ]


def test_what_holds_for_a_file_elsewhere(folder: Path) -> None:
    (folder / "service").mkdir()
    (folder / "service" / "pinfix.toml").write_text('files = ["a.txt"]\n')
    assert settings()["files"]["source"] == "default"
    assert settings("service/requirements.txt")["files"]["value"] == ["service/a.txt"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "targts = []\n",
            'pinfix.toml:1: pinfix.toml has no key "targts"\nDid you mean "targets"?',
        ),
        ('targets = ["cp313-rendr"]\n', "write render"),
        ('\nrules = ["rust-fre"]\n', 'pinfix.toml:2: "rules": --rules rust-fre: no such rule pack'),
        ('find-links = ["nowhere"]\n', "nowhere is neither a URL nor a folder"),
        ('python = "latest"\n', 'pinfix.toml:1: "python"'),
        ('python = "3.13.x"\n', 'pinfix.toml:1: "python"'),
        ('exclude-newer = "soon"\n', 'pinfix.toml:1: "exclude-newer"'),
    ],
)
def test_a_mistake_is_an_error_that_names_the_place(folder: Path, text: str, message: str) -> None:
    (folder / "pinfix.toml").write_text(text)
    result = CliRunner().invoke(cli, ["config"])
    assert result.exit_code == 2
    assert message in result.stderr
