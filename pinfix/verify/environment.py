"""A fresh virtual environment without a compiler in reach, filled by pip-sync (pip-tools)."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.errors import UsageError
from pinfix.records import record
from pinfix.verify.interpreters import Python, python_environ
from pinfix.verify.process import Done, run

if TYPE_CHECKING:
    from importlib.metadata import Distribution

    from packaging.utils import NormalizedName

MAKE_SECONDS = 180.0
SYNC_SECONDS = 1800.0
CHECK_SECONDS = 120.0
# The oldest pip that pip-tools works with; some Pythons bring an older one.
_OLDEST_PIP = Version("22.2")
# What says where compilers are; setuptools on Windows looks at PATH alone with the two last ones.
_COMPILERS = ("CC", "CXX", "FC", "CARGO", "CARGO_HOME", "RUSTC", "RUSTUP_HOME", "VCINSTALLDIR")
_NO_SEARCH = {"DISTUTILS_USE_SDK": "1", "MSSdk": "1"}


@record
class Environment:
    """A virtual environment: its folder, its interpreter, where its packages are."""

    folder: Path
    python: Path
    packages: tuple[Path, ...]

    @property
    def commands(self) -> Path:
        """The folder of its interpreter and of what packages bring to run."""
        return self.python.parent

    def installed(self) -> list[Distribution]:
        """Everything that is installed in it."""
        return [*distributions(path=[str(path) for path in self.packages])]


def sync_command() -> list[str]:
    """How pip-sync is run. Raises UsageError where there is no pip-tools."""
    if importlib.util.find_spec("piptools") is not None:
        return [sys.executable, "-m", "piptools", "sync"]
    found = shutil.which("pip-sync")
    if found is None:
        raise UsageError(
            "to verify by installing takes pip-tools: pip install pip-tools, beside pinfix or on "
            "PATH (pip install 'pinfix[verify]')"
        )
    return [found]


def make_environment(
    python: Python, folder: Path, environ: Mapping[str, str]
) -> Environment | Done:
    """A fresh environment in a folder; how the attempt ended where there is none."""
    plain = python_environ(environ)
    made = run([python.path, "-m", "venv", folder], folder.parent, plain, MAKE_SECONDS)
    if not made.ok:
        return made
    inside = next(folder.glob("bin/python"), folder / "Scripts" / "python.exe")
    code = "import json, sysconfig as s; print(json.dumps([s.get_path('purelib'), s.get_path('platlib')]))"
    said = run([inside, "-c", code], folder, plain, MAKE_SECONDS)
    if not said.ok:
        return said
    return Environment(folder, inside, tuple(dict.fromkeys(map(Path, json.loads(said.stdout)))))


def without_compilers(environment: Environment, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables for what is installed: on PATH is the environment alone."""
    plain = python_environ(environ)
    kept = {name: value for name, value in plain.items() if name not in _COMPILERS}
    system = [environ["SYSTEMROOT"] + "\\System32"] if "SYSTEMROOT" in environ else []
    path = os.pathsep.join([str(environment.commands), *system])
    missing = str(environment.folder / "no-compiler")
    return {**kept, **_NO_SEARCH, "PATH": path, "CC": missing, "CXX": missing}


def sync(
    environment: Environment,
    lines: Sequence[str],
    kept_sdists: Iterable[str],
    environ: Mapping[str, str],
    folder: Path,
) -> Done:
    """Install exactly these lines, from wheels but for the kept sdists."""
    newer = _with_usable_pip(environment, environ, folder)
    if newer is not None and not newer.ok:
        return newer
    file = folder / "closure.txt"
    wanted = [*lines, *_already_there(environment, lines)]
    file.write_text("".join(f"{line}\n" for line in wanted), encoding="utf-8")
    # In this order: what is said of all packages takes back what was said of one.
    formats = " ".join(["--only-binary :all:", *(f"--no-binary {name}" for name in kept_sdists)])
    command = [
        *(*sync_command(), "--no-config", "--python-executable", str(environment.python)),
        *("--pip-args", formats, str(file)),
    ]
    return run(command, folder, environ, SYNC_SECONDS)


def check(environment: Environment, environ: Mapping[str, str], folder: Path) -> Done:
    """What ``pip check`` says of it."""
    return run([environment.python, "-m", "pip", "check"], folder, environ, CHECK_SECONDS)


def versions(environment: Environment) -> dict[NormalizedName, str]:
    """The version of everything that is installed in it."""
    return {canonicalize_name(one.metadata["Name"]): one.version for one in environment.installed()}


def _already_there(environment: Environment, lines: Iterable[str]) -> list[str]:
    """What the Python brought along (setuptools, until 3.11), for pip-sync to leave it there."""
    named = {canonicalize_name(line.partition("==")[0].partition("[")[0]) for line in lines}
    found = versions(environment)
    return [f"{name}=={found[name]}" for name in found if name not in {*named, "pip"}]


def _with_usable_pip(
    environment: Environment, environ: Mapping[str, str], folder: Path
) -> Done | None:
    """A newer pip put in, where the one that the Python brought is too old for pip-tools."""
    if Version(versions(environment)[canonicalize_name("pip")]) >= _OLDEST_PIP:
        return None
    wheels = ["--only-binary", ":all:", f"pip>={_OLDEST_PIP}"]
    pip = [str(environment.python), "-m", "pip", "install", *wheels]
    return run(pip, folder, environ, SYNC_SECONDS)
