"""What running a build script imports, and whether an isolated build (PEP 517) would have it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath

# An isolated build has these and the standard library, beside what build-system.requires names.
# pkg_resources went with setuptools 82, wheel with 70.1, and pip was never there.
_PROVIDED = {"setuptools", "distutils", "_distutils_hack", "__future__"}
# Modules that a newer Python dropped, by the first one without: what imports them builds no more.
# distutils is not among them, for setuptools brings its own.
_DROPPED = {
    (3, 11): ("binhex",),
    (3, 12): ("imp", "asyncore", "asynchat", "smtpd"),
    (3, 13): (
        *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap"),
        *("msilib", "nis", "nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau"),
        *("telnetlib", "uu", "xdrlib"),
    ),
}
DROPPED_IN = {module: python for python, modules in _DROPPED.items() for module in modules}
_NEWER_STDLIB = {"tomllib"}


def all_imports(tree: ast.Module) -> Iterator[str]:
    """Every module that an import statement anywhere in the file names in full."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def sure_imports(name: str, tree: ast.Module) -> Iterator[str]:
    """The modules that running the file is sure to import: at its top level, outside any try."""
    package = PurePosixPath(name).parent.parts
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module:
                yield module
            if node.level:
                yield from (f"{module}.{alias.name}" for alias in node.names if alias.name != "*")


def is_provided(top: str, provided: frozenset[str]) -> bool:
    """Whether an isolated build has the module; ``provided`` are its normal requirement names."""
    return (
        top in sys.stdlib_module_names
        or top in _PROVIDED
        or top in DROPPED_IN
        or top in _NEWER_STDLIB
        or top.lower().replace("_", "-") in provided
    )


class LocalModules:
    """The archive's own modules, by the dotted name a script may import them under."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = frozenset(names)
        self._tops = {PurePosixPath(part).stem for name in names for part in name.split("/")[:2]}

    def has(self, top: str) -> bool:
        """Whether the archive has anything of that name at its top or below ``src``."""
        return top in self._tops

    def files(self, module: str) -> list[str]:
        """The files that importing the module runs: each package's ``__init__``, then itself."""
        parts = module.split(".")
        found = []
        for root in ("", "src/", "lib/"):
            for count in range(1, len(parts) + 1):
                path = root + "/".join(parts[:count])
                found += [f for f in (f"{path}/__init__.py", f"{path}.py") if f in self._names]
        return found
