"""Fly.io: ``fly.toml``. It builds by a Dockerfile. https://fly.io/docs/reference/configuration/"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from pinfix.deploy.docker import Finding, docker_findings
from pinfix.deploy.found import Note
from pinfix.deploy.project import Project, joined
from pinfix.deploy.settings import setting, settings_below
from pinfix.deploy.source import Source


def fly_findings(project: Project) -> Iterator[Finding]:
    """What the app runs on."""
    for source in project.nearest("fly"):
        path = next(files_of(source))
        file = project.source(path)
        image = setting(source, "build", "image") or setting(source, "build", "builder")
        if image is not None:
            said = f"Fly.io builds by {image.value}, whose Python is not known"
            yield Note(source.path, image.line, said)
        elif file is None:
            yield Note(source.path, 1, f"Fly.io builds by {path}, which is not there")
        else:
            args = {
                name: one.value for name, one in settings_below(source, "build", "args").items()
            }
            yield from docker_findings(
                file, args, built_by=f"Fly.io ({source.path})", host=source.path
            )


def files_of(source: Source) -> Iterator[str]:
    """The Dockerfile that is built by, from the root."""
    named = setting(source, "build", "dockerfile")
    yield joined(posixpath.dirname(source.path), named.value if named else "Dockerfile")
