"""What the command line's files come to: folders expanded, files grouped, their sources read."""

from __future__ import annotations

import os.path
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pinfix.credentials import without_credentials
from pinfix.errors import InputError, PinfixError
from pinfix.records import record
from pinfix.requirements.compiled import read_compiled
from pinfix.requirements.pyproject_document import Pyproject
from pinfix.requirements.tree import is_remote, read_tree

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.requirements.lines import OptionLine
    from pinfix.requirements.tree import DocumentTree


_SOURCE_OPTIONS: Final = ("--index-url", "--extra-index-url", "--find-links")


@record
class Sources:
    """Where packages come from: an index (None: the default one), more of them, flat links.

    ``no_index``: from the links alone. Certificates of ``trusted_hosts`` are not checked.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()


@record
class Failure:
    """Files that were named and nothing can be done with, and why."""

    files: tuple[str, ...]
    error: PinfixError

    def __str__(self) -> str:
        # What is wrong with a file is said with its name anyway.
        named = isinstance(self.error, InputError)
        return str(self.error) if named else f"{', '.join(self.files)}: {self.error}"


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
        from pinfix.requirements.discovery import choose

        choice = choose(_names(Path(path)), path)
        found += [str(Path(path) / name) for name in choice.taken]
        said.append(f"{path}: took {', '.join(choice.taken)}")
        said += [f"{Path(path) / left.name}: left out; {left.reason}" for left in choice.left_out]
    return found, said


def _names(folder: Path) -> list[str]:
    files = [*folder.iterdir(), *(folder / "requirements").glob("*")]
    return [path.relative_to(folder).as_posix() for path in files if path.is_file()]


def environments(
    files: Sequence[str],
    read: Callable[[str], bytes],
    environ: Mapping[str, str],
    configured: Sequence[OptionLine] = (),
    imposed: Sequence[str] = (),
    read_imposed: Callable[[str], bytes] | None = None,
) -> tuple[list[DocumentTree], list[Failure]]:
    """The files, those together that are installed together, or that one is compiled from others of.

    The first are those that share a file by -r or -c, the second a ``requirements.in`` and its
    ``.txt``. All others are as many environments, and each gets a plan of its own; what is
    ``imposed`` on all makes one of them only where it is one of their own files, which may change.
    Beside them, the files that cannot be read.
    """
    # One file may be named twice, or by a link too.
    once = {os.path.realpath(path): path for path in reversed(files)}
    files = [path for path in files if once[os.path.realpath(path)] is path]
    tree_of = partial(
        read_tree,
        read=read,
        environ=environ,
        repair=True,
        configured=tuple(configured),
        imposed=tuple(imposed),
        read_imposed=read_imposed,
    )
    read_alone = {path: _tree_or_failure(tree_of, path) for path in files}
    failures = [one for one in read_alone.values() if isinstance(one, Failure)]
    alone = {path: one for path, one in read_alone.items() if not isinstance(one, Failure)}
    if len(alone) < 2:
        return list(alone.values()), failures
    own = {path for tree in alone.values() for path in _paths(tree)}
    groups: list[tuple[list[str], set[str]]] = []
    for path, tree in alone.items():
        members, documents = [path], {*_paths(tree), *_made_from(tree, alone)}
        documents |= own & {os.path.abspath(document.path) for document in tree.imposed}
        apart = []
        for group in groups:
            if documents.isdisjoint(group[1]):
                apart.append(group)
            else:
                members, documents = group[0] + members, documents | group[1]
        groups = [*apart, (members, documents)]
    groups.sort(key=lambda group: files.index(group[0][0]))
    trees = [tree_of(members) if members[1:] else alone[members[0]] for members, _ in groups]
    return trees, failures


def _tree_or_failure(
    tree_of: Callable[[Sequence[str]], DocumentTree], path: str
) -> DocumentTree | Failure:
    try:
        return tree_of([path])
    except PinfixError as error:
        return Failure((path,), error)


def _paths(tree: DocumentTree) -> Iterator[str]:
    return (os.path.abspath(document.path) for document in tree.own)


def _made_from(tree: DocumentTree, named: Mapping[str, DocumentTree]) -> Iterator[str]:
    """Those of the named files that a file of the tree is compiled from or constrained by."""
    for document in tree.own:
        compiled = None if isinstance(document, Pyproject) else read_compiled(document)
        if compiled is not None:
            for other in (one for tree in named.values() for one in tree.own):
                if compiled.is_bound_to(os.path.normpath(other.path)):
                    yield os.path.abspath(other.path)


def sources_of(given: Sources, tree: DocumentTree) -> Sources:
    """The sources of the job, and those that pip's configuration and the files name.

    pip will obey these, in its order: a later ``--index-url`` takes the place of all indexes that
    were named before it. The job's own stay.
    """
    index_url, more = given.index_url, [*given.extra_index_urls]
    links, hosts, no_index = [*given.find_links], [*given.trusted_hosts], False
    extra: list[str] = []
    for option in tree.options:
        match option.option:
            case "--index-url" if given.index_url is None:
                # As pip has it, whatever was said of indexes before is said anew.
                index_url, extra = _source(option), []
            case "--extra-index-url":
                extra.append(_source(option))
            case "--find-links" if option not in tree.configured or is_source(option.value or ""):
                # A folder that pip is configured to, and is not there, is no reason to stop.
                links.append(_source(option))
            case "--trusted-host" if option.value is not None:
                hosts.append(option.value)
            case "--no-index":
                no_index = True
    return Sources(
        index_url,
        tuple(dict.fromkeys([*more, *extra])),
        tuple(dict.fromkeys(links)),
        no_index,
        tuple(dict.fromkeys(hosts)),
    )


def confusable(
    needed: Collection[str], shared: Iterable[Mapping[NormalizedName, tuple[str, ...]]]
) -> Iterator[str]:
    """What to say of the ``needed`` packages that several indexes have, and were merged of."""
    by_places: dict[tuple[str, ...], set[str]] = {}
    for places_of in shared:
        for name, places in places_of.items():
            if name in needed:
                by_places.setdefault(places, set()).add(name)
    for places, names in by_places.items():
        stand = "stands" if len(names) == 1 else "stand"
        yield (
            f"{', '.join(sorted(names))} {stand} on each of {', '.join(places)}: whoever can upload "
            "a higher version to any of them decides what pip installs (dependency confusion); "
            "--index-strategy first-index takes each package from one index, the extra ones first"
        )


def is_source(value: str) -> bool:
    """Whether a value can be an index or a page of links: a URL that can be asked, or a folder."""
    return value.startswith(("http://", "https://", "file:")) or Path(value).exists()


def sought_places(tree: DocumentTree) -> Iterator[str]:
    """Where on this machine an index or a page of links that the files name is looked for."""
    for option in tree.options:
        if option.option in _SOURCE_OPTIONS:
            yield from (
                os.path.abspath(folder / (option.value or "")) for folder in _folders(option)
            )


def _folders(option: OptionLine) -> tuple[Path, Path]:
    # pip looks for a folder where it runs; beside the file is where people mean it to be.
    return Path(), Path(option.path).parent


def _source(option: OptionLine) -> str:
    """An index or a page of links as the file names it. Raises InputError for what is neither."""
    value = option.value or ""
    if is_source(value) and not Path(value).exists():
        return value
    for folder in _folders(option):
        if (folder / value).exists():
            return str((folder / value).resolve())
    raise InputError(
        f"{option.option} {value} is neither a URL nor a folder",
        path=option.path,
        line=option.line,
        hint="Environment variables are expanded where they are written ${NAME} and set.",
    )
