"""The run before, told again: where nothing that it read has changed, its words still hold.

A hook runs on the same files again and again, and nearly always nothing has to change. Such a run
is kept: what was asked, every file that was read or looked for, by its checksum, until when the
index's answers are fresh, and what was said. The next run compares, and says the same; a refusal
too. Anything else is worked out anew: a run that meets an outage, writes a file or reads a folder
is never kept.

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
FORMAT = 6
# Where records are kept: of runs, and of single environments (see ``pinfix.kept_plans``).
RUNS, PLANS = "runs", "plans"
# What the variables begin with that set something; one that was not there is another run.
SETTINGS = "PINFIX_"
# Each record is some kB; beyond these, the oldest go.
MAX_RECORDS = 500
# Variables that name places and switches, and hold no secret.
OPEN = (
    *("HOME", "VIRTUAL_ENV", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "NO_COLOR", "GITHUB_ACTIONS"),
    *("PIP_CONFIG_FILE", "PIP_CERT", "PIP_CLIENT_CERT", "PIP_TIMEOUT", "PIP_DEFAULT_TIMEOUT"),
    *("PIP_NO_INDEX", "PIP_PRE", "PIP_NO_BINARY", "PIP_ONLY_BINARY", "PIP_KEYRING_PROVIDER"),
)
# The exit codes of what is refused for good: bad input, and no solution.
REFUSALS = (2, 3)


class Run:
    """A run that wrote nothing, and the exit code that it ended with.

    ``files`` are the checksums of what it read, by absolute path, None for what was not there;
    ``named`` are the files that it was about, by absolute path, without symbolic links; ``places``
    are files and folders of local indexes, and where one was looked for, by what ``place_state``
    says of them.
    ``environ`` is what ``environ_digests`` says of the variables that it depends on, None where one
    was not set. ``fresh_until`` is in seconds since the epoch. ``store`` is the store in the folder
    ``cache`` as it was, for a run that asked nobody else.
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
        named: Mapping[str, str],
        places: Mapping[str, Sequence[int] | None],
        environ: Mapping[str, str | None],
        cache: str,
        store: Sequence[int] | None,
    ) -> None:
        self.argv = list(argv)
        self.folder = folder
        self.stdout = stdout
        self.stderr = stderr
        self.code = code
        self.fresh_until = fresh_until
        self.files = dict(files)
        self.named = dict(named)
        self.places = {path: state and list(state) for path, state in places.items()}
        self.environ = dict(environ)
        self.cache = cache
        self.store = None if store is None else list(store)


def find(runs: str, argv: Sequence[str], environ: Mapping[str, str]) -> Run | None:
    """The run that is kept for these arguments in this folder, if all that it read is as it was."""
    try:
        known = marshal.loads(read_record(_place(runs, argv)))
        if known.pop("format") != FORMAT or known.pop("program") != program():
            return None
        run = Run(**known)
        return run if _holds(run, argv, environ) else None
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(runs: str, run: Run) -> None:
    """Keep a run for the next one. Where that cannot be, nothing is lost."""
    body = marshal.dumps({"format": FORMAT, "program": program(), **vars(run)})
    write_record(_place(runs, run.argv), body)
    prune(os.path.join(runs, RUNS), MAX_RECORDS)


def forget(cache: str) -> None:
    """Drop all records: they were made of answers that are asked for again."""
    for folder in (RUNS, PLANS):
        prune(os.path.join(cache, folder), 0)


def read_record(place: str) -> bytes:
    """What ``write_record`` wrote there. Raises OSError or ValueError where it is not whole."""
    with open(place, "rb") as record:
        sealed, _, body = record.read().partition(b"\n")
    if sealed.decode("ascii") != checksum(body):
        raise ValueError("not a record as it was written")
    return body


def write_record(place: str, body: bytes) -> None:
    """Keep some bytes behind their checksum. Where that cannot be, nothing is lost."""
    scratch = f"{place}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(scratch, "wb") as record:
            record.write(checksum(body).encode() + b"\n" + body)
        os.replace(scratch, place)
    except OSError:
        return


def prune(folder: str, left: int) -> None:
    """Drop the oldest records, so that no more than these are left."""
    try:
        records = sorted(os.scandir(folder), key=lambda entry: entry.stat().st_mtime)
        for entry in records[: max(len(records) - left, 0)]:
            os.unlink(entry.path)
    except OSError:
        return


def is_fresh(until: float) -> bool:
    """Whether it is not yet ``until``, in seconds since the epoch."""
    # A clock that was set back must not make an answer fresh for years.
    return 0 < until - time.time() < 366 * 86400


def checksum(data: bytes) -> str:
    """What tells a file from what it was before: two checks and the length."""
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}{len(data):x}"


def environ_digests(names: Iterable[str], environ: Mapping[str, str]) -> dict[str, str | None]:
    """What variables stand for, without telling those that may hold secrets."""
    return {name: _told(name, environ.get(name)) for name in names}


def _told(name: str, value: str | None) -> str | None:
    if value is None or name in OPEN:
        return value
    import hashlib

    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()


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
    """A checksum of pinfix itself, its rules, and the Python and libraries that it runs on."""
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
    # A folder of libraries changes when one is installed or removed.
    libraries = [place_state(path) for path in sys.path if path.endswith("-packages")]
    return checksum(repr((sys.version, sys.executable, libraries, sorted(about))).encode())


def _place(runs: str, argv: Sequence[str]) -> str:
    # A record is read by the Python that wrote it, and by no other; a terminal gets colours.
    asked = repr((list(argv), os.getcwd(), sys.version, os.isatty(1)))
    return os.path.join(runs, RUNS, checksum(asked.encode()))


def _holds(run: Run, argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    if run.argv != list(argv) or run.folder != os.getcwd():
        return False
    if not is_fresh(run.fresh_until):
        return False
    if run.store is not None and run.store != store_state(run.cache):
        return False
    variables = {*run.environ, *(name for name in environ if name.startswith(SETTINGS))}
    if run.environ != environ_digests(variables, environ):
        return False
    return (
        all(_checksum_at(path) == known for path, known in run.files.items())
        and all(os.path.realpath(path) == real for path, real in run.named.items())
        and all(place_state(path) == state for path, state in run.places.items())
    )


def _checksum_at(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            return checksum(file.read())
    except FileNotFoundError:
        return None
