"""Which files say what a project is deployed with, by their names."""

from __future__ import annotations

import fnmatch
import posixpath
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "app.json",
    "dockerfile",
    "fly",
    "heroku.yml",
    "nixpacks",
    "procfile",
    "python",
    "railway",
    "render",
    "sam",
    "serverless",
    "vercel",
    "workflow",
]

_NAMES: dict[str, Kind] = {
    "render.yaml": "render",
    "Procfile": "procfile",
    "app.json": "app.json",
    "heroku.yml": "heroku.yml",
    "railway.toml": "railway",
    "railway.json": "railway",
    "nixpacks.toml": "nixpacks",
    "fly.toml": "fly",
    "vercel.json": "vercel",
    "serverless.yml": "serverless",
    "serverless.yaml": "serverless",
    "template.yml": "sam",
    "template.yaml": "sam",
    ".python-version": "python",
    "runtime.txt": "python",
    ".tool-versions": "python",
    "mise.toml": "python",
    ".mise.toml": "python",
    "Pipfile": "python",
    "pyproject.toml": "python",
}
NAMES = tuple(_NAMES)
WORKFLOWS = ".github/workflows"
# Docker asks for ``Dockerfile``, and takes ``dockerfile`` as well.
_DOCKERFILES = ("dockerfile", "dockerfile.*", "*.dockerfile", "containerfile")
# What stands beside a Dockerfile and is none.
_NO_DOCKERFILES = ("*.dockerignore", "*.md")


def kind_of(path: str) -> Kind | None:
    """What a file, by its path with ``/``, is to a host; None for all that says nothing of it."""
    folder, name = posixpath.split(path)
    if is_dockerfile(name):
        return "dockerfile"
    if name.endswith((".yml", ".yaml")) and f"/{folder}".endswith(f"/{WORKFLOWS}"):
        return "workflow"
    return _NAMES.get(name)


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is what Docker builds an image from."""
    lower = name.lower()
    return any(fnmatch.fnmatchcase(lower, pattern) for pattern in _DOCKERFILES) and not any(
        fnmatch.fnmatchcase(lower, pattern) for pattern in _NO_DOCKERFILES
    )
