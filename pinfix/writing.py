"""Files written whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pinfix.errors import InputError


def write_files(contents: Mapping[str, bytes]) -> None:
    """Replace each file (by path) with its new content, keeping permissions; links stay links.

    Every content is on the disk before the first file is replaced. Raises InputError.
    """
    staged: dict[str, str] = {}
    streams = [path for path in contents if _is_stream(path)]
    try:
        for path, data in contents.items():
            if path not in streams:
                staged[path] = _stage(path, data)
        for path in list(staged):
            _replace(staged[path], path)
            del staged[path]
        for path in streams:
            _write_through(path, contents[path])
    finally:
        for temporary in staged.values():
            Path(temporary).unlink(missing_ok=True)


def _stage(path: str, data: bytes) -> str:
    """The data in a temporary file beside ``path`` (a link's goal), with its permissions."""
    goal = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(goal.stat().st_mode) if goal.exists() else 0o666 & ~_umask()
        descriptor, temporary = tempfile.mkstemp(prefix=f".{goal.name}.", dir=goal.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.chmod(temporary, mode)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    return temporary


def _is_stream(path: str) -> bool:
    """Whether a path is a pipe or a device, which is written to and not replaced."""
    goal = Path(path)
    return goal.exists() and not goal.is_file() and not goal.is_dir()


def _write_through(path: str, data: bytes) -> None:
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise _unwritable(path, error) from error


def _replace(temporary: str, path: str) -> None:
    try:
        os.replace(temporary, os.path.realpath(path))
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: str, error: OSError) -> InputError:
    return InputError(
        f"cannot be written: {error.strerror}",
        path=path,
        hint="The file is as it was; --diff shows the changes without writing them.",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
