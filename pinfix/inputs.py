"""What the command line's files come to: folders expanded, files grouped, their sources read."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.credentials import without_credentials
from pinfix.errors import InputError
from pinfix.requirements.compiled import read_compiled
from pinfix.requirements.discovery import choose
from pinfix.requirements.pyproject import Pyproject
from pinfix.requirements.tree import is_remote, read_tree

if TYPE_CHECKING:
    from pinfix.requirements.lines import OptionLine
    from pinfix.requirements.tree import DocumentTree

_SOURCE_OPTIONS = ("--index-url", "--extra-index-url", "--find-links")


@dataclass(frozen=True, slots=True)
class Sources:
    """Where packages come from: an index (None: the default one), more of them, flat links.

    ``no_index``: from the links alone.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False


def expand(files: Sequence[str]) -> tuple[list[str], list[str]]:
    """The files, with each folder's own in its place; and what to say of what a folder holds.

    Raises InputError for a folder without a file that could be taken, and for an address.
    """
    found: list[str] = []
    said: list[str] = []
    for path in files:
        if is_remote(path):
            raise InputError(
                "an address on the network cannot be rewritten",
                path=without_credentials(path),
                hint="Download the file, and name the copy.",
            )
        if not Path(path).is_dir():
            found.append(path)
            continue
        choice = choose(_names(Path(path)), path)
        found += [str(Path(path) / name) for name in choice.taken]
        said.append(f"{path}: took {', '.join(choice.taken)}")
        said += [f"{Path(path) / left.name}: left out; {left.reason}" for left in choice.left_out]
    return found, said


def _names(folder: Path) -> list[str]:
    files = [*folder.iterdir(), *(folder / "requirements").glob("*")]
    return [path.relative_to(folder).as_posix() for path in files if path.is_file()]


def environments(
    files: Sequence[str], read: Callable[[str], bytes], environ: Mapping[str, str]
) -> list[DocumentTree]:
    """The files, those together that are installed together, or that one is compiled from others of.

    The first are those that share a file by -r or -c, the second a ``requirements.in`` and its
    ``.txt``. All others are as many environments, and each gets a plan of its own.
    """
    # One file may be named twice, or by a link too.
    once = {os.path.realpath(path): path for path in reversed(files)}
    files = [path for path in files if once[os.path.realpath(path)] is path]
    alone = {path: read_tree([path], read, environ, repair=True) for path in files}
    if not files[1:]:
        return list(alone.values())
    groups: list[tuple[list[str], set[str]]] = []
    for path, tree in alone.items():
        members, documents = [path], {*_paths(tree), *_made_from(tree, alone)}
        apart = []
        for group in groups:
            if documents.isdisjoint(group[1]):
                apart.append(group)
            else:
                members, documents = group[0] + members, documents | group[1]
        groups = [*apart, (members, documents)]
    groups.sort(key=lambda group: files.index(group[0][0]))
    return [
        read_tree(members, read, environ, repair=True) if members[1:] else alone[members[0]]
        for members, _ in groups
    ]


def _paths(tree: DocumentTree) -> Iterator[str]:
    return (os.path.normpath(document.path) for document in tree.documents)


def _made_from(tree: DocumentTree, named: Mapping[str, DocumentTree]) -> Iterator[str]:
    """Those of the named files that a file of the tree is compiled from or constrained by."""
    for document in tree.documents:
        compiled = None if isinstance(document, Pyproject) else read_compiled(document)
        if compiled is not None:
            for other in named.values():
                yield from (path for path in _paths(other) if compiled.is_bound_to(path))


def sources_of(given: Sources, tree: DocumentTree) -> Sources:
    """The sources of the job, and those that the files name, since pip will obey these."""
    named: dict[str, list[str]] = {}
    for document in tree.documents:
        for option in document.options:
            if option.option in _SOURCE_OPTIONS and option.value is not None:
                named.setdefault(option.option, []).append(_source(option))
    return Sources(
        given.index_url or next(reversed(named.get("--index-url", [])), None),
        (*given.extra_index_urls, *named.get("--extra-index-url", [])),
        (*given.find_links, *named.get("--find-links", [])),
        any(o.option == "--no-index" for document in tree.documents for o in document.options),
    )


def is_source(value: str) -> bool:
    """Whether a value can be an index or a page of links: a URL that can be asked, or a folder."""
    return value.startswith(("http://", "https://", "file:")) or Path(value).exists()


def _source(option: OptionLine) -> str:
    """An index or a page of links as the file names it. Raises InputError for what is neither."""
    value = option.value or ""
    if is_source(value) and not Path(value).exists():
        return value
    # pip looks for a folder where it runs; beside the file is where people mean it to be.
    for folder in (Path(), Path(option.path).parent):
        if (folder / value).exists():
            return str((folder / value).resolve())
    raise InputError(
        f"{option.option} {value} is neither a URL nor a folder",
        path=option.path,
        line=option.line,
        hint="Environment variables are expanded where they are written ${NAME} and set.",
    )
