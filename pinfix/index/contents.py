"""What lies inside a wheel or a source distribution: file names, and a few of the texts. No I/O."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pinfix.index.sdist_archive import read_archive
from pinfix.index.wheel_metadata import BROKEN, MAX_METADATA_BYTES
from pinfix.records import record

if TYPE_CHECKING:
    import io

    from pinfix.index.wheel_metadata import PiecewiseFile

_MODULES = (".py", ".so", ".pyd")
# Where sdists keep their packages, if not at the top.
_ROOTS = ("src", "lib", "python", "py")
_OFTEN_BESIDE = {"tests", "test", "docs", "doc", "examples", "benchmarks", "setup", "tools"}


@record
class Contents:
    """The files of a wheel or an sdist (below its top folder), by path.

    ``texts`` holds what can tell how it was made: a wheel's METADATA and WHEEL, an sdist's scripts
    and tables. ``modules`` are the top-level modules that it brings.
    """

    names: tuple[str, ...]
    texts: Mapping[str, str]
    modules: frozenset[str]


def wheel_contents(file: PiecewiseFile | io.BytesIO | io.BufferedReader) -> Contents:
    """The contents of a wheel (PEP 427). Raises ValueError where the zip is broken."""
    try:
        with zipfile.ZipFile(file) as wheel:
            names = tuple(wheel.namelist())
            texts = {
                member.filename.rpartition("/")[2]: wheel.read(member).decode("utf-8", "replace")
                for member in wheel.filelist
                if member.filename.endswith((".dist-info/METADATA", ".dist-info/WHEEL"))
                and member.file_size <= MAX_METADATA_BYTES
            }
    except BROKEN as error:
        raise ValueError(f"not a readable wheel: {error}") from error
    return Contents(names, texts, frozenset(_wheel_modules(names)))


def sdist_contents(filename: str, data: bytes) -> Contents:
    """The contents of an sdist; empty for an archive that cannot be read."""
    archive = read_archive(filename, data)
    texts = {name: archive.text(name) or "" for name in archive.texts}
    listed = next((texts[name] for name in texts if name.endswith("/top_level.txt")), "")
    modules = frozenset(listed.split()) or frozenset(_sdist_modules(archive.names))
    return Contents(archive.names, texts, modules)


def _wheel_modules(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        top, _, rest = name.partition("/")
        if top.endswith(".data"):
            scheme, _, inside = rest.partition("/")
            if scheme in ("purelib", "platlib"):
                yield from _wheel_modules([inside])
        elif not top.endswith(".dist-info"):
            yield from _top_module(name)


def _sdist_modules(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        top, _, rest = name.partition("/")
        for module in _top_module(rest if top in _ROOTS else name):
            if module not in _OFTEN_BESIDE:
                yield module


def _top_module(name: str) -> Iterator[str]:
    path = PurePosixPath(name)
    if path.suffix in _MODULES:
        yield path.parts[0].partition(".")[0]
