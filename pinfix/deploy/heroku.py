"""Heroku: ``Procfile``, ``app.json``, ``heroku.yml``.

It reads ``runtime.txt`` (deprecated since 2025-02-06), then ``.python-version``, else has a default
that moves: https://devcenter.heroku.com/articles/python-runtimes,
https://devcenter.heroku.com/changelog-items/3141
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from pinfix.deploy.docker import Finding, docker_findings
from pinfix.deploy.found import Note, Question
from pinfix.deploy.project import Project, joined
from pinfix.deploy.python_version import first_version
from pinfix.deploy.settings import setting, tree_of
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node
from pinfix.targets.presets import find_preset

_DOCKER_STACK = "container"


def heroku_findings(project: Project) -> Iterator[Finding]:
    """What the app runs on."""
    if images := project.nearest("heroku.yml"):
        yield from _containers(project, images[0])
        return
    processes, stack = project.nearest("procfile"), ""
    place = (processes[0].path, 1) if processes else None
    for app in project.nearest("app.json"):
        if named := setting(app, "stack"):
            place, stack = (app.path, named.line), named.value
    if place is None or stack == _DOCKER_STACK:
        return
    preset = stack if stack and find_preset(stack) else "heroku"
    folder, name = posixpath.split(place[0])
    on = f"Heroku ({name})" + (f", stack {stack}" if stack else "")
    yield from _native(project, folder, on, preset, Note(*place, f"{on} and no Python"))


def files_of(source: Source) -> Iterator[str]:
    """The Dockerfiles that ``heroku.yml`` names, from the root."""
    tree = tree_of(source)
    if isinstance(tree, Node):
        for _, image in tree.get("build", "docker").pairs:
            path = image.value or image.get("dockerfile").value
            yield joined(posixpath.dirname(source.path), path or "Dockerfile")


def _native(
    project: Project, folder: str, on: str, preset: str, nothing: Note
) -> Iterator[Finding]:
    runtime = first_version(project, folder, "runtime.txt")
    file = first_version(project, folder, ".python-version")
    decides = runtime or file or first_version(project, folder, "Pipfile")
    if decides is None and project.nearest("dockerfile"):
        return  # Dokku, Railway and others read a Procfile beside a Dockerfile
    if decides is None:
        asked = (
            "Heroku's default Python changes with the year, and an app keeps its first; which is "
            "it? (A .python-version tells Heroku, too.)"
        )
        yield Question((nothing,), asked, (f"cp313-{preset}",))
        return
    said = f"{decides.python}, which {on} reads"
    if decides is runtime:
        said = (
            f"python-{decides.python}, which {on} still reads; .python-version is to take its place"
        )
    yield replace(decides, said=said, platform=preset, host=nothing.path)
    if runtime is not None and file is not None and runtime.python != file.python:
        said = f"{file.python} is not read on Heroku, as runtime.txt comes first"
        yield Note(file.path, file.line, said)


def _containers(project: Project, source: Source) -> Iterator[Finding]:
    tree = tree_of(source)
    if isinstance(tree, Note):
        yield tree
        return
    args = {key.value: value.value for key, value in tree.get("build", "config").pairs}
    for path in dict.fromkeys(files_of(source)):
        file = project.source(path)
        if file is None:
            yield Note(source.path, 1, f"builds by {path}, which is not there")
        else:
            yield from docker_findings(
                file, args, built_by=f"Heroku ({source.path})", host=source.path
            )
