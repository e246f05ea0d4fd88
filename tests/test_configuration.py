"""A project's own rules and settings: found, read, in force, and part of what a kept run rests on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix import replay
from pinfix.cli import cli
from pinfix.configuration import read_configuration
from pinfix.errors import InputError
from pinfix.start import runs_folder
from tests.fake_index import CP311, CP313, index, project
from tests.rulebook.packs import pack_text
from tests.served import served

WORLD = index(project("foo", ["1.0", "1.5", "2.0"]), project("pydantic", ["1.10.27", "2.5.0"]))
OWN = pack_text(id="ours", package="foo", versions="<2", reason="foo 2 is not for us")


def below(text: str) -> str:
    return text.replace("[[rule", "[[tool.pinfix.rule")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "requirements.txt").write_text("foo==2.0\n")
    return tmp_path


def run(*arguments: str) -> Result:
    with served(WORLD) as url:
        options = ["-t", "cp313-manylinux", "--index-url", url, "--cache-dir", "cache"]
        return CliRunner().invoke(cli, ["fix", "requirements.txt", *options, *arguments])


@pytest.mark.parametrize(("name", "text"), [("pinfix.toml", OWN), ("pyproject.toml", below(OWN))])
def test_own_rules_are_in_force(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    assert run().exit_code == 0
    assert (folder / "requirements.txt").read_text() == "foo==1.5\n"


def test_without_any_rules_own_ones_are_off_too(folder: Path) -> None:
    (folder / "pinfix.toml").write_text(OWN)
    assert run("--rules", "none", "--check").exit_code == 0


def test_a_rule_is_overridden_by_its_id_and_another_is_off(folder: Path) -> None:
    (folder / "requirements.txt").write_text("pydantic==2.5.0\n")
    assert run("--check").exit_code == 1
    (folder / "pinfix.toml").write_text('disable-rules = ["pydantic"]\n')
    assert run("--check").exit_code == 0
    (folder / "pinfix.toml").write_text(pack_text(id="pydantic", package="pydantic", versions="<3"))
    assert run("--check").exit_code == 0


def test_a_disabled_rule_that_does_not_exist_is_refused_with_the_nearest(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.pinfix]\ndisable-rules = ["pydantc"]\n')
    refused = run()
    assert refused.exit_code == 2
    assert 'pyproject.toml:2: "disable-rules" names pydantc' in refused.stderr
    assert 'Did you mean "pydantic"?' in refused.stderr


def test_rules_that_undo_each_other_are_said(folder: Path) -> None:
    other = pack_text(id="theirs", package="foo", versions=">=2", reason="foo 1 is not for us")
    (folder / "pinfix.toml").write_text(OWN + other)
    assert "ours and theirs together leave no version of foo" in run().stderr


def test_a_cap_that_no_version_satisfies_is_named(folder: Path) -> None:
    (folder / "pinfix.toml").write_text(pack_text(id="ours", package="foo", versions="<0.1"))
    refused = run()
    assert refused.exit_code == 3
    assert "The rule ours (your project) is in the way" in refused.stderr


def test_a_run_is_not_told_again_after_the_rules_changed(folder: Path) -> None:
    with served(WORLD) as url:
        arguments = ["requirements.txt", "-t", "cp313-manylinux", "--index-url", url, "--check"]
        arguments += ["--cache-dir", "cache"]

        def code() -> int:
            return CliRunner().invoke(cli, arguments, obj=arguments).exit_code

        assert (code(), code()) == (0, 0)
        (folder / "pinfix.toml").write_text(OWN)
        assert code() == 1


def test_the_nearest_folder_that_says_anything_counts(folder: Path) -> None:
    inner = folder / "service"
    inner.mkdir()
    (inner / "requirements.txt").touch()
    (inner / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (folder / "pyproject.toml").write_text(below(OWN))
    found = read_configuration([str(inner / "requirements.txt")])
    assert found.rules is not None
    assert [rule.where for rule in found.rules.pack.rules] == ["pyproject.toml:1"]
    assert list(found.read) == [
        str(place / name) for place in (inner, folder) for name in ("pinfix.toml", "pyproject.toml")
    ]


def test_above_the_repository_nothing_is_looked_for(folder: Path) -> None:
    found = read_configuration([str(folder / "requirements.txt")])
    assert set(found.read.values()) == {None}
    assert len(found.read) == 2


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("[tool.pinfix]\nrulez = 1\n", 2, 'has no key "rulez"'),
        (below(pack_text(versons="<1")), 9, 'a rule has no key "versons"'),
        ("[tool.pinfix\n", 1, "this is not TOML"),
        ("[tool.pinfix]\ndisable-rules = 'x'\n", 2, "must be a list of strings"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(
    folder: Path, text: str, line: int, problem: str
) -> None:
    (folder / "pyproject.toml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_configuration([str(folder)])
    assert (caught.value.path, caught.value.line) == ("pyproject.toml", line)
    assert problem in str(caught.value)


# -- settings ----------------------------------------------------------------------------------

TWO_PYTHONS = index(
    project("foo", {"1.0": CP311, "2.0": CP313}),
    project("bar", {"1.0": CP311, "1.5": CP313, "2.0": CP313}),
)


@dataclass
class Configured:
    """pinfix in the folder, with no options but those that are given."""

    folder: Path
    url: str

    def run(self, *arguments: str, **variables: str) -> Result:
        words = list(arguments)
        return CliRunner().invoke(
            cli, words, env={"PINFIX_CACHE_DIR": "cache", **variables}, obj=words
        )

    def write(self, **settings: object) -> None:
        lines = [
            f"{key.replace('_', '-')} = {json.dumps(value)}\n" for key, value in settings.items()
        ]
        text = "".join([*lines, f"index-url = {json.dumps(self.url)}\n"])
        (self.folder / "pinfix.toml").write_text(text)


@pytest.fixture
def configured(folder: Path) -> Iterator[Configured]:
    with served(TWO_PYTHONS) as url:
        (folder / "requirements.txt").write_text("foo==1.0\n")
        yield Configured(folder, url)


def test_files_and_targets_are_configured_and_then_nothing_has_to_be_said(
    configured: Configured,
) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"])
    result = configured.run("fix")
    assert result.exit_code == 0, result.stderr
    assert (configured.folder / "requirements.txt").read_text() == "foo==2.0\n"


def test_configured_files_are_from_the_folder_of_the_configuration(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"])
    (configured.folder / "inner").mkdir()
    monkeypatch.chdir(configured.folder / "inner")
    assert configured.run("--check").exit_code == 1


def test_a_flag_overrides_a_variable_and_that_the_file(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"])
    assert configured.run("--check").exit_code == 1
    assert configured.run("--check", PINFIX_TARGETS="cp311-manylinux").exit_code == 0
    variables = {"PINFIX_TARGETS": "cp311-manylinux"}
    assert configured.run("--check", "-t", "cp313-manylinux", **variables).exit_code == 1


def test_a_flag_that_is_configured_has_an_opposite(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"], no_upgrade=True)
    assert configured.run("--check").exit_code == 3
    assert configured.run("--check", "--upgrade").exit_code == 1
    assert configured.run("--check", PINFIX_NO_UPGRADE="0").exit_code == 1
    assert configured.run("--check", "--no-upgrade", PINFIX_NO_UPGRADE="0").exit_code == 3


def test_configured_targets_beat_those_of_the_deploy_files(configured: Configured) -> None:
    (configured.folder / "Dockerfile").write_text("FROM python:3.13-slim\n")
    configured.write(files=["requirements.txt"])
    assert configured.run("--check").exit_code == 1
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"])
    assert configured.run("--check").exit_code == 0


def test_a_configured_python_is_that_of_the_configured_targets(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"], python="3.11.2")
    assert "CPython 3.11.2" in configured.run("--check").stderr
    assert configured.run("--check", "-t", "cp313-manylinux").exit_code == 1
    assert configured.run("--check", PINFIX_TARGETS="cp313-manylinux").exit_code == 1
    assert configured.run("--check", "--python", "3.11.5").exit_code == 0


@pytest.mark.parametrize("command", ["fix", "matrix"])
def test_without_any_file_both_ways_to_name_one_are_told(
    configured: Configured, command: str
) -> None:
    configured.write()
    result = configured.run(command)
    assert result.exit_code == 2
    assert "Missing argument 'FILE...'" in result.stderr
    assert "[tool.pinfix]" in result.stderr


def test_a_matrix_is_of_configured_files_on_targets_of_its_own(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"], python="3.11.2")
    result = configured.run("matrix", "--pythons", "3.13", "--platforms", "manylinux")
    assert result.exit_code == 0, result.stderr
    assert "3.13" in result.stdout


def test_why_and_migrate_and_rules_check_are_configured_too(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"])
    told = configured.run("why", "foo")
    assert "requirements.txt:1 foo==1.0" in told.stdout, told.stderr
    assert "+foo==2.0" in configured.run("migrate", "requirements.txt").stdout
    (configured.folder / "pack.toml").write_text(pack_text(id="ours", package="gone"))
    checked = configured.run("rules", "check", "pack.toml", PINFIX_INDEX_URL="nowhere")
    assert "PINFIX_INDEX_URL" in checked.stderr


def test_audit_that_is_configured_can_be_left_out(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pinfix.audit.audit", lambda plan: pytest.fail("it was asked"))
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"], audit="refuse")
    assert configured.run("--check", "--audit=off").exit_code == 1


def test_an_error_in_the_configuration_is_told_as_json_as_well(configured: Configured) -> None:
    configured.write(files=["requirements.txt"], targets=["cp313-rendr"])
    result = configured.run("--json", "-")
    assert result.exit_code == 2
    assert "pinfix.toml:2" in json.loads(result.stdout)["error"]["message"]
    assert "write render" in result.stderr


def again(**variables: str) -> int | None:
    """The exit code that ``pinfix --check`` is told again to end with, if any is."""
    known = replay.find("cache", ["--check"], {**os.environ, **variables})
    return None if known is None else known.code


def test_a_run_without_files_is_told_again_until_the_configuration_changes(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINFIX_CACHE_DIR", "cache")
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"])
    assert again() is None
    assert configured.run("--check").exit_code == 0
    assert again() == 0
    configured.write(files=["requirements.txt"], targets=["cp313-manylinux"])
    assert again() is None
    assert configured.run("--check").exit_code == 1
    assert again() == 1
    (configured.folder / "pinfix.toml").unlink()
    assert again() is None


def test_a_run_is_another_where_a_variable_came_changed_or_went(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINFIX_CACHE_DIR", "cache")
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"])
    assert configured.run("--check").exit_code == 0
    assert again(PINFIX_PREFER="nearest") is None
    assert again(PINFIX_UNKNOWN="1") is None
    monkeypatch.setenv("PINFIX_PREFER", "nearest")
    assert configured.run("--check").exit_code == 0
    assert again() == 0
    assert again(PINFIX_PREFER="newest") is None
    monkeypatch.delenv("PINFIX_PREFER")
    assert again() is None


def test_a_run_with_a_configured_cache_is_found_where_runs_are_looked_for(
    configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINFIX_CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(configured.folder / "home"))
    configured.write(files=["requirements.txt"], targets=["cp311-manylinux"], cache_dir="store")
    words = ["--check"]
    run = partial(CliRunner().invoke, cli, obj=words)
    assert run(words).exit_code == 0
    assert (configured.folder / "store" / "store.sqlite").exists()
    known = runs_folder(words, os.environ)
    assert replay.find(known, words, os.environ) is not None
    assert CliRunner().invoke(cli, ["--check", "--refresh"]).exit_code == 0
    assert replay.find(known, words, os.environ) is None
