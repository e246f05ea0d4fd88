"""Requirements files with the files they include by ``-r`` and ``-c``, in pip's order.

A ``pyproject.toml`` that is named is read beside them.
"""

from __future__ import annotations

import os.path
import re
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence

from pinfix.credentials import without_credentials
from pinfix.errors import InputError
from pinfix.records import record
from pinfix.requirements.document import Document, IncludeLine, RequirementLine, parse_document
from pinfix.requirements.lines import OptionLine

_URL = re.compile(r"(http|https|file):", re.IGNORECASE)


def is_remote(path: str) -> bool:
    """Whether a file is known by an address on the network: it can be read, and not rewritten."""
    return path.lower().startswith(("http:", "https:"))


@record
class DocumentTree:
    """The files that were named, and those that they include, each once.

    ``documents`` has the named files first, in their order, then the included ones as they are
    met. A file reached by ``-r`` and ``-c`` both gives requirements and constraints. ``configured``
    are the options that hold before those of the files, ``imposed`` the documents that are there
    only because pip is configured to be constrained by them.
    """

    documents: tuple[Document, ...]
    roots: tuple[Document, ...]
    constraints: tuple[Document, ...]
    _requirements: tuple[tuple[Document, RequirementLine], ...]
    _constraints: tuple[tuple[Document, RequirementLine], ...]
    configured: tuple[OptionLine, ...] = ()
    imposed: tuple[Document, ...] = ()

    def is_given(self, document: Document) -> bool:
        """Whether a file binds as it is: one at an address, or that pip is configured to."""
        return is_remote(document.path) or self._is_imposed(document)

    @property
    def own(self) -> Iterator[Document]:
        """The files that were named, and those that they include."""
        return (one for one in self.documents if not self._is_imposed(one))

    def _is_imposed(self, document: Document) -> bool:
        return any(document is one for one in self.imposed)

    @property
    def options(self) -> tuple[OptionLine, ...]:
        """Every option that pip obeys, in its order."""
        # pip reads the constraints that it is configured to before any requirement.
        documents = (*self.imposed, *self.own)
        of_files = (option for document in documents for option in document.options)
        return (*self.configured, *of_files)

    def requirements(self) -> Iterator[tuple[Document, RequirementLine]]:
        """Every requirement with its document, in pip's order; constraints are left out."""
        return iter(self._requirements)

    def reached_from(self, root: Document) -> frozenset[str]:
        """The paths of a named file and of all that it includes."""
        documents = {_key(document.path): document for document in self.documents}
        reached: dict[str, Document] = {}
        waiting = [root]
        while waiting:
            document = waiting.pop()
            if _key(document.path) not in reached:
                reached[_key(document.path)] = document
                included = (_key(_included_path(document.path, line)) for line in document.includes)
                waiting += [documents[key] for key in included if key in documents]
        return frozenset(document.path for document in reached.values())

    def constraint_requirements(self) -> Iterator[tuple[Document, RequirementLine]]:
        """What the constraints files say, in pip's order."""
        return iter(self._constraints)


def read_tree(
    paths: Sequence[str],
    read: Callable[[str], bytes],
    environ: Mapping[str, str] | None = None,
    *,
    repair: bool = False,
    configured: Sequence[OptionLine] = (),
    imposed: Sequence[str] = (),
    read_imposed: Callable[[str], bytes] | None = None,
) -> DocumentTree:
    """Read ``paths`` and everything they include, relative to the including file.

    ``read`` gives the bytes of a file, or of what an address (http, https) has, or raises OSError;
    ``repair`` is as for ``parse_document``. ``imposed`` are the constraints files that pip is
    configured to, ``read_imposed`` gives those and what they include. Raises InputError for a file
    that pip would refuse or cannot be read, and for one that includes itself.
    """
    walk = _Walk(read, environ or {}, repair=repair)
    roots = tuple(walk.document(path, None) for path in paths)
    for root in roots:
        walk.follow(root, {_key(root.path)}, constraint=False)
    own = frozenset(walk.documents)
    walk.impose(imposed, read_imposed or read)
    return DocumentTree(
        documents=tuple(walk.documents.values()),
        roots=tuple({root.path: root for root in roots}.values()),
        constraints=tuple(walk.constrained.values()),
        _requirements=tuple(walk.requirements.values()),
        _constraints=tuple(walk.constraints.values()),
        configured=tuple(configured),
        imposed=tuple(one for key, one in walk.documents.items() if key not in own),
    )


class _Walk:
    """What has been read and met so far; every dict is in the order of meeting."""

    def __init__(
        self, read: Callable[[str], bytes], environ: Mapping[str, str], *, repair: bool
    ) -> None:
        self._read = read
        self._repair = repair
        self._environ = environ
        # With the credentials that an address may have, which no document keeps.
        self._addresses: dict[str, str] = {}
        self.documents: dict[str, Document] = {}
        self.constrained: dict[str, Document] = {}
        self.requirements: dict[tuple[str, int], tuple[Document, RequirementLine]] = {}
        self.constraints: dict[tuple[str, int], tuple[Document, RequirementLine]] = {}

    def document(self, path: str, include: IncludeLine | None) -> Document:
        """The file, read the first time it is asked for."""
        key = _key(path)
        if key not in self.documents:
            try:
                data = self._read(path)
            except OSError as error:
                raise _unreadable(path, error, include) from error
            # Only by name, on the command line: what includes one has pip read it as a list.
            if include is None and os.path.basename(path) == "pyproject.toml":
                from pinfix.requirements.pyproject import parse_pyproject

                self._addresses[key] = path
                self.documents[key] = parse_pyproject(data, path)
            else:
                self._keep(path, data)
        return self.documents[key]

    def _keep(self, path: str, data: bytes) -> None:
        self._addresses[_key(path)] = path
        # What cannot be rewritten is read as pip reads it.
        repair = self._repair and not is_remote(path)
        self.documents[_key(path)] = parse_document(
            data, without_credentials(path), environ=self._environ, repair=repair
        )

    def impose(self, paths: Sequence[str], read: Callable[[str], bytes]) -> None:
        """Meet the constraints files that pip is configured to, as pip reads them."""
        self._read, self._repair = read, False
        for path in map(_as_path, paths):
            if _key(path) not in self.documents:
                try:
                    data = self._read(path)
                except OSError as error:
                    raise _unreadable(path, error, None, hint=_IMPOSED_HINT) from error
                self._keep(path, data)
            self.follow(self.documents[_key(path)], {_key(path)}, constraint=True)

    def follow(self, document: Document, above: set[str], *, constraint: bool) -> None:
        """Meet the lines of ``document``; ``above`` are the files that lead to it."""
        met = self.constraints if constraint else self.requirements
        if constraint:
            self.constrained[_key(document.path)] = document
        for line in document.lines:
            if isinstance(line, RequirementLine):
                if constraint:
                    _check_constraint(line)
                met[_key(document.path), line.line_span.start] = (document, line)
            elif isinstance(line, IncludeLine):
                path = _included_path(self._addresses[_key(document.path)], line)
                if _key(path) in above:
                    problem = f"{without_credentials(path)} includes itself"
                    raise _include_error(document, line, problem, _CYCLE_HINT)
                included = self.document(path, line)
                # pip forgets, in a file that a constraints file includes by -r, that it is one.
                self.follow(included, {*above, _key(path)}, constraint=line.kind == "-c")


_IMPOSED_HINT = "pip is configured to be constrained by it (constraint, or PIP_CONSTRAINT)."
_CYCLE_HINT = "pip refuses a file that leads back to itself; remove one of the inclusions."


def _key(path: str) -> str:
    return without_credentials(path) if is_remote(path) else os.path.abspath(path)


def _included_path(path: str, include: IncludeLine) -> str:
    """The path or address of what a line of the file at ``path`` includes."""
    target = include.target
    if is_remote(path) and not _URL.match(target):
        return urllib.parse.urljoin(path, target)
    if not _URL.match(target):
        return os.path.normpath(os.path.join(os.path.dirname(path), target))
    return _as_path(target)


def _as_path(target: str) -> str:
    """The path that a file's address means; other addresses, and paths, as they are."""
    if not target.lower().startswith("file:"):
        return target
    return urllib.parse.unquote(urllib.parse.urlsplit(target).path)


def _check_constraint(line: RequirementLine) -> None:
    """What pip refuses in a constraints file, whether the line's marker applies or not."""
    if line.editable:
        problem = "an editable requirement is not allowed in a constraints file"
    elif line.name is None:
        problem = "a requirement without a name is not allowed in a constraints file"
    elif line.extras:
        problem = "extras are not allowed in a constraints file"
    else:
        return
    raise InputError(
        f"{problem[:1].upper()}{problem[1:]}.",
        path=line.path,
        line=line.line,
        source=line.raw,
        hint="A constraint is a name and a version range: NAME<2",
    )


def _unreadable(
    path: str, error: OSError, include: IncludeLine | None, *, hint: str | None = None
) -> InputError:
    reason = error.strerror or str(error)
    if include is None:
        path = without_credentials(path)
        return InputError(f"the file cannot be read: {reason}", path=path, hint=hint)
    return InputError(
        f"the included file {without_credentials(path)} cannot be read: {reason}",
        path=include.path,
        line=include.line,
        source=without_credentials(f"{include.kind} {include.target}"),
        hint=None if is_remote(path) else "The path is relative to the file that includes it.",
    )


def _include_error(document: Document, include: IncludeLine, problem: str, hint: str) -> InputError:
    return InputError(
        f"{problem}.",
        path=document.path,
        line=include.line,
        source=without_credentials(document.text[include.span.start : include.span.end]),
        hint=hint,
    )
