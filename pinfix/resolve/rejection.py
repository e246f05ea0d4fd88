"""Why a version is no candidate. Rejections are values with data; ``explain`` makes sentences.

One class per reason. ``target`` is the name of the target that cannot take the version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.rulebook.rule import Rule


@record
class NoWheel:
    """The release has no wheel the target installs (PEP 425, 600, 656).

    ``suffixes`` are the tag sets of the wheels it does have; ``has_sdist`` says whether pip
    would fall back to building it.
    """

    target: str
    suffixes: tuple[str, ...]
    has_sdist: bool


@record
class OnlySource:
    """The release has only an sdist, which nobody had to read."""

    target: str


@record
class NeedsCompiler:
    """The release has only an sdist, and that is not plain Python.

    ``kind`` is the sdist's kind (``c``, ``rust``, ``unknown`` …), ``shown_by`` the file that shows it.
    """

    target: str
    kind: str
    shown_by: str


@record
class BuildFails:
    """The release has only an sdist, whose build imports what Python no longer has.

    ``below`` is the first Python ("3.12") it fails on, ``shown_by`` the file that shows it.
    """

    target: str
    below: str
    shown_by: str


@record
class SdistRefused:
    """The release has only an sdist, and ``by`` (an option, or where it stands) wants wheels."""

    target: str
    by: str


@record
class BuildOrdered:
    """The file itself orders (``--no-binary``, at ``origin``) that the package is built.

    ``kind`` and ``shown_by`` are those of its sdist, empty where the release has none.
    """

    target: str
    origin: str
    kind: str
    shown_by: str


@record
class RequiresPython:
    """Requires-Python (PEP 345) excludes the target's Python."""

    target: str
    specifier: str


@record
class Yanked:
    """Every file of the release is yanked (PEP 592), and no exact specifier names it."""

    reason: str


@record
class TooNew:
    """The file was uploaded at or after ``cutoff``; ``uploaded`` is empty where nobody knows when."""

    uploaded: str
    cutoff: str


@record
class PreRelease:
    """A pre-release that nothing asked for (PEP 440)."""


@record
class RuledOut:
    """A rule leaves other versions only."""

    rule: Rule


@record
class Constrained:
    """A constraints file (``-c``) leaves other versions only."""

    path: str
    line: int
    text: str


@record
class Ancient:
    """Far below ``reference``, which is what was asked for or what is current.

    ``reference_date`` is an ISO 8601 day, or empty.
    """

    reference: str
    reference_date: str


@record
class MetadataUnusable:
    """The release's own metadata cannot be read as metadata."""

    problem: str


# What stands against building a version from its source distribution.
SourceRejection: TypeAlias = OnlySource | NeedsCompiler | BuildFails | SdistRefused | BuildOrdered

Rejection: TypeAlias = (
    NoWheel
    | SourceRejection
    | RequiresPython
    | Yanked
    | TooNew
    | PreRelease
    | RuledOut
    | Constrained
    | Ancient
    | MetadataUnusable
)
