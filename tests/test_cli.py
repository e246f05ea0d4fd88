"""The command line: exit codes, streams, and what is written where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": CP313}),
    project("bar", ["1.0"]),
    project("gone", {"1.0": CP311}),
    project("cache", ["1.0"]),
)
BEFORE = "# ours\nfoo==1.0\nbar==1.0\n"
AFTER = "# ours\nfoo==1.1\nbar==1.0\n"
DIFF = (
    "--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1,3 +1,3 @@\n"
    " # ours\n-foo==1.0\n+foo==1.1\n bar==1.0\n"
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as address:
        yield address


@dataclass
class Shell:
    """A folder with a requirements file, and pinfix inside it."""

    folder: Path
    url: str

    @property
    def file(self) -> Path:
        return self.folder / "requirements.txt"

    def options(self) -> list[str]:
        cache = str(self.folder.parent / "cache")
        return ["--target", "cp313-manylinux", "--index-url", self.url, "--cache-dir", cache]

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> Result:
        return CliRunner(env=env).invoke(cli, [*arguments, *self.options()])


@pytest.fixture
def shell(tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "requirements.txt").write_bytes(BEFORE.encode())
    monkeypatch.chdir(folder)
    return Shell(folder, url)


# -- exit codes --------------------------------------------------------------------------------


def test_writes_in_place_and_exits_0(shell: Shell) -> None:
    result = shell.run("requirements.txt")
    assert result.exit_code == 0
    assert shell.file.read_bytes() == AFTER.encode()


def test_diff_goes_to_stdout_and_the_summary_to_stderr(shell: Shell) -> None:
    result = shell.run("requirements.txt")
    assert result.stdout == DIFF
    assert "requirements.txt:2: foo==1.0 -> foo==1.1" in result.stderr
    assert "foo 1.0 has no wheel for cp313-manylinux_2_28_x86_64" in result.stderr
    assert "1 change in 1 file" in result.stderr


def test_nothing_to_change_is_silent_on_stdout_and_exits_0(shell: Shell) -> None:
    shell.file.write_text(AFTER)
    for mode in ((), ("--diff",), ("--check",)):
        result = shell.run("requirements.txt", *mode)
        assert (result.exit_code, result.stdout) == (0, ""), mode
    assert "Nothing has to change" in result.stderr


@pytest.mark.parametrize("mode", ["--check", "--diff"])
def test_check_and_diff_exit_1_and_write_nothing(shell: Shell, mode: str) -> None:
    result = shell.run("requirements.txt", mode)
    assert result.exit_code == 1
    assert shell.file.read_text() == BEFORE
    assert result.stdout == (DIFF if mode == "--diff" else "")
    assert os.listdir(shell.folder) == ["requirements.txt"]


def test_no_solution_exits_3_and_writes_nothing(shell: Shell) -> None:
    shell.file.write_text("foo==1.0\ngone==1.0\n")
    result = shell.run("requirements.txt")
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "gone 1.0 has no wheel for cp313-manylinux_2_28_x86_64" in result.stderr
    assert shell.file.read_text() == "foo==1.0\ngone==1.0\n"


def test_unreachable_index_exits_4(shell: Shell) -> None:
    shell.url = "http://127.0.0.1:9/simple/"
    result = shell.run("requirements.txt", "--refresh")
    assert result.exit_code == 4
    assert "127.0.0.1:9" in result.stderr
    assert shell.file.read_text() == BEFORE


def test_offline_with_an_empty_cache_exits_4(shell: Shell) -> None:
    assert shell.run("requirements.txt", "--offline").exit_code == 4


def test_offline_with_a_filled_cache_answers(shell: Shell) -> None:
    assert shell.run("requirements.txt", "--check").exit_code == 1
    shell.run("requirements.txt", "--check")
    assert shell.run("requirements.txt", "--check", "--offline").exit_code == 1


def test_bad_line_exits_2_with_file_line_and_caret_and_writes_nothing(shell: Shell) -> None:
    shell.file.write_text("foo==1.0\nbar=1.0\n")
    result = shell.run("requirements.txt")
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0].startswith("error: requirements.txt:2:4: ")
    assert lines[1:3] == ["    bar=1.0", "       ^"]
    assert shell.file.read_text() == "foo==1.0\nbar=1.0\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["gone.txt"],
        ["requirements.txt", "--target", "cp313-amiga"],
        ["requirements.txt", "--rules", "no-such-pack"],
        ["requirements.txt", "--rules", "none", "--rules", "rust-free"],
        ["requirements.txt", "--python", "three"],
        ["requirements.txt", "--check", "-o", "out.txt"],
        ["requirements.txt", "other.txt", "-o", "out.txt"],
        ["requirements.txt", "-o", "-", "--json", "-"],
        ["requirements.txt", "--no-such-option"],
        [],
    ],
)
def test_usage_errors_exit_2_with_a_sentence_and_write_nothing(
    shell: Shell, arguments: list[str]
) -> None:
    result = shell.run("fix", *arguments)
    assert result.exit_code == 2
    assert result.stderr
    assert "Traceback" not in result.stderr
    assert shell.file.read_text() == BEFORE
    assert os.listdir(shell.folder) == ["requirements.txt"]


# -- targets inferred --------------------------------------------------------------------------

RENDER = "services:\n- type: web\n  runtime: python\n  envVars:\n  - key: PYTHON_VERSION\n    value: {}\n"


def untargeted(shell: Shell, *arguments: str) -> Result:
    """A run without --target."""
    return CliRunner().invoke(cli, [*arguments, *shell.options()[2:]])


def test_target_is_what_the_project_deploys_with_and_its_line_is_said(shell: Shell) -> None:
    (shell.folder / "render.yaml").write_text(RENDER.format("3.13.4"))
    result = untargeted(shell, "requirements.txt")
    assert result.exit_code == 0
    assert shell.file.read_bytes() == AFTER.encode()
    first, second, *_ = result.stderr.splitlines()
    assert first == (
        "render.yaml:6: PYTHON_VERSION 3.13.4; Render runs Debian with glibc 2.31 or newer "
        "-> cp313-render"
    )
    assert second.startswith("cp313-manylinux_2_31_x86_64: CPython 3.13.4, ")


def test_inferred_target_is_in_the_json_and_quiet_says_nothing(shell: Shell) -> None:
    (shell.folder / "Dockerfile").write_text("FROM python:3.13-slim\nRUN pip install flask\n")
    result = untargeted(shell, "requirements.txt", "-q", "--check", "--json", "-")
    assert result.stderr == ""
    (line,) = json.loads(result.stdout)["inferred"]
    assert (line["file"], line["line"], line["target"]) == ("Dockerfile", 1, "cp313-docker")
    assert json.loads(shell.run("requirements.txt", "--json", "-").stdout)["inferred"] == []


def test_named_target_wins_over_the_files(shell: Shell) -> None:
    (shell.folder / "Dockerfile").write_text("FROM python:3.11\nRUN pip install flask\n")
    result = shell.run("requirements.txt", "--check")
    assert "Dockerfile" not in result.stderr
    assert "cp313-manylinux_2_28_x86_64" in result.stderr


@pytest.mark.parametrize(
    "command", [["requirements.txt"], ["why", "foo", "-r", "requirements.txt"]]
)
def test_files_that_disagree_are_a_question(shell: Shell, command: list[str]) -> None:
    (shell.folder / "render.yaml").write_text(RENDER.format("3.13.4"))
    (shell.folder / "Dockerfile").write_text("FROM python:3.11-alpine\nRUN pip install flask\n")
    result = untargeted(shell, *command)
    assert result.exit_code == 2
    assert "render.yaml:6: PYTHON_VERSION 3.13.4" in result.stderr
    assert "Dockerfile:1: FROM python:3.11-alpine" in result.stderr
    assert "Give --target cp313-render or --target cp311-alpine" in result.stderr
    assert shell.file.read_text() == BEFORE


def test_without_any_file_the_target_is_asked_for(shell: Shell) -> None:
    result = untargeted(shell, "requirements.txt", "--json", "-")
    assert result.exit_code == 2
    assert "like --target cp313-manylinux (looked for render.yaml, " in result.stderr
    assert json.loads(result.stdout)["error"]["exit_code"] == 2


def test_files_above_count_up_to_the_root_of_the_repository(shell: Shell) -> None:
    backend = shell.folder / "backend"
    backend.mkdir()
    shell.file.rename(backend / "requirements.txt")
    (shell.folder.parent / "runtime.txt").write_text("python-3.8.1\n")
    (shell.folder / "render.yaml").write_text(
        "services:\n- runtime: python\n  rootDir: backend\n- runtime: node\n"
    )
    (backend / ".python-version").write_text("3.13\n")
    assert "-> cp313-render" in untargeted(shell, "backend/requirements.txt", "--check").stderr
    git("init", "-q")
    os.chdir(backend)
    result = untargeted(shell, "requirements.txt", "--check")
    assert ".python-version:1: 3.13, which Render reads" in result.stderr


def test_why_says_what_it_inferred(shell: Shell) -> None:
    (shell.folder / ".python-version").write_text("3.13\n")
    result = untargeted(shell, "why", "foo")
    assert result.exit_code == 0
    assert ".python-version:1: 3.13 in .python-version; no file says" in result.stderr
    assert result.stdout.startswith("foo on cp313-manylinux_2_28_x86_64")


def test_kept_run_without_a_target_holds_until_a_file_comes_or_changes(shell: Shell) -> None:
    def again(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pinfix", "requirements.txt", "--check", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
        options = shell.options()[2:]
        return subprocess.run(
            [*command, *options], check=False, capture_output=True, text=True, env=environment
        )

    (shell.folder / ".python-version").write_text("3.13\n")
    first, second = again(), again()
    assert len(os.listdir(shell.folder.parent / "cache" / "runs")) == 1
    assert (first.returncode, first.stderr) == (second.returncode, second.stderr)
    assert "cp313-manylinux" in second.stderr
    (shell.folder / ".python-version").write_text("3.11\n")
    assert "cp311-manylinux" in again().stderr
    (shell.folder / "Procfile").write_text("web: gunicorn app\n")
    assert "cp311-heroku" in again().stderr


# -- the command -------------------------------------------------------------------------------


def test_fix_is_the_default_command(shell: Shell) -> None:
    named, bare = (
        shell.run("fix", "requirements.txt", "--diff"),
        shell.run("requirements.txt", "--diff"),
    )
    assert (named.stdout, named.exit_code) == (bare.stdout, bare.exit_code)


def test_options_may_come_before_the_file(shell: Shell) -> None:
    result = CliRunner().invoke(cli, [*shell.options(), "--diff", "requirements.txt"])
    assert result.stdout == DIFF


def test_help_of_fix_names_every_exit_code() -> None:
    text = CliRunner().invoke(cli, ["fix", "--help"]).output
    assert "Exit codes:" in text
    for code in ("0  done", "1  only from", "2  bad input", "3  no solution", "4  the index"):
        assert code in text


def test_help_shows_the_command() -> None:
    result = CliRunner().invoke(cli, ["--help"])
    assert result.exit_code == 0
    assert "fix" in result.output


def test_version_is_the_packages() -> None:
    from pinfix import __version__

    assert __version__ in CliRunner().invoke(cli, ["--version"]).output


def test_several_targets_may_be_given_apart_or_by_comma(shell: Shell) -> None:
    shell.file.write_text("bar==1.0\n")
    result = shell.run("requirements.txt", "--target", "cp311-manylinux,cp312-manylinux")
    assert result.exit_code == 0
    for python in ("cp311", "cp312", "cp313"):
        assert f"{python}-manylinux_2_28_x86_64: " in result.stderr


def test_summary_says_what_a_short_target_was_taken_for(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--check")
    assert "cp313-manylinux_2_28_x86_64: CPython 3.13" in result.stderr
    assert "glibc 2.28" in result.stderr


def test_quiet_leaves_the_diff_alone(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--diff", "-q")
    assert (result.stdout, result.stderr) == (DIFF, "")


def test_verbose_adds_the_evidence(shell: Shell) -> None:
    shell.file.write_text("foo==1.0\n")
    assert len(shell.run("requirements.txt", "--diff", "-v").stderr) >= len(
        shell.run("requirements.txt", "--diff").stderr
    )


# -- outputs -----------------------------------------------------------------------------------


def test_output_writes_elsewhere_and_leaves_the_file(shell: Shell) -> None:
    result = shell.run("requirements.txt", "-o", "out.txt")
    assert result.exit_code == 0
    assert shell.file.read_text() == BEFORE
    assert (shell.folder / "out.txt").read_text() == AFTER


def test_output_dash_is_the_file_alone_on_stdout(shell: Shell) -> None:
    result = shell.run("requirements.txt", "-o", "-")
    assert result.stdout == AFTER
    assert shell.file.read_text() == BEFORE


def test_json_dash_is_the_plan_alone_on_stdout(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--diff", "--json", "-")
    plan = json.loads(result.stdout)
    assert result.exit_code == 1
    assert plan["error"] is None
    assert [(c["package"], c["before"], c["after"]) for c in plan["changes"]] == [
        ("foo", "foo==1.0", "foo==1.1")
    ]


def test_json_file_is_written_beside_the_change(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--json", "plan.json")
    assert result.stdout == DIFF
    assert json.loads((shell.folder / "plan.json").read_text())["schema"] == 1


def test_json_of_a_refusal_carries_the_error(shell: Shell) -> None:
    shell.file.write_text("gone==1.0\n")
    plan = json.loads(shell.run("requirements.txt", "--json", "-").stdout)
    assert plan["error"]["exit_code"] == 3
    assert plan["changes"] == []
    assert [target["name"] for target in plan["targets"]] == ["cp313-manylinux_2_28_x86_64"]


def test_several_files_are_written_together(shell: Shell) -> None:
    (shell.folder / "more.txt").write_text("foo==1.0\n")
    result = shell.run("requirements.txt", "more.txt")
    assert result.exit_code == 0
    assert shell.file.read_text() == AFTER
    assert (shell.folder / "more.txt").read_text() == "foo==1.1\n"


# -- the patch ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "before",
    [
        BEFORE.encode(),
        BEFORE.encode()[:-1],
        b"foo==1.0",
        BEFORE.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + BEFORE.encode(),
        BEFORE.encode("utf-16"),
        "# caf\u00e9\nfoo==1.0\n".encode(),
        "\ufefffoo==1.0\r\n".encode("utf-16-le"),
    ],
    ids=[
        "plain",
        "no-final-newline",
        "one-line",
        "crlf",
        "bom",
        "utf-16",
        "non-ascii",
        "utf-16-le",
    ],
)
def test_git_applies_the_patch(shell: Shell, before: bytes) -> None:
    shell.file.write_bytes(before)
    result = shell.run("requirements.txt", "--diff", "--diff-file", "pins.patch")
    assert result.exit_code == 1
    assert shell.file.read_bytes() == before
    git("init", "-q")
    git("apply", "pins.patch")
    patched = shell.file.read_bytes()
    assert patched != before
    shell.file.write_bytes(before)
    assert shell.run("requirements.txt").exit_code == 0
    assert shell.file.read_bytes() == patched


def test_patch_of_a_file_in_a_folder_applies_from_the_root(shell: Shell) -> None:
    (shell.folder / "backend").mkdir()
    nested = shell.folder / "backend" / "requirements.txt"
    nested.write_text(BEFORE)
    shell.run("./backend/requirements.txt", "--diff", "--diff-file", "pins.patch")
    git("init", "-q")
    git("apply", "pins.patch")
    assert nested.read_text() == AFTER


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


# -- colour ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "environment", "coloured"),
    [
        ("always", {}, True),
        ("never", {}, False),
        ("auto", {}, False),
        ("auto", {"NO_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour_is_for_terminals_or_on_request(
    shell: Shell, option: str, environment: dict[str, str], coloured: bool
) -> None:
    result = shell.run("requirements.txt", "--diff", "--color", option, env=environment)
    assert ("\x1b[" in result.stdout) == coloured


# -- processes ---------------------------------------------------------------------------------


def run(shell: Shell, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pinfix", *arguments, *shell.options()]
    root = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        stdin=subprocess.DEVNULL,
    )


def test_process_prints_the_diff_and_exits_1(shell: Shell) -> None:
    result = run(shell, "requirements.txt", "--diff")
    assert (result.returncode, result.stdout) == (1, DIFF)
    assert "\x1b" not in result.stderr
    assert "\r" not in result.stderr


def test_process_with_a_bad_file_ends_without_traceback(shell: Shell) -> None:
    shell.file.write_text("foo=1\n")
    result = run(shell, "requirements.txt")
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_folder_that_cannot_be_written_leaves_every_file_as_it_was(shell: Shell) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    locked = shell.folder / "locked"
    locked.mkdir()
    (locked / "more.txt").write_text("foo==1.0\n")
    locked.chmod(0o555)
    try:
        result = shell.run("requirements.txt", "locked/more.txt")
    finally:
        locked.chmod(0o755)
    assert result.exit_code == 2
    assert "locked/more.txt: cannot be written" in result.stderr
    assert shell.file.read_text() == BEFORE
    assert (locked / "more.txt").read_text() == "foo==1.0\n"


def test_output_into_a_missing_folder_exits_2_and_leaves_the_file(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--diff-file", "nowhere/pins.patch")
    assert result.exit_code == 2
    assert "nowhere/pins.patch" in result.stderr
    assert shell.file.read_text() == BEFORE


# -- whole locks -------------------------------------------------------------------------------


def test_lock_is_written_beside_and_the_file_stays(shell: Shell) -> None:
    result = shell.run("requirements.txt", "--lock", "locked.txt")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert shell.file.read_text() == BEFORE
    assert "\nfoo==1.1 \\\n    --hash=sha256:" in (shell.folder / "locked.txt").read_text()


def test_lock_says_what_the_files_tell_pip(shell: Shell) -> None:
    shell.file.write_text(f"--trusted-host index.test\n--only-binary :all:\n{BEFORE}")
    assert shell.run("requirements.txt", "--lock", "locked.txt").exit_code == 0
    locked = (shell.folder / "locked.txt").read_text()
    assert f"--index-url {shell.url}" in locked
    assert "\n--trusted-host index.test\n--only-binary :all:\n" in locked


def test_lock_called_pylock_is_one(shell: Shell) -> None:
    assert shell.run("requirements.txt", "--lock", "pylock.toml").exit_code == 0
    assert 'lock-version = "1.0"' in (shell.folder / "pylock.toml").read_text()


# -- compiled files, split lines ---------------------------------------------------------------


def test_compiled_file_and_its_source_are_one_environment(shell: Shell) -> None:
    (shell.folder / "requirements.in").write_text("foo\n")
    compiled = (
        "# This file is autogenerated by pip-compile\nfoo==1.0\n    # via -r requirements.in\n"
    )
    shell.file.write_text(compiled)
    result = shell.run("requirements.in", "requirements.txt", "--diff")
    assert result.exit_code == 1
    assert "+foo==1.1\n     # via -r requirements.in\n" in result.stdout
    assert "a/requirements.in" not in result.stdout
    assert "warning" not in result.stderr
    alone = shell.run("requirements.txt", "--diff")
    assert "name that file too" in alone.stderr


def test_split_writes_a_line_for_each_target(shell: Shell) -> None:
    both = ("--target", "cp311-manylinux")
    refused = shell.run("requirements.txt", *both)
    assert refused.exit_code == 3
    assert "--split" in refused.stderr
    assert shell.run("requirements.txt", *both, "--split").exit_code == 0
    assert shell.file.read_text() == (
        '# ours\nfoo==1.0 ; python_version < "3.12"\nfoo==1.1 ; python_version >= "3.12"\nbar==1.0\n'
    )


# -- included files on the network ---------------------------------------------------------------


def test_included_file_is_fetched_from_its_address(shell: Shell) -> None:
    # The index's page of a project is no requirements file, so that what is fetched shows.
    shell.file.write_text(f"-c {shell.url}bar/\nfoo==1.0\n")
    result = shell.run("requirements.txt")
    assert result.exit_code == 2
    assert f"{shell.url}bar/:1" in result.stderr
    assert '"name": "bar"' in result.stderr


def test_included_file_that_is_not_there_exits_4(shell: Shell) -> None:
    shell.file.write_text(f"-c {shell.url}none/limits.txt\nfoo==1.0\n")
    result = shell.run("requirements.txt")
    assert result.exit_code == 4
    assert f"{shell.url}none/limits.txt: the server answered 404" in result.stderr
    offline = shell.run("requirements.txt", "--offline")
    assert offline.exit_code == 4
    assert "--offline fetches no included file" in offline.stderr


def test_address_as_file_is_refused_with_what_to_do(shell: Shell) -> None:
    result = shell.run(f"{shell.url}requirements.txt")
    assert result.exit_code == 2
    assert "cannot be rewritten" in result.stderr
    assert "Download the file" in result.stderr


def test_profiler_sees_the_end_of_a_run() -> None:
    command = [sys.executable, "-m", "cProfile", "-m", "pinfix", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pinfix, version ")
    assert "function calls" in done.stdout


def test_all_is_written_before_the_process_ends(shell: Shell) -> None:
    command = [sys.executable, "-m", "pinfix", "rules", "list", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=shell.folder)
    assert json.loads(done.stdout)


@pytest.mark.skipif(os.name == "nt", reason="closes streams with a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_change_no_exit_code(closed: str) -> None:
    command = f"'{sys.executable}' -m pinfix --version {closed}"
    assert subprocess.run(["sh", "-c", command], capture_output=True, check=False).returncode == 0
