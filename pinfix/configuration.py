"""What a project says to pinfix in files of its own, which lie beside or above what it is run on."""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.errors import InputError
from pinfix.records import record
from pinfix.settings import KEYS, said_in_table

if TYPE_CHECKING:
    from pinfix.rulebook.own import OwnRules
    from pinfix.settings import Said

# In each folder the first of these that says anything counts.
NAMES = ("pinfix.toml", "pyproject.toml")


@record
class Configuration:
    """``rules`` are the project's own, ``settings`` what it sets, by key.

    ``read`` is what was looked at, None for what was not there.
    """

    rules: OwnRules | None = None
    settings: Mapping[str, Said] = field(default_factory=dict)
    read: Mapping[str, bytes | None] = field(default_factory=dict)


def read_configuration(files: Sequence[str]) -> Configuration:
    """What holds for these files: in the nearest folder above all of them that says anything.

    The search ends at the root of the repository. Raises InputError for what cannot be read.
    """
    read: dict[str, bytes | None] = {}
    for folder in folders_above(files):
        for name in NAMES:
            path = folder / name
            data = read[str(path)] = _bytes(path)
            if data is None:
                continue
            from pinfix.rulebook.own import parse_own  # with TOML behind it

            shown = os.path.relpath(path)
            own = parse_own(_text(data, path), shown, KEYS)
            if own is not None:
                settings = said_in_table(own.table, os.path.dirname(shown))
                return Configuration(own.rules, settings, read)
        if (folder / ".git").exists():
            break
    return Configuration(read=read)


def folders_above(files: Sequence[str]) -> Iterator[Path]:
    """The folder that holds all the files, and those above it."""
    places = [os.path.abspath(path) for path in files]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in places]
    try:
        common = Path(os.path.commonpath(folders) if folders else os.getcwd())
    except ValueError:  # on different drives
        common = Path.cwd()
    yield common
    yield from common.parents


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", path=os.path.relpath(path)) from error


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8: {error}", path=os.path.relpath(path)) from error
