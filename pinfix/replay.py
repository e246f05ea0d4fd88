"""The run before, told again: where nothing that it read has changed, its words still hold.

A hook runs on the same files again and again, and nearly always nothing has to change. Such a run
is kept: what was asked, every file that was read, by its checksum, until when the index's answers
are fresh, and what was said. The next run compares, and says the same. Anything else is worked out
anew: a run that fails, writes a file or reads a folder is never kept.

This is all that most runs need, so it imports nothing that takes long: json, pathlib, dataclasses
or hashlib alone would take as long as all the rest of it. Hence marshal, whose records are for this
Python alone, behind a checksum that keeps it from reading anything broken.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
import zlib

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

# Raise it whenever a record would be written or read differently.
FORMAT = 3
# Each record is some kB; beyond these, the oldest go.
MAX_RECORDS = 500


class Run:
    """A run that wrote nothing, and the exit code that it ended with.

    ``files`` are the checksums of what it read, by absolute path, None for what was not there;
    ``places`` are files and folders of local indexes by what ``place_state`` says of them.
    ``environ`` are digests of what the variables that it depends on stood for, None where one was
    not set. ``fresh_until`` is in seconds since the epoch. ``store`` is the store as it was, for a
    run that asked nobody else.
    """

    def __init__(
        self,
        *,
        argv: Sequence[str],
        folder: str,
        stdout: str,
        stderr: str,
        code: int,
        fresh_until: float,
        files: Mapping[str, str | None],
        places: Mapping[str, Sequence[int] | None],
        environ: Mapping[str, str | None],
        store: Sequence[int] | None,
    ) -> None:
        self.argv = list(argv)
        self.folder = folder
        self.stdout = stdout
        self.stderr = stderr
        self.code = code
        self.fresh_until = fresh_until
        self.files = dict(files)
        self.places = {path: state and list(state) for path, state in places.items()}
        self.environ = dict(environ)
        self.store = None if store is None else list(store)


def find(cache: str, argv: Sequence[str], environ: Mapping[str, str]) -> Run | None:
    """The run that is kept for these arguments in this folder, if all that it read is as it was."""
    try:
        with open(_place(cache, argv), "rb") as record:
            sealed, _, body = record.read().partition(b"\n")
        if sealed.decode("ascii") != checksum(body):
            return None
        known = marshal.loads(body)
        if known.pop("format") != FORMAT or known.pop("program") != program():
            return None
        run = Run(**known)
        return run if _holds(run, cache, argv, environ) else None
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(cache: str, run: Run) -> None:
    """Keep a run for the next one. Where that cannot be, nothing is lost."""
    place = _place(cache, run.argv)
    scratch = f"{place}.{os.getpid()}"
    body = marshal.dumps({"format": FORMAT, "program": program(), **vars(run)})
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(scratch, "wb") as record:
            record.write(checksum(body).encode() + b"\n" + body)
        os.replace(scratch, place)
        _prune(os.path.dirname(place))
    except OSError:
        return


def checksum(data: bytes) -> str:
    """What tells a file from what it was before: two checks and the length."""
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}{len(data):x}"


def environ_digests(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str | None]:
    """What variables stand for, without telling it: they may hold secrets."""
    digests: dict[str, str | None] = {}
    for name in names:
        import hashlib

        value = environ.get(name)
        digests[name] = None if value is None else hashlib.sha256(value.encode()).hexdigest()
    return digests


def place_state(path: str) -> list[int] | None:
    """What changes when a file is written, or one comes into a folder; None where nothing is."""
    try:
        about = os.stat(path)
    except OSError:
        return None
    return [about.st_mtime_ns, about.st_size]


def store_state(cache: str) -> list[int]:
    """What changes whenever something is written to the store."""
    state: list[int] = []
    for name in ("store.sqlite", "store.sqlite-wal"):
        try:
            about = os.stat(os.path.join(cache, name))
        except OSError:
            continue
        # An empty log is as good as none.
        state += [about.st_mtime_ns, about.st_size] if about.st_size else []
    return state


def program() -> str:
    """A checksum of pinfix itself, its rules and the Python that it runs on."""
    package = os.path.dirname(os.path.abspath(__file__))
    about: list[Any] = []
    waiting = [package, os.path.join(os.path.dirname(package), "rules")]
    while waiting:
        folder = waiting.pop()
        if os.path.isdir(folder):
            for entry in os.scandir(folder):
                if entry.name.endswith((".py", ".toml")):
                    found = entry.stat()
                    about.append((entry.path, found.st_mtime_ns, found.st_size))
                elif entry.name != "__pycache__" and entry.is_dir():
                    waiting.append(entry.path)
    return checksum(repr((sys.version, sys.executable, sorted(about))).encode())


def _place(cache: str, argv: Sequence[str]) -> str:
    # A record is read by the Python that wrote it, and by no other; a terminal gets colours.
    asked = repr((list(argv), os.getcwd(), sys.version, os.isatty(1)))
    return os.path.join(cache, "runs", checksum(asked.encode()))


def _holds(run: Run, cache: str, argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    if run.argv != list(argv) or run.folder != os.getcwd():
        return False
    # A clock that was set back must not make an answer fresh for years.
    if not 0 < run.fresh_until - time.time() < 366 * 86400:
        return False
    if run.store is not None and run.store != store_state(cache):
        return False
    if run.environ != environ_digests(run.environ, environ):
        return False
    return all(_checksum_at(path) == known for path, known in run.files.items()) and all(
        place_state(path) == state for path, state in run.places.items()
    )


def _checksum_at(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return checksum(file.read())
    except FileNotFoundError:
        return None


def _prune(folder: str) -> None:
    records = sorted(os.scandir(folder), key=lambda entry: entry.stat().st_mtime)
    for entry in records[:-MAX_RECORDS]:
        os.unlink(entry.path)
