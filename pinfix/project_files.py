"""The files that say what a project is deployed with, read from beside and above its requirements."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence
from pathlib import Path

from pinfix.configuration import folders_above
from pinfix.deploy.files import WORKFLOWS, kind_of
from pinfix.deploy.infer import InferredTargets, conclude, infer, named_elsewhere, relocated
from pinfix.deploy.project import Project
from pinfix.planning.plan import Inferred
from pinfix.records import record


@record
class ProjectFiles:
    """``project`` is what was read, below ``root``.

    ``read`` has every file that was looked at by its absolute path, None where there is none, and
    ``folders`` those that were looked through.
    """

    project: Project
    root: Path
    read: dict[str, bytes | None]
    folders: frozenset[str]

    def inferred(self) -> tuple[InferredTargets, tuple[Inferred, ...]]:
        """What the files come to, and each line that decides; paths are from the working folder."""
        inference = relocated(infer(self.project), self._show)
        lines = (
            Inferred(found.path, found.line, found.said, found.target or "")
            for found in inference.found
        )
        return conclude(inference), tuple(lines)

    def _show(self, path: str) -> str:
        return os.path.relpath(self.root / path)


def read_project(files: Sequence[str]) -> ProjectFiles:
    """The deploy files from the folder that holds all these files up to the project's root.

    That is the root of the repository; without one, the working folder where it is above the files,
    else their own folder. What cannot be read counts as not there.
    """
    folders = _folders(files)
    root = folders[-1]
    read: dict[str, bytes | None] = {}
    looked_through = [*folders, root / WORKFLOWS]
    for folder in looked_through:
        for name in _names(folder):
            path = folder / name
            if kind_of(path.relative_to(root).as_posix()) is not None:
                read[str(path)] = _bytes(path)
    for found, data in [*read.items()]:
        relative = Path(found).relative_to(root).as_posix()
        for named in named_elsewhere(relative, data or b""):
            if not posixpath.normpath(named).startswith(".."):
                read.setdefault(str(root / named), _bytes(root / named))
    return ProjectFiles(
        Project(
            {
                Path(path).relative_to(root).as_posix(): data
                for path, data in read.items()
                if data is not None
            },
            "" if folders[0] == root else folders[0].relative_to(root).as_posix(),
        ),
        root,
        read,
        frozenset(map(str, looked_through)),
    )


def _folders(files: Sequence[str]) -> list[Path]:
    """The folder that holds the files, and those above it up to the project's root."""
    found: list[Path] = []
    for folder in folders_above(files):
        found.append(folder)
        if (folder / ".git").exists():
            return found
    here = Path.cwd()
    return found[: found.index(here) + 1] if here in found else found[:1]


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
