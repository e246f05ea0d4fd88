"""Other programs: ended in time with all that they started, and what is shown of what they print."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from pinfix.verify.process import run, telling_lines, traceback_lines

GRANDCHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open("pid", "w").write(str(child.pid))
child.wait()
"""
PIP = """\
Collecting a==1
ERROR: Could not find a version that satisfies the requirement a==1
ERROR: No matching distribution found for a==1
[notice] A new release of pip is available
Traceback (most recent call last):
  File "/x/piptools/__main__.py", line 20, in <module>
subprocess.CalledProcessError: Command '['pip']' returned non-zero exit status 1.
"""
EXCEPTION = """\
Traceback (most recent call last):
  File "<string>", line 1, in <module>
  File "/tmp/it/venv/a/__init__.py", line 3, in <module>
    raise ImportError(
    ...<2 lines>...
    )
ImportError: no b
in two lines
"""


def test_program_that_does_not_exist_is_said(tmp_path: Path) -> None:
    done = run([tmp_path / "nothing"], tmp_path, {}, 5)
    assert done.code is None
    assert "does not start" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX processes")
def test_what_a_program_started_ends_with_it(tmp_path: Path) -> None:
    done = run([sys.executable, "-c", GRANDCHILD], tmp_path, os.environ, 2)
    assert done.code is None
    assert "no end after 2 seconds" in done.stderr
    pid = int((tmp_path / "pid").read_text())
    for _ in range(50):
        if not is_running(pid):
            break
        time.sleep(0.1)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_lines_that_tell_are_pips_errors() -> None:
    assert telling_lines(PIP, {}) == (
        "ERROR: Could not find a version that satisfies the requirement a==1",
        "ERROR: No matching distribution found for a==1",
    )


def test_lines_have_neither_credentials_nor_the_folder() -> None:
    text = "ERROR: https://me:secret@host/simple: /tmp/it/venv/a.py"
    assert telling_lines(text, {"/tmp/it/": ""}) == ("ERROR: https://host/simple: venv/a.py",)


def test_traceback_ends_in_where_and_what() -> None:
    assert traceback_lines(EXCEPTION, {"/tmp/it/": ""}) == (
        'File "venv/a/__init__.py", line 3, in <module>',
        "ImportError: no b",
        "in two lines",
    )
