"""Find a Python on this machine that can run what a target installs, by the usual means.

Those are the one that runs pinfix, PATH, pyenv, the launcher of Windows and uv's installations.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.markers import default_environment
from packaging.tags import platform_tags
from packaging.utils import parse_wheel_filename
from packaging.version import InvalidVersion, Version

from pinfix.records import record
from pinfix.verify.process import run

if TYPE_CHECKING:
    from pinfix.targets.target import Target

PROBE_SECONDS = 30.0
_PYTHONS = {"cp": "cpython", "pp": "pypy"}
_SAME_SYSTEM = ("os_name", "sys_platform", "platform_machine")
# What an interpreter says of itself; one without venv or ensurepip makes no environments.
_PROBE = """
import ensurepip, json, os, platform, struct, sys, sysconfig, venv
said = str(sysconfig.get_config_var("HOST_GNU_TYPE")) + str(sysconfig.get_config_var("SOABI"))
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": platform.python_version(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "system": [sys.platform, platform.machine(), struct.calcsize("P"), "musl" in said],
}))
"""


@record
class Python:
    """An interpreter: where it is and its version, ``3.13.0``."""

    path: Path
    version: str


def find_python(target: Target, wheels: Iterable[str], environ: Mapping[str, str]) -> Python | str:
    """The interpreter that is nearest to the target's; a sentence that says why there is none.

    ``wheels`` are the names of the files to install: those for an older system than the target's
    may fit this machine, though the target itself does not.
    """
    foreign = _foreign(target, wheels)
    if foreign:
        return foreign
    own = _probe(Path(sys.executable), environ)
    found: dict[str, Python] = {}
    seen: set[str] = set()
    for path in _candidates(target, environ):
        real = os.path.realpath(path)
        if real in seen or not path.is_file():
            continue
        seen.add(real)
        said = _probe(path, environ)
        if said and own and said["system"] == own["system"] and _is_meant(said, target):
            found.setdefault(str(said["version"]), Python(path, str(said["version"])))
        if str(target.python_version) in found:
            break
    if not found:
        return f"no Python for {target.python_tag} was found on this machine"
    exact = found.get(str(target.python_version))
    return exact or found[max(found, key=_version)]


def _foreign(target: Target, wheels: Iterable[str]) -> str:
    """Why this machine is not like the target; empty where it is."""
    here = {key: str(value) for key, value in default_environment().items()}
    platforms = {*platform_tags(), "any"}
    same = all(here[key] == target.environment[key] for key in _SAME_SYSTEM)
    if target.platform_tag in platforms and same:
        return ""
    this = f"this machine is {here['platform_system']} {here['platform_machine']}"
    if not same:
        return f"{this}, the target is {target.describe().partition(', ')[2]}"
    for name in wheels:
        if name.endswith(".whl") and not _runs_on(name, platforms):
            return f"{name} is for another system than this machine's, {_newest(platforms)}"
    return ""


def _runs_on(wheel: str, platforms: set[str]) -> bool:
    return any(tag.platform in platforms for tag in parse_wheel_filename(wheel)[3])


def _newest(platforms: Iterable[str]) -> str:
    """The tag that names this platform: the newest libc's."""
    named = [one for one in platforms if one.startswith(("manylinux_", "musllinux_"))]
    return max(named, key=lambda tag: int(tag.split("_")[2]), default="not Linux")


def _is_meant(said: Mapping[str, object], target: Target) -> bool:
    version = f"{said['version']}."
    return (
        said["implementation"] == _PYTHONS[target.implementation]
        and version.startswith(f"{target.environment['python_version']}.")
        and said["free_threaded"] == target.python_tag.endswith("t")
    )


def _version(text: str) -> Version:
    try:
        return Version(text.removesuffix("+"))
    except InvalidVersion:
        return Version("0")


def _probe(path: Path, environ: Mapping[str, str]) -> dict[str, object] | None:
    """What an interpreter says; None where it does not run, as a shim of pyenv's may not."""
    done = run([path, "-c", _PROBE], Path(path.anchor), python_environ(environ), PROBE_SECONDS)
    if not done.ok:
        return None
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def python_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would change how an interpreter starts."""
    return {
        name: value
        for name, value in environ.items()
        if not name.startswith("PYTHON") and name not in ("VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    }


def _candidates(target: Target, environ: Mapping[str, str]) -> Iterator[Path]:
    minor = target.environment["python_version"]
    thread = "t" if target.python_tag.endswith("t") else ""
    yield Path(sys.executable)
    stem = {"cp": "python", "pp": "pypy"}[target.implementation]
    ending = ".exe" if str(sys.platform) == "win32" else ""
    for folder in environ.get("PATH", os.defpath).split(os.pathsep):
        for name in (f"{stem}{minor}{thread}", f"{stem}3", stem):
            yield Path(folder or ".", f"{name}{ending}")
    yield from _of_pyenv(target, minor, thread, environ)
    yield from _of_launcher(minor, environ)
    yield from _of_uv(minor, environ)


def _of_pyenv(
    target: Target, minor: str, thread: str, environ: Mapping[str, str]
) -> Iterator[Path]:
    home = environ.get("HOME") or environ.get("USERPROFILE") or "~"
    roots = [environ.get("PYENV_ROOT") or "", f"{home}/.pyenv", f"{home}/.pyenv/pyenv-win"]
    prefix = "pypy" if target.implementation == "pp" else ""
    for root in filter(None, roots):
        versions = Path(root, "versions")
        for name in (f"{prefix}{minor}.*{thread}", f"{prefix}{minor}-*{thread}"):
            yield from versions.glob(f"{name}/bin/python")
            yield from versions.glob(f"{name}/python.exe")


def _of_launcher(minor: str, environ: Mapping[str, str]) -> Iterator[Path]:
    if str(sys.platform) == "win32":
        code = "import sys; print(sys.executable)"
        done = run(["py", f"-{minor}", "-c", code], Path.cwd(), environ, PROBE_SECONDS)
        yield from (Path(line) for line in done.stdout.splitlines()[:1] if done.ok)


def _of_uv(minor: str, environ: Mapping[str, str]) -> Iterator[Path]:
    done = run(["uv", "python", "dir"], Path.cwd(), environ, PROBE_SECONDS)
    for line in done.stdout.splitlines()[:1] if done.ok else ():
        for folder in sorted(Path(line).glob(f"*-{minor}*"), reverse=True):
            yield from (folder / "bin" / "python3", folder / "bin" / "pypy3", folder / "python.exe")
