"""Real environments, real wheels, real imports: ``pytest -m install``."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.verify.shelf import served_wheels, wheel

ROOT = Path(__file__).parent.parent.parent
HERE = f"cp{sys.version_info.major}{sys.version_info.minor}"
PLATFORM = "manylinux_2_28_x86_64"

pytestmark = [
    pytest.mark.install,
    pytest.mark.skipif(sys.platform != "linux", reason="the targets are Linux"),
]


def command(tmp_path: Path, text: str, target: str, *more: str) -> list[str]:
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    given = ["verify", file, "-t", target, "--cache-dir", tmp_path / "cache", *more]
    return [sys.executable, "-m", "pinfix", *map(str, given)]


def environ(tmp_path: Path) -> dict[str, str]:
    """All that is temporary goes where it can be looked for."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return {**os.environ, "TMPDIR": str(tmp_path / "tmp"), "PYTHONPATH": str(ROOT)}


def verify(tmp_path: Path, text: str, target: str, *more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(tmp_path, text, target, *more),
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert [*(tmp_path / "tmp").iterdir()] == []
    return done


def skip_without_python(done: subprocess.CompletedProcess[str]) -> None:
    if "no Python for" in done.stdout:
        pytest.skip(done.stdout.splitlines()[-1].strip())


@pytest.mark.live
@pytest.mark.parametrize("python", ["cp311", "cp313"])
def test_what_works_is_proven_and_told_again(tmp_path: Path, python: str) -> None:
    target = f"{python}-{PLATFORM}"
    first = verify(tmp_path, "click==8.1.7\nmarkupsafe==3.0.2\n", target)
    skip_without_python(first)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "installed and imported on Python 3." in first.stdout
    assert "2 packages by pip-sync, each by its hash" in first.stdout
    second = verify(tmp_path, "click==8.1.7\nmarkupsafe==3.0.2\n", target, "--offline")
    assert second.returncode == 0
    assert ", as of 20" in second.stdout


@pytest.mark.live
def test_what_cannot_be_imported_is_a_failure(tmp_path: Path) -> None:
    done = verify(tmp_path, "sqlalchemy==2.0.30\n", f"cp313-{PLATFORM}")
    skip_without_python(done)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "import sqlalchemy (sqlalchemy) fails:" in done.stdout
    assert "Error: " in done.stdout


@pytest.mark.live
@pytest.mark.parametrize("target", ["cp313-win_amd64", "cp313-musllinux_1_2_x86_64"])
def test_foreign_platform_is_looked_into(tmp_path: Path, target: str) -> None:
    done = verify(tmp_path, "markupsafe==3.0.2\njinja2==3.1.4\n", target)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every wheel checked, nothing installed" in done.stdout


@pytest.mark.live
def test_plain_source_is_built_without_a_compiler(tmp_path: Path) -> None:
    done = verify(tmp_path, "docopt==0.6.2\n", f"{HERE}-{PLATFORM}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "built from plain Python source: docopt" in done.stdout


def test_what_an_import_prints_is_shown(tmp_path: Path) -> None:
    code = "import warnings\nwarnings.warn('mind this')\n"
    with served_wheels(dict([wheel("loud", code=code)])) as index:
        done = verify(tmp_path, "loud==1.0\n", f"{HERE}-{PLATFORM}", "-i", index.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "import loud (loud) prints:" in done.stdout
    assert "UserWarning: mind this" in done.stdout


def test_extra_that_somebody_else_does_not_ask_for_is_installed_by_hashes(tmp_path: Path) -> None:
    wheels = dict(
        [
            wheel("a", requires=('c; extra == "more"',), extras=("more",)),
            wheel("b", requires=("a>=1",)),
            wheel("c"),
        ]
    )
    with served_wheels(wheels) as index:
        done = verify(tmp_path, "a[more]==1.0\nb==1.0\n", f"{HERE}-{PLATFORM}", "-i", index.url)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 packages by pip-sync, each by its hash" in done.stdout


def test_wrong_hash_is_a_failure(tmp_path: Path) -> None:
    filename, data = wheel("a")
    with served_wheels({filename: data}, hashes={filename: "0" * 64}) as index:
        done = verify(tmp_path, "a==1.0\n", f"{HERE}-{PLATFORM}", "-i", index.url)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "pip-sync could not install" in done.stdout
    assert "DO NOT MATCH THE HASHES" in done.stdout


def test_credentials_reach_pip_and_are_shown_to_nobody(tmp_path: Path) -> None:
    login = f"Basic {base64.b64encode(b'me:s3cret').decode()}"
    with served_wheels(dict([wheel("a")]), login=login) as index:
        url = index.url.replace("http://", "http://me:s3cret@")
        running = subprocess.Popen(
            command(tmp_path, "a==1.0\n", f"{HERE}-{PLATFORM}", "-i", url),
            env=environ(tmp_path),
            stdout=subprocess.PIPE,
            text=True,
        )
        shown = set()
        while running.poll() is None:
            shown |= command_lines()
            time.sleep(0.02)
        stdout, _ = running.communicate()
    assert running.returncode == 0, stdout
    of_pip = {line for line in shown if str(tmp_path) in line}
    assert any(" -m pip install " in line for line in of_pip)
    assert not any("s3cret" in line for line in of_pip)


def command_lines() -> set[str]:
    """What ``ps`` would show of all programs."""
    lines = {_words(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
    return {line for line in lines if " -m pinfix verify " not in line}


def _words(path: Path) -> str:
    try:
        return path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return ""  # it has ended meanwhile


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind_by_a_run_that_is_ended(
    tmp_path: Path, ending: signal.Signals
) -> None:
    with served_wheels(dict([wheel("slow", code="import time; time.sleep(60)")])) as index:
        running = subprocess.Popen(
            command(tmp_path, "slow==1.0\n", f"{HERE}-{PLATFORM}", "-i", index.url),
            env=environ(tmp_path),
        )
        temporary = tmp_path / "tmp"
        for _ in range(600):
            if [*temporary.glob("pinfix-verify-*/home")]:
                break
            time.sleep(0.1)
        time.sleep(0.3)
        running.send_signal(ending)
        assert running.wait(20) == 128 + ending
    assert [*temporary.iterdir()] == []
    assert not any(str(temporary) in line for line in command_lines())
