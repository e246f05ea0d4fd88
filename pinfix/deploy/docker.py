"""The target that a Dockerfile comes to: the stage that pip installs in, and the final one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from pinfix.deploy.dockerfile import Instruction, Stage, stages
from pinfix.deploy.found import Found, Note, Question, place_of
from pinfix.deploy.images import Image, read_image
from pinfix.deploy.narrowest import family_of, has_older_libc
from pinfix.deploy.source import Source
from pinfix.requirements.spans import Span

Finding: TypeAlias = Found | Note | Question

_INSTALLS = re.compile(
    r"(?<![\w./-])(?:[\w./-]*/)?(?:pip[\d.]*|uv|poetry|pipenv|pdm|conda|micromamba)['\"]?,?\s[^&;|]*?"
    r"\b(?:install|sync)\b"
)
_SYSTEM = re.compile(
    r"\b(?:apt|apt-get|apk|dnf|microdnf|yum)\b[^&;|]*?\b(?:install|add)\b[^&;|]*?"
    r"\bpython3?(?P<minor>\.?\d+)?\b"
)
_UV_PYTHON = re.compile(r"\buv\s+python\s+install\s+(?:cpython-)?(?P<version>3\.\d+(?:\.\d+)?)")
_FROM = re.compile(r"--from=(\S+)|\bfrom=([\w.-]+)")
_MACHINES = {
    "amd64": "x86_64",
    "x86_64": "x86_64",
    "arm64": "aarch64",
    "aarch64": "aarch64",
    "386": "i686",
    "arm": "armv7l",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}


def docker_findings(
    source: Source, args: Mapping[str, str] | None = None, *, built_by: str = "", host: str = ""
) -> Iterator[Finding]:
    """What a Dockerfile comes to, with these build arguments; ``host`` is the file that names it.

    Nothing, where no stage has a Python or installs any package.
    """
    known = stages(source, args)
    if not known:
        return
    needed = _needed(known)
    installing = [number for number in needed if _installs(known, number)]
    found = []
    for number in installing or [len(known) - 1]:
        finding = _finding(source, known, number)
        if isinstance(finding, Found) and finding.python is not None:
            if built_by:
                finding = replace(
                    finding, said=f"{finding.said} ({built_by} builds by it)", host=host
                )
            found.append(finding)
        elif installing:
            yield _unknown(source, known, number)
    for agreed in _agreed(source, known, found):
        if isinstance(agreed, Found):
            yield replace(agreed, also_at=tuple(_same_python(source, known, agreed)))
        else:
            yield agreed


def _same_python(source: Source, known: Sequence[Stage], found: Found) -> Iterator[Span]:
    """Where the same Python stands in other stages, which is to stay the same."""
    for number in range(len(known)):
        other = _finding(source, known, number)
        if other is None or other.version_at in (None, found.version_at):
            continue
        if _minor(other) == _minor(found) and other.version_at is not None:
            yield other.version_at


def _agreed(source: Source, known: Sequence[Stage], found: Sequence[Found]) -> Iterator[Finding]:
    """The one target of the stages that install; a question where they or the last one differ."""
    if not found:
        return
    last = _finding(source, known, len(known) - 1)
    first, *others = found
    for other in [*others, *([last] if last is not None else [])]:
        if other.python is not None and _minor(other) != _minor(first):
            asked = "Which stage's Python runs the code?"
        elif other.platform and family_of(other.platform) != family_of(first.platform or ""):
            asked = "What is installed on one libc does not run on the other; which is meant?"
        else:
            continue
        proposed = [one.target for one in (first, other) if one.target is not None]
        yield Question((first, other), asked, tuple(dict.fromkeys(proposed)))
        return
    yield first if last is None else _on_older_libc(first, last)


def _on_older_libc(first: Found, last: Found) -> Found:
    """What is installed in one stage has to run in the last one too."""
    if not last.platform or not first.platform or not has_older_libc(last.platform, first.platform):
        return first
    said = f"{first.said}, and then {last.said}"
    return replace(first, platform=last.platform, said=said)


def _minor(found: Found) -> list[str] | None:
    return None if found.python is None else found.python.split(".")[:2]


def _finding(source: Source, known: Sequence[Stage], number: int) -> Found | None:
    """What a stage runs on, as far as it is known; None where nothing of it is."""
    chain = _chain(known, number)
    base = known[chain[-1]]
    if base.image is None:
        return None
    image = read_image(base.image.text, _machine(base))
    python, version = image.python, image.version
    for one in chain:
        if own := _own_python(known[one].instructions, image):
            python, version = own, None
    if python is None and image.platform is None:
        return None
    at = place_of(base.image, *version) if version is not None else None
    said = f"FROM {base.written}"
    if base.written != base.image.text:
        said += f" is {image.said}"
    else:
        said += image.said.removeprefix(base.image.text)
    if image.python is None and python is not None and python == image.system_python:
        said += f", whose own Python is {python}"
    if image.platform is not None and family_of(image.platform) == "musllinux":
        said += ", with musl in the place of glibc"
    return Found(source.path, base.line, said, python, image.platform, at)


def _unknown(source: Source, known: Sequence[Stage], number: int) -> Note:
    base = known[_chain(known, number)[-1]]
    if base.image is None:
        said = f"FROM {base.written} has a variable that nothing here gives a value"
    else:
        said = f"FROM {base.image.text} is no image whose Python and libc are known"
    return Note(source.path, base.line, said)


def _chain(known: Sequence[Stage], number: int) -> list[int]:
    """A stage, the one that it is made from, and so on to the one that is made from an image."""
    chain = [number]
    while (image := known[chain[-1]].image) is not None:
        earlier = _stage_named(known[: chain[-1]], image.text)
        if earlier is None:
            break
        chain.append(earlier)
    return chain


def _stage_named(known: Sequence[Stage], name: str) -> int | None:
    for number, stage in enumerate(known):
        if (stage.name or "").lower() == name.lower() or name == str(number):
            return number
    return None


def _needed(known: Sequence[Stage]) -> list[int]:
    """The stages that the last one is made from or copies from, and so on."""
    needed: list[int] = []
    waiting = [len(known) - 1]
    while waiting:
        number = waiting.pop()
        if number in needed:
            continue
        needed.append(number)
        names = [known[number].written, *_copied_from(known[number].instructions)]
        found = (_stage_named(known[:number], name) for name in names)
        waiting += [other for other in found if other is not None]
    return sorted(needed)


def _copied_from(instructions: Sequence[Instruction]) -> Iterator[str]:
    for instruction in instructions:
        if instruction.name in ("COPY", "ADD", "RUN"):
            for match in _FROM.finditer(instruction.rest.text):
                yield match[1] or match[2]


def _commands(instructions: Sequence[Instruction]) -> Iterator[str]:
    for instruction in instructions:
        if instruction.name == "RUN":
            yield instruction.rest.text
            yield from (body.text for body in instruction.heredocs)


def _installs(known: Sequence[Stage], number: int) -> bool:
    return any(_INSTALLS.search(command) for command in _commands(known[number].instructions))


def _own_python(instructions: Sequence[Instruction], image: Image) -> str | None:
    """The Python that a stage brings in itself: by the system's packages, or by uv."""
    for command in _commands(instructions):
        if match := _UV_PYTHON.search(command):
            return match["version"]
        if image.python is None and (match := _SYSTEM.search(command)):
            minor = (match["minor"] or "").lstrip(".")
            return f"3.{minor}" if minor else image.system_python
    return None


def _machine(stage: Stage) -> str:
    """The machine of ``--platform=linux/arm64``; that of most hosts where there is none."""
    parts = (stage.platform or "linux/amd64").lower().split("/")
    return _MACHINES.get(parts[1] if len(parts) > 1 else parts[0], "x86_64")
