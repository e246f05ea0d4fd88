"""Container images by name and tag: the Python in them, and the libc beneath it.

Facts with a date are of November 2026. https://hub.docker.com/_/python: a tag without a Debian release
is that of the newest Debian of its day, 13 since August 2025, 12 before that; images that were
pulled earlier stay in caches, and a wheel for the older glibc runs on the newer one.
"""

from __future__ import annotations

import re

from pinfix.records import record
from pinfix.targets.interpreter import NEWEST_PATCHES
from pinfix.targets.presets import find_preset

# Releases of systems: glibc, or musl with "musl" before it, and the Python that the system's own
# packages are of. https://packages.debian.org/python3, https://packages.ubuntu.com/python3,
# https://pkgs.alpinelinux.org/packages?name=python3, https://docs.aws.amazon.com/linux/al2023/ug/python.html
_SYSTEMS: dict[str, tuple[str, str | None]] = {
    "debian-9": ("2_24", None),
    "debian-10": ("2_28", "3.7"),
    "debian-11": ("2_31", "3.9"),
    "debian-12": ("2_36", "3.11"),
    "debian-13": ("2_41", "3.13"),
    "ubuntu-18": ("2_27", "3.6"),
    "ubuntu-20": ("2_31", "3.8"),
    "ubuntu-22": ("2_35", "3.10"),
    "ubuntu-24": ("2_39", "3.12"),
    "ubuntu-26": ("2_43", "3.14"),
    "amazon-linux-2": ("2_26", "3.7"),
    "amazon-linux-2023": ("2_34", "3.9"),
    "rhel-8": ("2_28", "3.6"),
    "rhel-9": ("2_34", "3.9"),
    "rhel-10": ("2_39", "3.12"),
}
_ALPINE_PYTHONS = {
    13: "3.8",
    14: "3.9",
    15: "3.9",
    16: "3.10",
    17: "3.10",
    18: "3.11",
    19: "3.11",
    20: "3.12",
    21: "3.12",
    22: "3.12",
}
# The first Alpine with musl 1.2: https://alpinelinux.org/posts/Alpine-3.13.0-released.html
_FIRST_MUSL_1_2 = 13
_CODENAMES = {
    "stretch": "debian-9",
    "buster": "debian-10",
    "bullseye": "debian-11",
    "bookworm": "debian-12",
    "trixie": "debian-13",
    "bionic": "ubuntu-18",
    "focal": "ubuntu-20",
    "jammy": "ubuntu-22",
    "noble": "ubuntu-24",
    "resolute": "ubuntu-26",
}
# What an image of a system has under a tag that names no release.
_LATEST = {"debian": "debian-13", "ubuntu": "ubuntu-26", "amazonlinux": "amazon-linux-2023"}
_REDHAT = ("rockylinux", "almalinux", "centos", "ubi", "oraclelinux")

# Repositories whose tag begins with the version of Python.
_OF_PYTHON = re.compile(
    r"(?:(?:public\.ecr\.aws/docker/|mirror\.gcr\.io/|docker\.io/)?(?:library/)?python"
    r"|(?:docker\.io/)?(?:bitnami|bitnamilegacy|cimg|circleci)/python"
    r"|mcr\.microsoft\.com/(?:vscode/)?devcontainers/python)"
)
_OF_LAMBDA = re.compile(r"public\.ecr\.aws/lambda/python|amazon/aws-lambda-python")
_DISTROLESS = re.compile(r"gcr\.io/distroless/python3(?:-debian(\d+))?")
_PYPY = re.compile(r"(?:docker\.io/)?(?:library/)?pypy")
_CONDA = re.compile(r"(?:.*/)?(?:micromamba|mambaforge|miniforge3|miniconda3|anaconda3)(?:-.*)?")
# tiangolo/uvicorn-gunicorn:python3.11, ghcr.io/astral-sh/uv:python3.12-alpine, ubi9/python-312.
_NAMED_PYTHON = re.compile(r"(?<![a-z])py(?:thon)?-?(?P<version>3\.\d+(?:\.\d+)?)(?![\d.]*\d)")
_NAMED_DIGITS = re.compile(r"(?<![a-z])python-?(?P<version>3\d{1,2})(?!\d)")
_LEADING = re.compile(r"(?:\d-)?(?P<version>\d+(?:\.\d+){0,2})(?:(?:a|b|rc)\d+|-rc)?(?![\w.])")
_PARTS = re.compile(r"(?P<name>[^@]*?)(?::(?P<tag>[\w.-]+))?(?:@.*)?")
_ALPINE = re.compile(r"alpine-?(?:3\.(\d+))?")
_RELEASE = re.compile(r"(debian|ubuntu)-?(\d+)(?:\.\d+)?")


@record
class Image:
    """What is in an image, as far as its name tells: both halves of a target, None where unknown.

    ``system_python`` is that of the system's packages. ``version`` is where X.Y or X.Y.Z stands in
    the reference. ``said`` is the reference, and what of it is not written in it.
    """

    python: str | None
    platform: str | None
    said: str
    system_python: str | None = None
    version: tuple[int, int] | None = None


def read_image(reference: str, machine: str = "x86_64") -> Image:
    """Read such as ``python:3.12-slim`` or ``ghcr.io/astral-sh/uv:python3.12-alpine@sha256:…``."""
    match = _PARTS.fullmatch(reference)
    if match is None or not match["name"]:
        return Image(None, None, reference)
    name, tag = match["name"], match["tag"] or ""
    if _CONDA.fullmatch(name):
        said = f"{reference}, where conda brings the Python"
        return Image(None, _platform("debian-12", machine), said)
    if distroless := _DISTROLESS.fullmatch(name):
        release = f"debian-{distroless[1] or 12}"
        python = _SYSTEMS.get(release, ("", None))[1] if distroless[1] else None
        return Image(python, _platform(release, machine), f"{reference}, of Debian's Python")
    system = _system(name, tag)
    version = _version(name, tag, match.start("tag"))
    if version is None:
        return _without_python(reference, name, system, machine)
    python, place = version
    if _OF_LAMBDA.fullmatch(name):
        arm = machine == "aarch64" or "arm64" in tag
        return Image(python, "lambda-arm64" if arm else "lambda", reference, version=place)
    if _PYPY.fullmatch(name):
        python = f"pp{'.'.join(python.split('.')[:2])}"
    system_python = None if system is None else _python_of(system)
    said = reference + _assumed(python, place, system)
    return Image(python, _platform(system or "docker", machine), said, system_python, place)


def _version(name: str, tag: str, tag_at: int) -> tuple[str, tuple[int, int] | None] | None:
    """The Python of an image, and where it stands; that of ``python:3`` is the newest."""
    if any(known.fullmatch(name) for known in (_OF_PYTHON, _OF_LAMBDA, _PYPY)):
        match = _LEADING.match(tag)
        if match is not None and "." in match["version"]:
            start, end = match.span("version")
            return match["version"], (tag_at + start, tag_at + end)
        return f"3.{max(NEWEST_PATCHES['cp'])}", None
    match = _NAMED_PYTHON.search(tag)
    if match is not None:
        start, end = match.span("version")
        return match["version"], (tag_at + start, tag_at + end)
    match = _NAMED_PYTHON.search(name) or _NAMED_DIGITS.search(name) or _NAMED_DIGITS.search(tag)
    if match is None:
        return None
    version = match["version"]
    return (version if "." in version else f"3.{version[1:]}"), None


def _without_python(reference: str, name: str, system: str | None, machine: str) -> Image:
    if system is None:
        return Image(None, None, reference)
    return Image(None, _platform(system, machine), reference, _python_of(system))


def _assumed(python: str, place: tuple[int, int] | None, system: str | None) -> str:
    """What is known of an image beyond its name."""
    said = ""
    if place is None and python == f"3.{max(NEWEST_PATCHES['cp'])}":
        said += f" is whatever Python is newest ({python} in November 2026)"
    return said if system else f"{said}, taken for Debian 12 or newer"


def _system(name: str, tag: str) -> str | None:
    """The system's release, such as ``debian-12``, ``alpine-19`` and ``windows``."""
    words = f"{name.rpartition('/')[2]}-{tag}".lower()
    repository = name.rpartition("/")[2]
    if alpine := _ALPINE.search(words):
        return f"alpine-{alpine[1] or 99}"
    if "windowsservercore" in words or "nanoserver" in words:
        return "windows"
    for word in re.split(r"[-.]", words):
        if word in _CODENAMES:
            return _CODENAMES[word]
    if named := _RELEASE.search(words):
        return f"{named[1]}-{named[2]}"
    first = re.match(r"\d+", tag)
    if repository in _LATEST:
        if first is None:
            return _LATEST[repository]
        return f"{repository.replace('amazonlinux', 'amazon-linux')}-{first[0]}"
    # ubi9/python-312, redhat/ubi9-minimal, rockylinux:9
    if redhat := re.search(rf"(?:{'|'.join(_REDHAT)})(\d*)", name):
        release = redhat[1] or (first and first[0])
        return f"rhel-{release}" if release else None
    return None


def _python_of(system: str) -> str | None:
    name, _, release = system.rpartition("-")
    if name == "alpine":
        return _ALPINE_PYTHONS.get(int(release))
    return _SYSTEMS.get(system, ("", None))[1]


def _platform(system: str, machine: str) -> str | None:
    """The right half of a target on a system: a preset's name, where there is one."""
    if system == "windows":
        return "win_amd64"
    name, _, release = system.rpartition("-")
    if name == "alpine":
        if int(release) < _FIRST_MUSL_1_2:
            return f"musllinux_1_1_{machine}"
        presets = {"x86_64": "alpine", "aarch64": "alpine-arm64"}
        return presets.get(machine, f"musllinux_1_2_{machine}")
    if machine == "x86_64" and find_preset(system):
        return system
    glibc = _SYSTEMS["debian-12" if system == "docker" else system][0] if _known(system) else None
    return None if glibc is None else f"manylinux_{glibc}_{machine}"


def _known(system: str) -> bool:
    return system == "docker" or system in _SYSTEMS
