"""``pinfix log``: its arguments, its exit codes, and the file that ``--fix`` mends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.buildlog.reading import LOGS
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(project("core", {"1.0": CP311, "2.0": CP313}))
FAILED = str(LOGS / "render-read-only-registry.log")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as address:
        yield address


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(cli, ["log", *arguments], input=stdin)


@pytest.mark.parametrize(
    ("log", "code"),
    [
        ("render-read-only-registry", 1),
        ("compiled-and-succeeded", 1),
        ("disk-full", 1),
        ("good-render", 0),
        ("plain-python-built", 0),
    ],
)
def test_exit_codes(log: str, code: int) -> None:
    done = run(str(LOGS / f"{log}.log"))
    assert (done.exit_code, done.stderr) == (code, "")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["nowhere.log"], None, "error: nowhere.log: the log cannot be read: No such file"),
        (["."], None, "error: .: the log cannot be read: "),
        (["-"], b"", "error: standard input: the log is empty"),
        (["-"], b" \n\n", "error: standard input: the log is empty"),
        ([FAILED, "-t", "nonsense"], None, "error: 'nonsense' is no target"),
        ([FAILED, "--json", "--fix", "x.txt"], None, "--json and --fix do not go together"),
        (["-", "--fix", "x.txt"], b"Failed to build a", "error: The log says neither which Python"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], stdin: bytes | None, said: str) -> None:
    done = run(*arguments, stdin=stdin)
    assert done.exit_code == 2
    assert said in done.stderr


def test_what_is_no_log_is_said_on_stdout() -> None:
    done = run("-", stdin=b"hello\n")
    assert (done.exit_code, done.stderr) == (2, "")
    assert done.stdout.startswith("The log says neither")


def test_half_a_target_completes_what_the_log_says() -> None:
    assert "pinfix requirements.txt --target cp311-render\n" in run(FAILED, "-t", "cp311").stdout
    assert (
        "--target cp313-alpine --target cp312-win\n" in run(FAILED, "-t", "alpine,cp312-win").stdout
    )


def test_options_of_indexes_are_in_the_command_without_credentials() -> None:
    words = ["-i", "https://me:secret@x.test/", "--extra-index-url", "https://y.test/", "--offline"]
    shown = run(FAILED, *words).stdout
    assert "--index-url https://x.test/ --extra-index-url https://y.test/ --offline\n" in shown


def test_json() -> None:
    done = run(FAILED, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["failures"][0]["version"] == "2.14.1"


def test_what_the_log_holds_cannot_move_the_cursor() -> None:
    done = run("-", stdin="ERROR: Failed building wheel for a\u202e\n".encode())
    assert "\u202e" not in done.stdout


def test_fix_rewrites_the_file_for_the_target_of_the_log(url: str) -> None:
    Path("prod.txt").write_text("core==1.0\n")
    done = run(FAILED, "--fix", "prod.txt", "-i", url, "--cache-dir", "cache")
    assert done.exit_code == 0, done.stderr
    assert Path("prod.txt").read_text() == "core==2.0\n"
    assert "+core==2.0\n" in done.stdout
    assert "what mends it\n    pinfix prod.txt --target cp313-render --index-url" in done.stderr
    # The same words again: what the log says is read again, and the run is not told from memory.
    again = run(FAILED, "--fix", "prod.txt", "-i", url, "--cache-dir", "cache")
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr.startswith("What was to be built from source")


def test_fix_ends_as_fix_does(url: str) -> None:
    Path("prod.txt").write_text("core<2\n")
    done = run(FAILED, "--fix", "prod.txt", "-i", url, "--cache-dir", "cache")
    assert done.exit_code == 3
    assert run(FAILED, "--fix", "nowhere.txt", "-i", url).exit_code == 2


def test_fix_touches_nothing_that_other_versions_do_not_mend() -> None:
    Path("prod.txt").write_text("core==1.0\n")
    done = run(str(LOGS / "disk-full.log"), "--fix", "prod.txt")
    assert done.exit_code == 1
    assert Path("prod.txt").read_text() == "core==1.0\n"
    assert run(str(LOGS / "good-render.log"), "--fix", "prod.txt").exit_code == 0
