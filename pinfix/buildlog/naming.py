"""Packages as logs name them: in files' names, in ``name==version`` and in build folders."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name

NAME: Final = r"[A-Za-z0-9](?:[\w.-]{0,98}[A-Za-z0-9])?"
VERSION: Final = r"[0-9][\w.!+]{0,60}"

_SOURCE_ENDS: Final = (".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")
_PLAIN_NAME: Final = re.compile(NAME)
_PINNED: Final = re.compile(rf"({NAME})(?:\[[^\]]{{0,200}}\])?(?:\s*==\s*({VERSION}))?")
_UV_FOLDER: Final = re.compile(
    rf"sdists-v\d{{1,3}}[/\\](?:pypi|index[/\\]\w{{1,40}})[/\\]({NAME})[/\\]({VERSION})[/\\]"
)
_PIP_FOLDER: Final = re.compile(
    r"pip-(?:install|wheel|build|resolve)-\w{1,12}[/\\]{1,2}([\w.-]{1,140})[/\\\"') ]"
)
_FOLDER_HASH: Final = re.compile(r"_[0-9a-f]{32}$")
_CRATE: Final = re.compile(rf"[`\s]({NAME}) v({VERSION}) \([^)]{{0,300}}pip-install-")


class Package(NamedTuple):
    """A package by its normalized name (PEP 503), with its version as far as the log names it."""

    name: str
    version: str | None = None


class WheelName(NamedTuple):
    """A wheel's file name: the package and the three parts of its tag."""

    package: Package
    python: str
    abi: str
    platform: str


def package(name: str, version: str | None = None) -> Package:
    """A package of that name, normalized; the version without what wraps it."""
    return Package(canonicalize_name(name), version or None)


def pinned(text: str) -> Package | None:
    """``name[extra]==1.2`` or a plain name at the beginning of a text."""
    match = _PINNED.match(text)
    return None if match is None else package(match[1], match[2])


def names_in(text: str) -> tuple[Package, ...]:
    """A list of names, parted by commas or spaces; empty where a word is none."""
    words = text.replace(",", " ").replace("'", " ").replace("`", " ").split()
    if not all(_PLAIN_NAME.fullmatch(word) for word in words):
        return ()
    return tuple(package(word) for word in words)


def installed(text: str) -> tuple[Package, ...]:
    """The packages of pip's last line: ``name-1.2 other-name-3.4``."""
    found = []
    for word in text.split():
        name, dash, version = word.rpartition("-")
        if dash and version[:1].isdigit() and _PLAIN_NAME.fullmatch(name):
            found.append(package(name, version))
    return tuple(found)


def source_file(path: str) -> Package | None:
    """The package of a source distribution's file name or address."""
    file = _file_of(path)
    end = next((end for end in _SOURCE_ENDS if file.endswith(end)), None)
    if end is None:
        return None
    name, dash, version = file.removesuffix(end).rpartition("-")
    if not dash or not version[:1].isdigit() or not _PLAIN_NAME.fullmatch(name):
        return None
    return package(name, version)


def wheel_file(path: str) -> WheelName | None:
    """A wheel's file name or address, read by its parts (PEP 427)."""
    file = _file_of(path).removesuffix(".metadata")
    parts = file.removesuffix(".whl").split("-")
    if not file.endswith(".whl") or len(parts) not in (5, 6) or not _PLAIN_NAME.fullmatch(parts[0]):
        return None
    return WheelName(package(parts[0], parts[1].replace("%2B", "+")), *parts[-3:])


def _file_of(path: str) -> str:
    return re.split(r"[#?]", path, maxsplit=1)[0].replace("\\", "/").rpartition("/")[2]


def folder_package(text: str) -> Package | None:
    """The package whose build folder, of pip or of uv, a line names."""
    crate = _CRATE.search(text) if " v" in text and "pip-install-" in text else None
    if crate is not None:
        return package(crate[1], crate[2])
    if "pip-" not in text and "sdists-v" not in text:
        return None
    uv = _UV_FOLDER.search(text)
    if uv is not None:
        return package(uv[1], uv[2])
    pip = _PIP_FOLDER.search(text)
    name = "" if pip is None else _FOLDER_HASH.sub("", pip[1])
    return package(name) if _PLAIN_NAME.fullmatch(name) else None
