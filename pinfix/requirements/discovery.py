"""What of a folder is taken: from the names of its files to a choice, with a reason for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

from pinfix.errors import InputError
from pinfix.records import record

LOOKED_FOR: Final = (
    "requirements*.txt",
    "*-requirements.txt",
    "requirements*.in",
    "requirements/*.txt",
    "requirements/*.in",
    "pyproject.toml",
)

_REQUIREMENTS = re.compile(r"(?:requirements.*|.*[-_.]requirements)\.(?:txt|in)", re.IGNORECASE)
_IN_FOLDER = re.compile(r".+\.(?:txt|in)", re.IGNORECASE)
_CONSTRAINTS = re.compile(r".*constraints?\b.*\.(?:txt|in)", re.IGNORECASE)
_PROSE = re.compile(r"(?:readme|licen[cs]e|copying|changelog|notes?)\b.*", re.IGNORECASE)
# Installed and generated things are not the project's own: nobody has to hear about them.
_FOREIGN = re.compile(
    r"\..*|venv|env|node_modules|site-packages|__pycache__|build|dist|.*\.egg-info"
)

_CONSTRAINTS_REASON = "constraints are read where a requirements file names them by -c"
_DEEPER_REASON = "it lies in a folder of its own; name it to have it taken"
_PROSE_REASON = "its name does not say requirements"
_LOCK_REASON = "{tool} writes it from pyproject.toml; run {command} after the change"
_OTHERS: Final[Mapping[str, str]] = {
    "uv.lock": _LOCK_REASON.format(tool="uv", command="uv lock"),
    "poetry.lock": _LOCK_REASON.format(tool="poetry", command="poetry lock"),
    "pdm.lock": _LOCK_REASON.format(tool="pdm", command="pdm lock"),
    "pipfile": "pip does not read it; pipenv requirements > requirements.txt makes what it reads",
    "pipfile.lock": "pip does not read it; pipenv requirements makes a requirements.txt of it",
    "pylock.toml": "a lock file is made anew rather than edited",
    "environment.yml": "it is conda's; only what pip installs is read",
    "environment.yaml": "it is conda's; only what pip installs is read",
    "setup.py": "it is a program, and nothing is executed",
    "setup.cfg": "only [project] of a pyproject.toml is read",
}


@record
class LeftOut:
    """A file that looks as if it could be meant, and the reason why it is not taken."""

    name: str
    reason: str


@record
class Choice:
    """What is taken of a folder, and what is left out; names relative to it, each sorted."""

    taken: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def choose(names: Iterable[str], folder: str) -> Choice:
    """Decide which of a folder's files are taken.

    ``names`` are paths relative to the folder, with ``/``, files only; those in ``requirements/``
    count, and deeper ones are told of where they are given. A compiled ``.txt`` is taken with the
    ``.in`` that it comes from: both change together. ``folder`` is used in messages only. Raises
    InputError where nothing is there to take.
    """
    taken: list[str] = []
    left_out: list[LeftOut] = []
    for name in sorted(set(names), key=_order):
        reason = _reason_against(PurePosixPath(name))
        if reason is None:
            taken.append(name)
        elif reason:
            left_out.append(LeftOut(name, reason))
    if not taken:
        raise InputError(
            f"nothing to take is in this folder; looked for {', '.join(LOOKED_FOR)}",
            path=folder,
            hint="\n".join(f"{one.name} is left out: {one.reason}." for one in left_out) or None,
        )
    return Choice(tuple(taken), tuple(left_out))


def _order(name: str) -> tuple[bool, int, str]:
    """Requirements files before pyproject.toml, the folder's own before those below it."""
    return name == "pyproject.toml", name.count("/"), name


def _reason_against(path: PurePosixPath) -> str | None:
    """Why a file is not taken: None where it is, "" where there is nothing to say of it."""
    *folders, name = path.parts
    if any(_FOREIGN.fullmatch(folder) for folder in folders):
        return ""
    in_requirements = [folder.lower() for folder in folders] == ["requirements"]
    if _CONSTRAINTS.fullmatch(name):
        return _CONSTRAINTS_REASON if in_requirements or not folders else ""
    if in_requirements and _IN_FOLDER.fullmatch(name):
        return _PROSE_REASON if _PROSE.fullmatch(name) else None
    wanted = name == "pyproject.toml" or _REQUIREMENTS.fullmatch(name) is not None
    if folders:
        return _DEEPER_REASON if wanted else ""
    return None if wanted else _OTHERS.get(name.lower(), "")
