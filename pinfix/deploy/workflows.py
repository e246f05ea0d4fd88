"""GitHub workflows: what a project is tested on, where nothing says what it is deployed with.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax,
https://github.com/actions/setup-python, https://github.com/actions/runner-images
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from pinfix.deploy.docker import Finding
from pinfix.deploy.found import Found, Note, place_of
from pinfix.deploy.images import read_image
from pinfix.deploy.project import Project
from pinfix.deploy.python_version import first_version, python_of_word
from pinfix.deploy.settings import tree_of
from pinfix.deploy.source import Source
from pinfix.deploy.yaml_places import Node
from pinfix.requirements.spans import Span
from pinfix.targets.interpreter import NEWEST_PATCHES

_SETUP = re.compile(r"(?:actions/setup-python|astral-sh/setup-uv)(?:@.*)?")
_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_RUNNER = re.compile(r"(ubuntu|macos|windows)-(\w+?)(?:\.\d+)?(-arm|-intel|-large|-xlarge)?")
_VERSION_FILES = (".python-version", ".tool-versions")
_NEWEST = ("3", "3.x", "*")
# The last images of macOS on Intel: https://github.com/actions/runner-images#available-images
_INTEL_MACOS = {"12", "13"}


def workflow_findings(project: Project) -> Iterator[Finding]:
    """Each Python on each runner that a job sets up."""
    for source in project.workflows():
        tree = tree_of(source)
        if isinstance(tree, Note):
            yield tree
            continue
        for _, job in tree.get("jobs").pairs:
            yield from _of_job(project, source, job)


def python_places(source: Source) -> Iterator[tuple[str, Span]]:
    """Every version of Python that a workflow names, and where."""
    tree = tree_of(source)
    for _, job in tree.get("jobs").pairs if isinstance(tree, Node) else ():
        for node in _pythons(job):
            python, at = _python_at(node)
            if python is not None and at is not None:
                yield python, at


def _of_job(project: Project, source: Source, job: Node) -> Iterator[Finding]:
    for node in _pythons(job):
        python, at = _python_at(node)
        if python is None:
            yield Note(source.path, node.line, f"{node.value!r} is not one Python")
            continue
        for platform, runner in _platforms(job):
            said = f"Python {python} on {runner}, which the project is tested on"
            yield Found(source.path, node.line, said, python, platform, at)
    for step in _setups(job):
        named = step.get("with", "python-version-file").value
        file = first_version(project, "", named) if named in _VERSION_FILES else None
        if file is None:
            continue
        for platform, runner in _platforms(job):
            said = f"{file.python} on {runner}, which the project is tested on ({source.path})"
            yield replace(file, said=said, platform=platform, host=source.path)


def _setups(job: Node) -> Iterator[Node]:
    for step in job.get("steps").items:
        if _SETUP.fullmatch(step.get("uses").value):
            yield step


def _pythons(job: Node) -> Iterator[Node]:
    """The values that ``python-version`` has in a job, those of a matrix one by one."""
    for step in _setups(job):
        yield from _values(job, step.get("with", "python-version"))


def _values(job: Node, node: Node) -> Iterator[Node]:
    match = _MATRIX.fullmatch(node.value)
    if match is None:
        yield from (node,) if node.value else ()
        return
    matrix = job.get("strategy", "matrix")
    yield from (item for item in matrix.get(match[1]).items if item.value)
    for included in matrix.get("include").items:
        if value := included.get(match[1]):
            yield value


def _python_at(node: Node) -> tuple[str | None, Span | None]:
    text = node.value.strip()
    if text in _NEWEST:
        return f"3.{max(NEWEST_PATCHES['cp'])}", None
    python = python_of_word(text.removesuffix("-dev"))
    if python is None or any(character in text for character in "<>=~| \n"):
        return None, None
    mapped = node.mapped()
    start = text.find(python)
    if mapped is None or start < 0 or python.startswith("pp"):
        return python, None
    start += mapped.text.find(text)
    return python, place_of(mapped, start, start + len(python))


def _platforms(job: Node) -> Iterator[tuple[str, str]]:
    """The platforms that a job runs on, and what they are called."""
    image = job.get("container").value or job.get("container", "image").value
    if image and (platform := read_image(image).platform):
        yield platform, image
        return
    runners = [node.value for item in job.get("runs-on").items for node in _values(job, item)]
    known = [(platform, runner) for runner in runners if (platform := _platform(runner))]
    yield from dict.fromkeys(known or [("github-ubuntu", runners[0] if runners else "GitHub")])


def _platform(runner: str) -> str | None:
    match = _RUNNER.fullmatch(runner)
    if match is None:
        return None
    system, release, size = match.groups()
    if system == "windows":
        return "win_arm64" if size == "-arm" else "github-windows"
    if system == "macos":
        intel = release in _INTEL_MACOS or size == "-intel"
        version = release if release.isdigit() else "14"
        return f"macosx_{version}_0_x86_64" if intel else "github-macos"
    if size == "-arm":
        return {"22": "manylinux_2_35_aarch64"}.get(release, "manylinux_2_39_aarch64")
    return f"ubuntu-{release}" if release in ("22", "24") else "github-ubuntu"
