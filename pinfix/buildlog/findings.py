"""What is found in a log, as values: quotations, failures, packages that were built."""

from __future__ import annotations

from typing import Final

from pinfix.buildlog.causes import Cause
from pinfix.buildlog.cleaning import Line
from pinfix.buildlog.naming import Package
from pinfix.credentials import without_credentials
from pinfix.records import record

LONGEST_QUOTE: Final = 200


@record
class Quote:
    """A line of the log: its 1-based number and what it says, shortened, without credentials."""

    line: int
    text: str


@record
class Failure:
    """Something that failed. ``package`` is None where the log does not name it.

    ``detail`` is what is missing (``ffi.h``, ``cmake``) or wanted (``>=3.11``), as far as it is
    known; ``building`` whether it happened while the package was built from source; ``wanted_by``
    the package that requires it.
    """

    package: str | None
    version: str | None
    cause: Cause
    quote: Quote
    detail: str | None = None
    building: bool = True
    wanted_by: Package | None = None


@record
class Built:
    """A package that was built from source, and went well.

    ``compiled``: whether the wheel is bound to a platform; None where the log does not say.
    """

    package: Package
    compiled: bool | None
    quote: Quote


@record
class Packages:
    """All that a log says of packages. ``installed``: whether an installation came to its end.

    ``files`` are the requirements files that were installed.
    """

    failures: tuple[Failure, ...]
    built: tuple[Built, ...]
    wheels: int
    installed: bool
    files: tuple[str, ...]


def quote(line: Line) -> Quote:
    """The line as it may be shown."""
    text = without_credentials(line.text.strip())
    return Quote(line.number, text if len(text) <= LONGEST_QUOTE else f"{text[:LONGEST_QUOTE]}…")
