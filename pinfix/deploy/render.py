"""Render: ``render.yaml``. It reads PYTHON_VERSION, then ``.python-version``, else has a default.

https://render.com/docs/python-version, https://render.com/docs/blueprint-spec
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from pinfix.deploy.docker import Finding, docker_findings
from pinfix.deploy.found import Found, Note, Question, place_of
from pinfix.deploy.project import Project, joined
from pinfix.deploy.python_version import first_version, python_of_word
from pinfix.deploy.related import related
from pinfix.deploy.settings import tree_of
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node

# Of services created since 2026-02-11; 3.13.4 since 2025-06-12, 3.11.x and 3.7.10 before that.
_DEFAULT = "3.14.3"
_DEFAULT_SINCE = "2026-02-11"
_DEBIAN = "Render runs Debian with glibc 2.31 or newer"


def render_findings(project: Project) -> Iterator[Finding]:
    """What each service of the blueprint runs on that the folder has to do with."""
    for source in project.nearest("render"):
        tree = tree_of(source)
        if isinstance(tree, Note):
            yield tree
            continue
        services = [*_services(tree)]
        roots = [_root(source, service) for service in services]
        for service, root in related(services, roots, project.folder):
            runtime = (service.get("runtime") or service.get("env")).value
            if runtime == "python":
                yield from _native(project, source, tree, service, root)
            elif runtime == "docker":
                yield from _docker(project, source, service, root)


def files_of(source: Source) -> Iterator[str]:
    """The files of the services' own folders that count: Dockerfiles, and those with a Python."""
    tree = tree_of(source)
    for service in _services(tree) if isinstance(tree, Node) else ():
        root = _root(source, service)
        if (service.get("runtime") or service.get("env")).value == "docker":
            yield from _dockerfiles(service, root)
        else:
            yield from (joined(root, ".python-version"), joined(root, "runtime.txt"))


def _root(source: Source, service: Node) -> str:
    """A service's own folder; the blueprint's, which is the repository's root, where it has none."""
    return joined(posixpath.dirname(source.path), service.get("rootDir").value)


def _services(tree: Node) -> Iterator[Node]:
    yield from tree.get("services").items
    for project in tree.get("projects").items:
        for environment in project.get("environments").items:
            yield from environment.get("services").items


def _native(
    project: Project, source: Source, tree: Node, service: Node, root: str
) -> Iterator[Finding]:
    variable = _variable(tree, service)
    file = first_version(project, root, ".python-version")
    if file is None:
        file = first_version(project, posixpath.dirname(source.path), ".python-version")
    runtime = first_version(project, root, "runtime.txt")
    if runtime is not None:
        said = f"python-{runtime.python} does nothing on Render"
        yield Note(runtime.path, runtime.line, said)
    if variable is not None:
        yield from _of_variable(source, *variable, file)
    elif file is not None:
        said = f"{file.python}, which Render reads; {_DEBIAN}"
        yield replace(file, said=said, platform="render", host=source.path)
    else:
        said = (
            f"no PYTHON_VERSION, and no .python-version: Render's default, which is {_DEFAULT} for "
            f"services created since {_DEFAULT_SINCE} and older for older ones (write "
            f".python-version to be sure); {_DEBIAN}"
        )
        yield Found(source.path, service.line, said, _DEFAULT, "render")


def _of_variable(source: Source, key: Node, value: Node, file: Found | None) -> Iterator[Finding]:
    python = python_of_word(value.value)
    if python is None:
        said = "PYTHON_VERSION is not in the file"
        if value.value:
            said = f"PYTHON_VERSION {value.value} is no Python"
        yield Question((Note(source.path, key.line, said),), "Which Python is it?")
        return
    said = f"PYTHON_VERSION {python}; {_DEBIAN}"
    if python.count(".") < 2:
        said = f"PYTHON_VERSION {python}, for which Render wants X.Y.Z; {_DEBIAN}"
    mapped = value.mapped()
    at = None if mapped is None else place_of(mapped, 0, len(mapped.text))
    yield Found(source.path, value.line, said, python, "render", at, exact=True)
    if file is not None and file.python != python:
        said = f"{file.python} is not read, as PYTHON_VERSION in {source.path} comes first"
        yield Note(file.path, file.line, said)


def _variable(tree: Node, service: Node) -> tuple[Node, Node] | None:
    """The key and the value of PYTHON_VERSION, of the service or of a group that it takes."""
    for entry in service.get("envVars").items:
        group = entry.get("fromGroup").value
        if entry.get("key").value == "PYTHON_VERSION":
            return entry.get("key"), entry.get("value")
        for known in tree.get("envVarGroups").items if group else ():
            if known.get("name").value == group and (found := _variable(tree, known)):
                return found
    return None


def _docker(project: Project, source: Source, service: Node, root: str) -> Iterator[Finding]:
    paths = _dockerfiles(service, root)
    file = next((file for path in paths if (file := project.source(path))), None)
    if file is None:
        yield Note(source.path, service.line, f"is built by {paths[0]}, which is not there")
        return
    yield from docker_findings(file, built_by=f"Render ({source.path})", host=source.path)


def _dockerfiles(service: Node, root: str) -> tuple[str, str]:
    """The Dockerfile, below the service's own folder or that of the repository."""
    path = service.get("dockerfilePath").value or "Dockerfile"
    return joined(root, path), joined(path)
