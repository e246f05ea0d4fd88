"""What is found of a target: in which line, what it says of Python and platform, and why."""

from __future__ import annotations

import re

from pinfix.records import record
from pinfix.requirements.spans import MappedText, Span

_VERSION = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?(t?)")


@record
class Found:
    """One line that decides of a target, or of half of it.

    ``python`` is X.Y or X.Y.Z (``3.13t`` without the GIL, ``pp3.11`` for PyPy), ``platform`` the
    right half of a target. ``said`` is why, without the place. ``version_at`` is where a version
    stands that may be written anew, in the file ``path``; ``exact``: the host takes X.Y.Z alone.
    ``also_at`` are places of the file that have to go with it, as other stages of a Dockerfile.
    ``host`` is the file that says who deploys, empty where that is ``path`` itself.
    """

    path: str
    line: int
    said: str
    python: str | None = None
    platform: str | None = None
    version_at: Span | None = None
    exact: bool = False
    also_at: tuple[Span, ...] = ()
    host: str = ""

    @property
    def target(self) -> str | None:
        """The target, where both halves are known: ``cp313-render``."""
        if self.python is None or self.platform is None:
            return None
        pypy = self.python.startswith("pp")
        match = _VERSION.fullmatch(self.python.removeprefix("pp"))
        if match is None:
            return f"{self.python}-{self.platform}"
        major, minor, threads = match.groups()
        return f"{'pp' if pypy else 'cp'}{major}{minor}{threads}-{self.platform}"

    @property
    def full_python(self) -> str | None:
        """X.Y.Z, where that is known of CPython."""
        known = self.python is not None and self.python.count(".") == 2
        return self.python if known and self.python and self.python[0].isdigit() else None

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.path}:{self.line}"


@record
class Note:
    """What has to be said of a line that decides nothing."""

    path: str
    line: int
    said: str

    @property
    def place(self) -> str:
        """``file:line``."""
        return f"{self.path}:{self.line}"


@record
class Question:
    """Places that do not agree, or that leave something open, and what is asked of them.

    ``proposed`` are targets that would answer it.
    """

    places: tuple[Found | Note, ...]
    asked: str
    proposed: tuple[str, ...] = ()


@record
class Inference:
    """All that the files say. ``looked_for`` are the names of files that were looked for."""

    found: tuple[Found, ...]
    notes: tuple[Note, ...] = ()
    questions: tuple[Question, ...] = ()


def place_of(mapped: MappedText, start: int, end: int) -> Span | None:
    """Where a part of a value is written; None where it is put together, or written otherwise."""
    pieces = mapped.cut(start, end).pieces
    if not pieces or not all(piece.verbatim for piece in pieces):
        return None
    ends = [piece.span.end for piece in pieces[:-1]]
    if ends != [piece.span.start for piece in pieces[1:]]:
        return None
    return Span(pieces[0].span.start, pieces[-1].span.end)
