"""``pinfix why``: its arguments, its exit codes and its JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(
    project("app", ["1.0"], requires=["core"]),
    project("core", {"1.0": CP311, "2.0": CP313}),
    project("gone", {"1.0": CP311}),
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as address:
        yield address


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(url: str, *arguments: str) -> Result:
    options = ["-t", "cp313-manylinux", "--index-url", url, "--cache-dir", "cache"]
    return CliRunner().invoke(cli, ["why", *arguments, *options])


def test_without_a_file_it_answers_for_the_package_alone(url: str) -> None:
    text = run(url, "Core").stdout
    assert text.startswith("core on cp313-manylinux_2_28_x86_64: ")
    assert "required by" not in text
    assert "first that works: 2.0; last: 2.0" in text


def test_with_files_it_says_who_asks_and_what_comes_of_it(url: str) -> None:
    Path("requirements.txt").write_text("app==1.0\ncore==1.0\n")
    text = run(url, "core", "-r", "requirements.txt").stdout
    assert "  requirements.txt:1 app==1.0 -> core\n" in text
    assert "after pinfix: core 2.0\n" in text
    Path("requirements.txt").write_text("app==1.0\ngone==1.0\n")
    text = run(url, "core", "-r", "requirements.txt").stdout
    assert "after pinfix: there is no solution. No set of versions installs" in text
    assert "after pinfix: nothing requires other\n" not in text


def test_each_target_has_an_answer(url: str) -> None:
    done = run(url, "core==1.0", "-t", "cp311-manylinux", "--json")
    document = json.loads(done.stdout)
    assert document["schema"] == 1
    first, second = document["answers"]
    assert [first["newest_working"], second["newest_working"]] == ["1.0", "2.0"]
    assert [files["version"] for files in first["files"]] == ["1.0"]
    assert [story["works"] for story in second["versions"]] == [True, False]


@pytest.mark.parametrize(
    ("package", "code", "said"),
    [
        ("nobody", 2, "nobody is not on the index\nIs its name spelt right?"),
        ("core==", 2, "core== is no package: give a name, or NAME==VERSION"),
        ("core @ https://example.org/x.whl", 2, "is no package"),
    ],
)
def test_what_is_no_package_is_refused(url: str, package: str, code: int, said: str) -> None:
    done = run(url, package)
    assert done.exit_code == code
    assert said in done.stderr
