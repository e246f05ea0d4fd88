"""What git knows of the files that are about to be written: whether they could be had back."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path


def uncommitted(folder: Path, written: Iterable[Path]) -> list[str]:
    """What a repository would lose or mix up: changed files, and untracked ones that are written.

    Paths are from the repository's root. Empty outside of a repository, and without git.
    """
    git = shutil.which("git")
    if git is None:
        return []
    root = _output(git, folder, "rev-parse", "--show-toplevel").strip()
    if not root:
        return []
    ours = {path.resolve() for path in written}
    changed = []
    entries = iter(_output(git, folder, "status", "--porcelain", "-z").split("\0"))
    for entry in entries:
        state, path = entry[:2], entry[3:]
        if not path:
            continue
        if "R" in state or "C" in state:
            next(entries, None)  # where it was before
        if state != "??" or (Path(root) / path).resolve() in ours:
            changed.append(path)
    return changed


def _output(git: str, folder: Path, *arguments: str) -> str:
    """What git says; nothing where it is none of its business."""
    done = subprocess.run(
        [git, "-C", str(folder), *arguments],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        check=False,
    )
    return done.stdout if done.returncode == 0 else ""
