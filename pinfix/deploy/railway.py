"""Railway: ``railway.toml``, ``railway.json``, ``nixpacks.toml``.

Where there is a Dockerfile it decides; else Nixpacks or its successor Railpack looks for a Python.
https://docs.railway.com/reference/config-as-code, https://nixpacks.com/docs/providers/python,
https://railpack.com/languages/python
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from pinfix.deploy.docker import Finding, docker_findings
from pinfix.deploy.found import Found, Note, Question, place_of
from pinfix.deploy.project import Project, joined
from pinfix.deploy.python_version import first_version, python_of_word, toml_values
from pinfix.deploy.settings import Setting, setting
from pinfix.deploy.source import Source
from pinfix.requirements.spans import Span

_NIXPACKS = (".python-version", "runtime.txt", ".tool-versions")
_RAILPACK = (
    ".python-version",
    ".tool-versions",
    "mise.toml",
    ".mise.toml",
    "runtime.txt",
    "Pipfile",
)
_NIX_PACKAGE = re.compile(r"python3(\d{1,2})(?:Full)?")


def railway_findings(project: Project) -> Iterator[Finding]:
    """What the service runs on."""
    configured = project.nearest("railway")
    nixpacks = project.nearest("nixpacks")
    if not configured and not nixpacks:
        return
    source = (configured or nixpacks)[0]
    folder = posixpath.dirname(source.path)
    builder = _builder(configured)
    docker = joined(folder, _dockerfile(source) or "Dockerfile")
    file = project.source(docker)
    if builder in ("DOCKERFILE", "") and file is not None:
        yield from docker_findings(file, built_by=f"Railway ({source.path})", host=source.path)
        return
    if builder == "DOCKERFILE":
        yield Note(source.path, 1, f"is built by {docker}, which is not there")
        return
    by_nix = builder == "NIXPACKS" or bool(nixpacks)
    for found in _nixpacks_python(nixpacks):
        yield found
        return
    name = "Nixpacks" if by_nix else "Railpack"
    decides = first_version(project, folder, *(_NIXPACKS if by_nix else _RAILPACK))
    if decides is not None:
        said = f"{decides.python}, which {name} reads ({source.path}); Railway runs glibc 2.35 or newer"
        yield replace(decides, said=said, platform="railway", host=source.path)
        return
    nothing = Note(source.path, 1, f"Railway builds by {name}, and nothing names a Python")
    default = "3.11" if by_nix else "3.13"
    asked = f"{name}'s default changes ({default} in 2025); which is it? (A .python-version tells Railway, too.)"
    yield Question((nothing,), asked, (f"cp{default.replace('.', '')}-railway",))


def files_of(source: Source) -> Iterator[str]:
    """The Dockerfile that the configuration names, from the root."""
    if path := _dockerfile(source):
        yield joined(posixpath.dirname(source.path), path)


def _builder(configured: list[Source]) -> str:
    found = setting(configured[0], "build", "builder") if configured else None
    return found.value.upper() if found else ""


def _dockerfile(source: Source) -> str:
    found = setting(source, "build", "dockerfilePath")
    return found.value if found else ""


def _nixpacks_python(sources: list[Source]) -> Iterator[Found]:
    """A Python that ``nixpacks.toml`` itself names: as a variable, or as a package of Nix."""
    for source in sources:
        variable = setting(source, "variables", "NIXPACKS_PYTHON_VERSION")
        if variable is not None and (python := python_of_word(variable.value)):
            said = f"NIXPACKS_PYTHON_VERSION {python}; Railway runs glibc 2.35 or newer"
            at = _whole(variable)
            yield Found(source.path, variable.line, said, python, "railway", at)
        for path, place in toml_values(source).items():
            text = place.content.text if place.content is not None else ""
            match = _NIX_PACKAGE.fullmatch(text)
            if match is not None and "nixPkgs" in path:
                said = f"{text} of Nix; Railway runs glibc 2.35 or newer"
                line = source.line(place.span.start)
                yield Found(source.path, line, said, f"3.{match[1]}", "railway")


def _whole(found: Setting) -> Span | None:
    return None if found.mapped is None else place_of(found.mapped, 0, len(found.value))
