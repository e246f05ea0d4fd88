"""What it takes to build a release, as its own files show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pinfix.errors import UnusableFileError
from pinfix.records import record

if TYPE_CHECKING:
    from pinfix.index.listing import DistFile, Release
    from pinfix.index.protocol import OpenIndex
    from pinfix.index.sdist_facts import Kind, SdistFacts

_RUST_TOOLS = {"maturin", "setuptools-rust"}
COMPILED = frozenset({"c", "cython", "fortran", "rust"})


@record
class Building:
    """What building a release needs: ``shown_by`` says what in ``filename`` shows it.

    ``optional``: the build does without where there is no compiler.
    """

    kind: Kind
    shown_by: str
    filename: str
    optional: bool = False

    @property
    def needs_compiler(self) -> bool:
        """Whether it ends in an error without a compiler."""
        return self.kind in COMPILED and not self.optional

    def __str__(self) -> str:
        return f"{self.filename}: {self.shown_by}"


def building_of(index: OpenIndex, release: Release) -> Building | None:
    """What building a release needs: from its sdist, else from a wheel; None where it has neither.

    Raises IndexUnavailableError.
    """
    for sdist in release.sdists:
        return of_facts(sdist, index.sdist_facts(sdist))
    wheels = sorted(release.wheels, key=lambda file: file.size or 0)
    for wheel in wheels:
        if wheel.suffix.endswith("-none-any"):
            return Building("pure", "a wheel for every platform", wheel.filename)
    return _of_wheel(index, wheels[0]) if wheels else None


def of_facts(sdist: DistFile, facts: SdistFacts) -> Building:
    """What reading an sdist shows."""
    needed = sorted(_RUST_TOOLS & {_name(text) for text in facts.build_requires})
    if needed and facts.kind != "rust":
        return Building("rust", f"pyproject.toml: requires {needed[0]}", sdist.filename)
    optional = facts.note.startswith("optional")
    return Building(facts.kind, facts.shown_by, sdist.filename, optional)


def _of_wheel(index: OpenIndex, wheel: DistFile) -> Building:
    try:
        texts = index.contents(wheel).texts
    except UnusableFileError as error:
        return Building("unknown", error.reason, wheel.filename)
    for line in texts.get("WHEEL", "").splitlines():
        if line.startswith("Generator:") and "maturin" in line:
            return Building("rust", f"WHEEL: {line}", wheel.filename)
    return Building("c", "a wheel for one platform, and no source", wheel.filename)


def _name(text: str) -> str:
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return ""
