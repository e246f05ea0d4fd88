"""``pinfix rules``: what people read of the packs, and the exit code of a check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.fake_index import index, project
from tests.rulebook.packs import pack_text
from tests.served import served

CLAIM = '[[rule.claim]]\nrequires = "core>=2"\nfrom = "2.0"\n'
WORLD = index(project("demo", ["1.0", "2.0"], requires={"2.0": ["core>=2.1"]}))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["rules", *arguments])


def check(*arguments: str, folder: Path) -> Result:
    with served(WORLD) as url:
        return run("check", *arguments, "--index-url", url, "--cache-dir", str(folder / "cache"))


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    path = tmp_path / "own.toml"
    path.write_text(pack_text() + CLAIM)
    return path


def test_list_names_every_rule_of_every_pack() -> None:
    text = run("list").stdout
    assert "known-breaks: " in text
    assert ", on by default" in text
    line = next(line for line in text.splitlines() if line.startswith("  passlib-bcrypt-5 "))
    assert line.split() == ["passlib-bcrypt-5", "bcrypt:", "only", "<5", "beside", "passlib<=1.7.4"]


def test_show_says_all_there_is_to_a_rule() -> None:
    text = run("show", "passlib-bcrypt-5").stdout
    for label in ("does", "when", "why", "evidence", "claims"):
        assert f"\n  {label:<10}" in text
    assert all(len(line) <= 100 for line in text.splitlines())


def test_an_unknown_id_names_the_nearest_and_those_about_the_package() -> None:
    about = run("show", "werkzeug")
    assert about.exit_code == 2
    assert "flask-werkzeug-3" in about.stderr
    assert "Did you mean passlib-bcrypt-5" in run("show", "passlib-bcrypt-6").stderr


def test_a_pack_that_is_true_ends_well(pack: Path, tmp_path: Path) -> None:
    done = check(str(pack), folder=tmp_path)
    assert done.exit_code == 0
    assert done.stdout == "own: 1 rule, 2 checks: all true\n"


def test_a_rule_that_stopped_being_true_is_named_with_the_evidence(
    pack: Path, tmp_path: Path
) -> None:
    pack.write_text(pack_text(versions="<3") + CLAIM)
    done = check(str(pack), folder=tmp_path)
    assert done.exit_code == 1
    assert done.stdout.splitlines() == [
        f"{pack}:1: demo: demo: only <3",
        "    UNTRUE: it excludes nothing: every demo is <3",
        "    UNTRUE: the rule leaves demo 2.0",
        "own: 1 rule, 2 checks: 1 not true",
    ]


def test_contradictions_are_found_too(pack: Path, tmp_path: Path) -> None:
    other = pack_text(id="other", versions=">=2") + CLAIM
    pack.write_text(pack.read_text() + other)
    done = check(str(pack), "--json", folder=tmp_path)
    assert done.exit_code == 1
    (said,) = json.loads(done.stdout)["contradictions"]
    assert "together leave no version of demo" in said


def test_json_lists_rules_and_findings(pack: Path, tmp_path: Path) -> None:
    (only,) = json.loads(run("list", str(pack), "--json").stdout)["rules"]
    assert (only["id"], only["does"], only["when"]) == ("demo", "demo: only <2", "always")
    assert only["claims"] == ["demo requires core>=2 from 2.0 on"]
    (checked,) = json.loads(check(str(pack), "--json", folder=tmp_path).stdout)["rules"]
    assert checked["holds"]
    assert [finding["holds"] for finding in checked["findings"]] == [True, True]


def test_a_pack_that_is_not_there_is_a_usage_error() -> None:
    assert run("list", "rust-fre").exit_code == 2
