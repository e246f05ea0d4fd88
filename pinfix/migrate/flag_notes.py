"""What flags and system packages do that are meant to keep pip from compiling, and do not."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from pinfix.migrate.shell import Word

_FLAGS = {
    "--no-compile": "keeps pip from writing .pyc files; it has nothing to do with compilers",
    "--force-reinstall": "installs again what is there already; what is built from source still is",
    "--no-cache-dir": "keeps no downloads, which makes an image smaller; it changes no version",
    "--prefer-binary": (
        "takes an older wheel rather than a newer source distribution, of what is not pinned with =="
    ),
}
_MANAGERS = {"apt", "apt-get", "apk", "yum", "dnf", "microdnf"}
_COMPILERS = {
    *("rustc", "cargo", "rust", "rust-all", "build-essential", "build-base", "gcc", "g++", "clang"),
    *("make", "cmake", "gfortran", "musl-dev", "python3-dev", "python-dev", "python3-devel"),
    *("libpq-dev", "postgresql-dev", "postgresql-devel", "libffi-dev", "libssl-dev", "openssl-dev"),
    *("default-libmysqlclient-dev", "libmysqlclient-dev", "mariadb-dev", "libxml2-dev"),
    *("libxslt1-dev", "libxslt-dev", "libjpeg-dev", "zlib1g-dev", "libblas-dev", "liblapack-dev"),
}


def flag_notes(flags: Sequence[Word]) -> Iterator[tuple[int | None, str]]:
    """What each flag of an installing command does: its place, and a sentence."""
    for flag in flags:
        if flag.value in _FLAGS:
            yield _start(flag), f"{flag.value} {_FLAGS[flag.value]}"


def compiler_notes(words: Sequence[Word]) -> Iterator[tuple[int | None, str]]:
    """What a command installs that only building from source needs: its place, and a sentence."""
    values = [word.value for word in words]
    if any("rustup" in value for value in values):
        yield _start(words[0]), "rustup is only needed to build from source: not for wheels"
    managers = [one for one in values if posixpath.basename(one) in _MANAGERS]
    if not managers or not {"install", "add"} & set(values):
        return
    found = [word for word in words if word.value in _COMPILERS]
    if found:
        shown = ", ".join(word.value for word in found)
        yield _start(found[0]), f"{shown}: only needed to build from source, not for wheels"


def _start(word: Word) -> int | None:
    pieces = word.mapped.pieces
    return pieces[0].span.start if pieces else None
