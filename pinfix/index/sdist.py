"""The static reading of a source distribution: would pip need a compiler to build it?

Bytes in, facts out. Nothing is executed and nothing is written. "pure" is said only where it is
certain; what cannot be decided is "unknown", with the reason.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import PurePosixPath
from typing import TypeAlias, cast

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pinfix.index.metadata import readable_requirements
from pinfix.index.sdist_archive import Archive, read_archive
from pinfix.index.sdist_facts import Kind, SdistFacts
from pinfix.index.sdist_requires import read_requires
from pinfix.index.sdist_setup import BuildScript, read_setup
from pinfix.records import record

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Kind", "SdistFacts", "read_sdist"]


# What setup.py says, which is read once, and only where it matters.
ReadSetup: TypeAlias = Callable[[], BuildScript]


@record
class _Verdict:
    kind: Kind
    shown_by: str
    note: str = ""
    python_below: tuple[int, int] | None = None


# Build backends (PEP 517) that only ever copy files, and those that exist to compile.
_PURE_BACKENDS = ("flit", "uv_build")
_HOOKED_BACKENDS = ("hatchling", "poetry", "pdm")
_COMPILING_BACKENDS: dict[str, Kind] = {
    "maturin": "rust",
    "setuptools_rust": "rust",
    "mesonpy": "c",
    "scikit_build_core": "c",
    "skbuild": "c",
    "sipbuild": "c",
    "py_build_cmake": "c",
    "cmeel": "c",
    "enscons": "c",
    "hpy": "c",
}
# Build requirements that nobody needs who compiles nothing.
_COMPILING_REQUIREMENTS: dict[str, Kind] = {
    "cython": "cython",
    "setuptools-rust": "rust",
    "maturin": "rust",
    "pybind11": "c",
    "nanobind": "c",
    "scikit-build": "c",
    "scikit-build-core": "c",
    "meson-python": "c",
    "cmake": "c",
    "ninja": "c",
    "cffi": "c",
    "mypy": "c",
}
_HARMLESS_HOOKS = {"vcs", "version", "requirements-txt", "fancy-pypi-readme", "sources", "metadata"}
_COMPILING_HOOKS: dict[str, Kind] = {"mypyc": "c", "cython": "cython", "cmake": "c"}
_NATIVE_SUFFIXES: dict[str, Kind] = {
    ".pyx": "cython",
    ".rs": "rust",
    ".f": "fortran",
    ".f77": "fortran",
    ".f90": "fortran",
    ".f95": "fortran",
    ".c": "c",
    ".cc": "c",
    ".cpp": "c",
    ".cxx": "c",
    ".cu": "c",
    ".mm": "c",
    ".go": "c",
}
# Folders whose sources nobody builds with the package.
_ASIDE = {"test", "tests", "testing", "doc", "docs", "example", "examples", "demo", "demos"} | {
    "benchmark",
    "benchmarks",
    "vendor",
    "templates",
}


def read_sdist(filename: str, data: bytes) -> SdistFacts:
    """Read a ``.tar.gz``, ``.tar.bz2``, ``.tar.xz`` or ``.zip`` (PEP 625, and what came before).

    Never raises: a broken or an outsized archive is of kind "unknown", with the reason.
    """
    archive = read_archive(filename, data)
    pyproject, problem = _pyproject(archive)
    system = _table(pyproject, "build-system")
    backend = str(system.get("build-backend", ""))
    build_requires = tuple(r for r in _list(system.get("requires")) if isinstance(r, str))
    names = frozenset(_names(build_requires))
    setup = cache(partial(read_setup, archive, "setup.py", names))
    has_setup = "setup.py" in archive.texts
    requires = read_requires(archive, pyproject, backend)
    if requires.dist is None and has_setup and _REQUIRES not in (archive.text("setup.cfg") or ""):
        requires = replace(requires, dist=setup().requires, source="setup.py")
    elif requires.dist is not None and requires.source.endswith("/requires.txt"):
        missing = _missing(setup().requires_missing, requires.dist) if has_setup else []
        if missing:
            source = f"{requires.source} and setup.py"
            requires = replace(requires, dist=(*requires.dist, *missing), source=source)
    verdict = _Verdict("unknown", problem)
    if not problem:
        verdict = _verdict(archive, pyproject, filename, names, setup)
    return SdistFacts(
        kind=verdict.kind,
        shown_by=verdict.shown_by,
        requires_dist=None if requires.dist is None else readable_requirements(requires.dist)[0],
        requires_from=requires.source,
        requires_python=requires.python,
        build_requires=build_requires,
        note=verdict.note,
        python_below=".".join(map(str, verdict.python_below)) if verdict.python_below else None,
    )


def _missing(listed: Sequence[str], known: Sequence[str]) -> list[str]:
    """What ``setup.py`` requires since an isolated build lacks it, and the author's did not."""
    named = set(_names(known))
    return [text for text in listed if not named.issuperset(_names([text]))]


_REQUIRES = "install_requires"


def _pyproject(archive: Archive) -> tuple[Mapping[str, object], str]:
    """The parsed ``pyproject.toml``, empty where absent, and what is wrong with it."""
    text = archive.text("pyproject.toml")
    if text is None:
        return {}, ""
    try:
        return tomllib.loads(text), ""
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        return {}, f"pyproject.toml: {error}"


def _verdict(
    archive: Archive,
    pyproject: Mapping[str, object],
    filename: str,
    requires: frozenset[str],
    setup: ReadSetup,
) -> _Verdict:
    system = _table(pyproject, "build-system")
    backend = str(system.get("build-backend", "setuptools.build_meta:__legacy__"))
    verdict = _by_backend(archive, pyproject, backend, requires, setup)
    if verdict.kind in {"pure", "unknown"} and archive.cut:
        native = _native_source(archive)
        if native:
            return _Verdict(_finer_kind(archive), native, f"the rest is unread: {archive.cut}")
        return _Verdict("unknown", f"{filename}: {archive.cut}")
    if verdict.kind == "c" and not verdict.note:
        return _Verdict(_finer_kind(archive), verdict.shown_by)
    return verdict


def _by_backend(
    archive: Archive,
    pyproject: Mapping[str, object],
    backend: str,
    requires: frozenset[str],
    setup: ReadSetup,
) -> _Verdict:
    package = backend.partition(".")[0].partition(":")[0]
    shown = f"pyproject.toml: build-backend {backend}"
    if package in _COMPILING_BACKENDS:
        return _Verdict(_COMPILING_BACKENDS[package], shown)
    if "backend-path" in _table(pyproject, "build-system"):
        verdict = _by_setuptools(archive, pyproject, requires, setup)
        known = verdict.kind not in {"pure", "unknown"}
        return verdict if known else _Verdict("unknown", f"{shown}, which is its own")
    if package == "setuptools":
        return _by_setuptools(archive, pyproject, requires, setup)
    for needed in sorted(requires & _COMPILING_REQUIREMENTS.keys()):
        return _Verdict(_COMPILING_REQUIREMENTS[needed], f"pyproject.toml: requires {needed}")
    if package.startswith(_PURE_BACKENDS):
        return _Verdict("pure", shown)
    if package.startswith(_HOOKED_BACKENDS):
        return _by_hooks(archive, pyproject, shown, requires)
    return _Verdict("unknown", f"{shown}, which pinfix does not know")


def _by_hooks(
    archive: Archive, pyproject: Mapping[str, object], shown: str, requires: frozenset[str]
) -> _Verdict:
    """Backends that copy files, unless the project hooks a program of its own in."""
    tools = _table(pyproject, "tool")
    for script in _hook_scripts(tools):
        if script in _COMPILING_HOOKS:
            return _Verdict(_COMPILING_HOOKS[script], f"pyproject.toml: build hook {script}")
        if script not in archive.texts:
            return _Verdict("unknown", f"pyproject.toml: build hook {script}")
        found = read_setup(archive, script, requires)
        verdict = _by_script(found, script)
        if verdict.kind != "pure":
            return verdict
        return _Verdict("unknown", f"{script}: a build hook that pinfix cannot read")
    return _Verdict("pure", shown)


def _hook_scripts(tools: Mapping[str, object]) -> list[str]:
    """The hooks of hatchling, Poetry and PDM: a file of the archive, or the hook's name."""
    hatch = _table(_table(tools, "hatch"), "build")
    targets = [_table(_table(hatch, "targets"), "wheel"), hatch]
    hooks = {name: hook for t in targets for name, hook in _table(t, "hooks").items()}
    scripts = [
        str(hook.get("path", "hatch_build.py")) if name == "custom" else name
        for name, hook in hooks.items()
        if isinstance(hook, dict) and name not in _HARMLESS_HOOKS
        if hook.get("enable-by-default", True)
    ]
    poetry = _table(tools, "poetry").get("build")
    if poetry:
        scripts.append(str(poetry.get("script", "")) if isinstance(poetry, dict) else str(poetry))
    pdm = _table(_table(tools, "pdm"), "build")
    scripts += [
        str(pdm[key]) for key in ("setup-script", "custom-hook", "run-setuptools") if key in pdm
    ]
    return [script for script in scripts if script]


def _by_setuptools(
    archive: Archive,
    pyproject: Mapping[str, object],
    requires: frozenset[str],
    setup: ReadSetup,
) -> _Verdict:
    tools = _table(pyproject, "tool")
    if _table(tools, "setuptools").get("ext-modules"):
        return _Verdict("c", "pyproject.toml: tool.setuptools.ext-modules")
    if "setuptools-rust" in tools:
        return _Verdict("rust", "pyproject.toml: tool.setuptools-rust")
    if "\n[extension" in (archive.text("setup.cfg") or ""):
        return _Verdict("c", "setup.cfg: an [extension] section")
    if "setup.py" not in archive.names:
        return _without_setup_py(archive, pyproject, requires)
    found = setup()
    verdict = _by_script(found, "setup.py")
    native = _native_source(archive)
    if native and verdict.kind == "unknown" and "replaces the command" in verdict.shown_by:
        return _Verdict(_finer_kind(archive), f"{verdict.shown_by} for {native}")
    if verdict.kind != "pure":
        return verdict
    for needed in sorted(requires & _COMPILING_REQUIREMENTS.keys()):
        return _Verdict(_COMPILING_REQUIREMENTS[needed], f"pyproject.toml: requires {needed}")
    if native and found.opaque:
        return _Verdict("unknown", f"{native} beside {found.opaque[0]}")
    if native:
        return replace(verdict, note=f"{native} is there, but the build leaves it")
    return verdict


def _without_setup_py(
    archive: Archive, pyproject: Mapping[str, object], requires: frozenset[str]
) -> _Verdict:
    if not pyproject and "setup.cfg" not in archive.names:
        return _Verdict("unknown", "there is neither setup.py nor pyproject.toml")
    for needed in sorted(requires & _COMPILING_REQUIREMENTS.keys()):
        return _Verdict(_COMPILING_REQUIREMENTS[needed], f"pyproject.toml: requires {needed}")
    return _Verdict("pure", "pyproject.toml: setuptools without a setup.py")


def _by_script(found: BuildScript, script: str) -> _Verdict:
    """What a build script shows: the hardest thing it builds, else its first doubt, else plain."""
    for kind in ("rust", "fortran", "cython", "c"):
        for builds, shown in found.builds:
            if builds == kind:
                note = "optional: the build falls back to plain Python" if found.optional else ""
                return _Verdict(cast("Kind", kind), shown, note)
    if found.doubts:
        return _Verdict("unknown", found.doubts[0])
    if not found.calls_setup and found.opaque:
        return _Verdict("unknown", found.opaque[0])
    note = _VARY if found.requires_vary else ""
    return _Verdict("pure", f"{script}: builds no extension", note, found.python_below)


_VARY = "setup.py requires by the Python that runs it; listed is what its author's required"


def _native_source(archive: Archive, kind: Kind | None = None) -> str | None:
    """A file of the package that only a compiler can use, of that kind; None where there is none.

    What lies in folders for tests, documentation and examples is not the package's.
    """
    for name in sorted(archive.names):
        path = PurePosixPath(name)
        found = _NATIVE_SUFFIXES.get(path.suffix.lower())
        if found and (kind is None or found == kind) and not _ASIDE.intersection(path.parts):
            return name
    return None


def _finer_kind(archive: Archive) -> Kind:
    """The hardest language among the sources of what is compiled."""
    if _native_source(archive, "fortran"):
        return "fortran"
    return "cython" if _native_source(archive, "cython") else "c"


def _names(requirements: Iterable[object]) -> Iterator[str]:
    """The normalized names of the requirements that can be read."""
    for text in requirements:
        with suppress(InvalidRequirement):
            yield canonicalize_name(Requirement(str(text)).name)


def _table(parent: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = parent.get(key)
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
