"""Vercel: ``vercel.json``, where that has to do with Python.

It reads ``.python-version``, ``requires-python`` and the Pipfile, else has a default that moves
(3.12 in January 2026): https://vercel.com/docs/functions/runtimes/python
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace

from pinfix.deploy.docker import Finding
from pinfix.deploy.found import Found, Note, Question
from pinfix.deploy.project import Project
from pinfix.deploy.python_version import first_version, pythons_of, requires_python


def vercel_findings(project: Project) -> Iterator[Finding]:
    """What the functions run on."""
    for source in project.nearest("vercel"):
        if "@vercel/python" not in source.text and ".py" not in source.text:
            continue
        folder = posixpath.dirname(source.path)
        decides = first_version(project, folder, ".python-version", "Pipfile")
        if decides is not None:
            said = f"{decides.python}, which Vercel reads; it runs Amazon Linux"
            yield replace(decides, said=said, platform="vercel", host=source.path)
            continue
        required = requires_python(project)
        allowed = [] if required is None else pythons_of(required[1])
        if required is not None and len(allowed) == 1:
            place, python = required[0], allowed[0]
            said = f"{place.said}, which Vercel reads; it runs Amazon Linux"
            yield Found(place.path, place.line, said, python, "vercel")
            continue
        nothing = Note(source.path, 1, "Vercel, and nothing names one Python")
        asked = "Vercel's default changes (3.12 in January 2026); which is it?"
        yield Question((nothing,), asked, ("cp312-vercel",))
