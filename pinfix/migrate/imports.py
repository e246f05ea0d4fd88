"""What a project imports from outside of itself: read off its source, nothing is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True, slots=True, order=True)
class Import:
    """``import a.b`` or ``from a.b import c`` at a line (1-based): ``module`` is ``a.b``.

    ``optional``: inside of a ``try`` that lives without it, or for type checkers alone.
    """

    path: str
    line: int
    module: str
    optional: bool = False

    @property
    def top(self) -> str:
        """The top-level module: ``a``."""
        return self.module.partition(".")[0]


def imports_of(files: Mapping[str, bytes]) -> list[Import]:
    """The imports of Python files (by path) that lead out of the project, in their order.

    The standard library's are left out, and so are files that cannot be parsed.
    """
    own = {name for path in files for name in _own_names(PurePosixPath(path))}
    return [
        found
        for path, data in files.items()
        for found in _imports(path, data)
        if found.top not in own and found.top not in sys.stdlib_module_names
    ]


def _own_names(path: PurePosixPath) -> Iterator[str]:
    """What a file may be imported by: its own name, and those of the folders that it lies in."""
    yield path.stem
    yield from path.parts[:-1]


def _imports(path: str, data: bytes) -> Iterator[Import]:
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    found = []
    while waiting:
        node, optional = waiting.pop()
        if isinstance(node, ast.Import):
            found += [Import(path, node.lineno, alias.name, optional) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.module is not None and not node.level:
                found.append(Import(path, node.lineno, node.module, optional))
        else:
            spared = {id(child) for child in _spared(node)}
            waiting += [
                (child, optional or id(child) in spared) for child in ast.iter_child_nodes(node)
            ]
    yield from sorted(found)


def _spared(node: ast.AST) -> list[ast.stmt]:
    """The statements of a node that may fail to import without harm."""
    if isinstance(node, ast.Try) and any(map(_catches_import_error, node.handlers)):
        return node.body
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return node.body
    return []


def _catches_import_error(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    named = {getattr(part, "id", "") for part in ast.walk(handler.type)}
    return bool(named & {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
