"""A project's own rules: found, read, in force, and part of what a kept run rests on."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from pinfix.configuration import read_configuration
from pinfix.errors import InputError
from tests.fake_index import index, project
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
