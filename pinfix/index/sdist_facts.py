"""What reading a source distribution shows; apart from the reading, whose imports take 20 ms."""

from __future__ import annotations

from typing import Literal

from pinfix.records import record

Kind = Literal["pure", "c", "cython", "rust", "fortran", "unknown"]


@record
class SdistFacts:
    """What a source distribution says of itself.

    ``kind`` is what its build needs, ``shown_by`` the file, and what in it, that shows it.
    ``requires_dist`` are strings that ``parse_requires_dist`` reads, None where unknown, and
    ``requires_from`` the files they stand in. ``python_below`` is the first Python (``3.12``) that
    lacks a module which the build imports, None where there is none. ``build_requires`` is
    ``build-system.requires`` (PEP 518). ``note`` is what else a person should know, such as an
    extension the build can do without.
    """

    kind: Kind
    shown_by: str
    requires_dist: tuple[str, ...] | None
    requires_from: str
    requires_python: str | None
    build_requires: tuple[str, ...]
    note: str = ""
    python_below: str | None = None
