"""The Python source of a project, read from its folder: its own, not that of what is installed there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pinfix.errors import InputError

# What is made by tools or brought by others; hidden folders are left out as well.
SKIPPED = frozenset(
    ("node_modules", "site-packages", "__pycache__", "build", "dist", "venv", "env", "vendor")
)


def read_sources(folder: Path) -> dict[str, bytes]:
    """The ``.py`` files below a folder, by their paths from there with ``/``, in their order.

    Raises InputError for one that cannot be read.
    """
    return {path.relative_to(folder).as_posix(): _bytes(path) for path in _sources(folder)}


def _sources(folder: Path) -> Iterator[Path]:
    for found, folders, files in os.walk(folder):
        here = Path(found)
        folders[:] = sorted(name for name in folders if _is_own(here / name))
        yield from (here / name for name in sorted(files) if name.endswith(".py"))


def _is_own(folder: Path) -> bool:
    name = folder.name
    hidden = name.startswith(".") or name.endswith(".egg-info")
    return not (hidden or name in SKIPPED or (folder / "pyvenv.cfg").exists())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=str(path)) from error
