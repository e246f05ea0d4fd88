"""The smallest requirements that still hold what is named, and what of the code that takes away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.errors import UsageError
from pinfix.records import record
from pinfix.requirements.edits import apply_edits, remove_line

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet
    from packaging.utils import NormalizedName

    from pinfix.migrate.imports import Import
    from pinfix.requirements.document import Document, RequirementLine
    from pinfix.requirements.tree import DocumentTree


@record
class LostImport:
    """An import that would fail; ``package`` is what brought it, empty where nobody knows."""

    found: Import
    package: str


def reduced(tree: DocumentTree, names: Iterable[str]) -> dict[str, bytes]:
    """The files of a tree without the requirements that are not named, by path.

    Raises UsageError for a name that no file requires.
    """
    keep = {canonicalize_name(name) for name in names}
    there = {line.name for _, line in tree.requirements()}
    missing = sorted(keep - there)
    if missing:
        known = ", ".join(sorted(name for name in there if name))
        raise UsageError(f"--keep {missing[0]}: no file requires it. Required: {known}.")
    return {
        document.path: apply_edits(
            document,
            [
                remove_line(document, line)
                for owner, line in _own(tree)
                if owner is document and line.name not in keep
            ],
        )
        for document in tree.own
    }


def gone(tree: DocumentTree, names: Iterable[str]) -> Iterator[tuple[NormalizedName, SpecifierSet]]:
    """The packages whose requirements ``reduced`` leaves out, in their order, with what they ask."""
    keep = {canonicalize_name(name) for name in names}
    for _, line in _own(tree):
        if line.name and line.name not in keep:
            yield line.name, line.specifier


def _own(tree: DocumentTree) -> Iterator[tuple[Document, RequirementLine]]:
    """The requirements that can be left out: what is given binds as it is."""
    return ((one, line) for one, line in tree.requirements() if not tree.is_given(one))


def lost_imports(
    imports: Iterable[Import],
    left: Mapping[str, Collection[str]],
    before: Mapping[str, Collection[str]],
) -> list[LostImport]:
    """The imports that nothing left brings, but something before did.

    ``left`` and ``before`` give each package the top-level modules that it brings.
    """
    there = {module for modules in left.values() for module in modules}
    bringer = {module: package for package, modules in before.items() for module in modules}
    return [
        LostImport(found, bringer[found.top])
        for found in imports
        if found.top not in there and found.top in bringer
    ]
