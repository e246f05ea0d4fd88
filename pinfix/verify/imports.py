"""The top-level modules of what is installed, imported one by one, and what that prints."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from keyword import iskeyword
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.records import record
from pinfix.verify.environment import Environment
from pinfix.verify.interpreters import python_environ
from pinfix.verify.process import Done, run

if TYPE_CHECKING:
    from importlib.metadata import Distribution

IMPORT_SECONDS = 120.0
# Put beside the packages by mistake, or to be run and not to be imported.
BESIDE = frozenset(
    {
        *("test", "tests", "testing", "doc", "docs", "example", "examples", "sample", "samples"),
        *("benchmark", "benchmarks", "script", "scripts", "tools", "bin", "setup", "conftest"),
    }
)
_EXTENSION = re.compile(r"(\w+)(?:\.(?:cpython|cp|pypy|abi)[\w-]*)?\.(?:so|pyd)")
# What modules raise that want to be told more first; that they are there, and run, is known then.
_UNCONFIGURED = ("ImproperlyConfigured", "AppRegistryNotReady")
_NO_LIBRARY = re.compile(r"(\S+\.so[.\d]*): cannot open shared object file")
_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([\w.]+)'")
_CODE = "import importlib, sys; importlib.import_module(sys.argv[1])"


@record
class Imported:
    """How the import of a module of a package ended.

    ``excuse`` is why a failure says nothing about the package; empty where there is none.
    """

    package: str
    module: str
    done: Done
    excuse: str = ""

    @property
    def failed(self) -> bool:
        """Whether it failed, for no reason of its own."""
        return not self.done.ok and not self.excuse

    @property
    def printed(self) -> str:
        """What it printed, wherever."""
        return self.done.stdout + self.done.stderr


def modules_in(paths: Iterable[str]) -> list[str]:
    """The modules to import, of the files of a distribution (its RECORD), in their order.

    A folder without ``__init__`` is a namespace (PEP 420), of which the members are the modules.
    """
    modules = [*_module_files(paths)]
    packages = {parts[:-1] for parts in modules if parts[-1] == "__init__"}
    found: dict[str, None] = {}
    for parts in modules:
        if parts[0] in BESIDE or (len(parts) == 1 and parts[0].startswith("__")):
            continue
        length = next((n for n in range(1, len(parts)) if parts[:n] in packages), len(parts))
        found[".".join(parts[:length])] = None
    return list(found)


def _module_files(paths: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """The dotted names of the files that are modules, in parts."""
    for path in map(PurePosixPath, paths):
        extension = _EXTENSION.fullmatch(path.name)
        if path.suffix == ".py":
            stem = path.stem
        elif extension is not None and not path.name.startswith("lib"):
            stem = extension[1]
        else:
            continue
        parts = (*path.parts[:-1], stem)
        if all(part.isidentifier() and not iskeyword(part) for part in parts):
            yield parts


def import_all(
    environment: Environment,
    packages: Iterable[str],
    environ: Mapping[str, str],
    folder: Path,
) -> Iterator[Imported]:
    """Import every module of these packages, each in an interpreter of its own.

    ``folder`` is home and the folder for temporary files to what is imported.
    """
    homes = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), str(folder))
    path = os.pathsep.join([str(environment.commands), environ.get("PATH", os.defpath)])
    inside = python_environ(environ) | homes | {"PATH": path}
    wanted = set(packages)
    for one in sorted(environment.installed(), key=_name):
        if _name(one) in wanted:
            yield from _imported(one, environment, inside, folder)


def _imported(
    one: Distribution, environment: Environment, environ: Mapping[str, str], folder: Path
) -> Iterator[Imported]:
    ended: dict[str, Done] = {}
    for module in modules_in(file.as_posix() for file in one.files or ()):
        command: list[str | Path] = [environment.python, "-I", "-c", _CODE, module]
        ended[module] = run(command, folder, environ, IMPORT_SECONDS)
    working = [module for module, done in ended.items() if done.ok and not _is_private(module)]
    for module, done in ended.items():
        yield Imported(_name(one), module, done, _excuse(one, module, done, working))


def _excuse(one: Distribution, module: str, done: Done, working: Sequence[str]) -> str:
    """Why a failed import is no failure of the package, of which ``working`` can be imported."""
    if done.ok:
        return ""
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if any(name in last.partition(":")[0] for name in _UNCONFIGURED):
        return "it wants to be configured before"
    library = _NO_LIBRARY.search(last)
    if library is not None:
        return f"{library[1]}, a library of the system, is not on this machine"
    if not working:
        return ""
    if _is_private(module):
        return f"it is private, and {working[0]} can be imported"
    missing = _NO_MODULE.fullmatch(last)
    if missing is not None and one.metadata.get_all("Provides-Extra"):
        return f"it wants {missing[1]}, for which its extras may be; {working[0]} can be imported"
    return ""


def _is_private(module: str) -> bool:
    return any(part.startswith("_") for part in module.split("."))


def _name(one: Distribution) -> str:
    return canonicalize_name(one.metadata["Name"])
