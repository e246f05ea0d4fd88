"""The target ``host``: the interpreter that runs pinfix, asked for its own tags and markers."""

from __future__ import annotations

import sys
from typing import cast

from packaging.markers import default_environment
from packaging.tags import interpreter_name, interpreter_version, sys_tags
from packaging.version import InvalidVersion, Version

from pinfix.errors import UsageError
from pinfix.targets.target import Target, parse_target

HOST = "host"


def find_target(text: str, *, python: str | None = None) -> Target:
    """Read any target as it is typed, ``host`` included. Raises UsageError as ``parse_target``."""
    if text.strip().lower() != HOST:
        return parse_target(text, python=python)
    host = host_target()
    if python is not None and not _same_version(python, host.python_version):
        raise UsageError(
            f"--python {python} does not agree with host, which is Python {host.python_version}; "
            f"leave it out, or name the target, like cp313-manylinux"
        )
    return host


def _same_version(python: str, version: Version) -> bool:
    try:
        return Version(python) == version
    except InvalidVersion:
        return False


def host_target() -> Target:
    """The running interpreter as a target, with exactly the tags that its own pip would take."""
    markers = cast("dict[str, str]", default_environment())
    tags = tuple(sys_tags())
    free_threaded = tags[0].abi.startswith("cp") and tags[0].abi.endswith("t")
    name = f"{interpreter_name()}{interpreter_version()}{'t' if free_threaded else ''}"
    platform = _platform_tag(tags[0].platform, [tag.platform for tag in tags])
    # A development build reports such as 3.15.0a1+, which is no version of PEP 440.
    version = Version(markers["python_full_version"].removesuffix("+"))
    described = f"{markers['platform_python_implementation']} {version}, {sys.platform}"
    return Target(
        text=HOST,
        name=f"{name}-{platform}",
        implementation=interpreter_name(),
        python_version=version,
        platform_tag=platform,
        tags=tags,
        environment=markers,
        summary=f"{described} {markers['platform_machine']}, {platform} (host)",
    )


def _platform_tag(first: str, platforms: list[str]) -> str:
    """The tag that names the platform: on Linux the newest libc's, not the catch-all linux_*."""
    named = (p for p in platforms if p.startswith(("manylinux_", "musllinux_")))
    return next(named, first) if first.startswith("linux_") else first
