"""Other programs, run with a time limit, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pinfix.credentials import without_credentials
from pinfix.records import record

# How much of what a program prints is worth showing.
MAX_LINES = 12
_NOISE = ("[notice]", "Traceback (most recent call last)", "subprocess.CalledProcessError")


@record
class Done:
    """How a program ended: ``code`` is None where it did not within its time, or did not start."""

    code: int | None
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether it ended well."""
        return self.code == 0


def run(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str], seconds: float
) -> Done:
    """Run a program in a folder. However this ends, nothing that it started is left running."""
    try:
        process = subprocess.Popen(
            [*map(str, command)],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            **_OWN_GROUP,
        )
    except OSError as error:
        return Done(None, "", f"{command[0]} does not start: {error.strerror}")
    with process:
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            return Done(None, "", f"no end after {seconds:.0f} seconds")
        finally:
            _end_group(process)
    return Done(process.returncode, stdout, stderr)


# A group of its own, so that an interrupt comes to pinfix alone, and what it ends is all of them.
_OWN_GROUP: dict[str, Any] = (
    {"creationflags": 0x200} if str(sys.platform) == "win32" else {"start_new_session": True}
)


def _end_group(process: subprocess.Popen[str]) -> None:
    """End a program and its descendants, if they have not yet."""
    if str(sys.platform) == "win32":
        if process.poll() is None:
            kill = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
            subprocess.run(kill, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def telling_lines(text: str, hidden: Mapping[str, str]) -> tuple[str, ...]:
    """The last lines that matter of what a program printed.

    From the first error on, without what only frames it, and without credentials; ``hidden`` are
    texts, such as the path of a temporary folder, and what stands in their place.
    """
    for what, instead in hidden.items():
        text = text.replace(what, instead)
    lines = [line.rstrip() for line in without_credentials(text).splitlines() if line.strip()]
    end = next((n for n, line in enumerate(lines) if _is_pip_tools(lines, n)), len(lines))
    lines = [line for line in lines[:end] if not line.startswith(_NOISE)]
    first = next((n for n, line in enumerate(lines) if _is_error(line)), 0)
    return tuple(lines[first:][-MAX_LINES:])


def traceback_lines(text: str, hidden: Mapping[str, str]) -> tuple[str, ...]:
    """Where an exception was raised, and what it says: the end of a traceback."""
    for what, instead in hidden.items():
        text = text.replace(what, instead)
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    frame = max((n for n, line in enumerate(lines) if line.startswith('  File "')), default=-1)
    after = [line for line in lines[frame + 1 :] if not line.startswith(" ")] or lines[-1:]
    return tuple(line.strip() for line in [*lines[frame : frame + 1], *after[-MAX_LINES:]])


def _is_pip_tools(lines: Sequence[str], number: int) -> bool:
    """Whether the traceback of pip-sync begins, which says no more than that pip failed."""
    following = lines[number + 1 : number + 30]
    return lines[number].startswith(_NOISE[1]) and any("piptools" in line for line in following)


def _is_error(line: str) -> bool:
    return line.lstrip().lower().startswith(("error:", "error "))
