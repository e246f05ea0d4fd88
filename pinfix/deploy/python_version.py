"""The Python that a project names: ``.python-version``, ``runtime.txt``, ``Pipfile`` and others."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from pinfix.deploy.found import Found, Note, place_of
from pinfix.deploy.project import Project, joined
from pinfix.deploy.source import Source
from pinfix.requirements.spans import MappedText, Span
from pinfix.requirements.toml_places import Path, Place, toml_places
from pinfix.targets.interpreter import NEWEST_PATCHES, OLDEST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# pyenv, uv and asdf name implementations: cpython-3.12.1, pypy3.10-7.3.12.
_WORD = re.compile(
    r"(?:c?python-?|(?P<pypy>pypy-?))?(?P<version>\d+\.\d+(?:\.\d+)?)(?P<threads>t?)(?![\w.])"
)
_RUNTIME = re.compile(r"\s*python-(?P<version>\d+\.\d+(?:\.\d+)?)\s*")


def python_of_word(word: str) -> str | None:
    """``3.12``, ``3.12.1``, ``3.13t`` or ``pp3.10`` of a word such as ``cpython-3.12.1``."""
    match = _WORD.match(word.strip())
    if match is None:
        return None
    if match["pypy"]:
        return "pp" + ".".join(match["version"].split(".")[:2])
    return match["version"] + match["threads"]


def version_files(
    project: Project, folder: str, names: tuple[str, ...] = ()
) -> Iterator[Found | Note]:
    """What the files of one folder say of Python, those of ``names`` alone, in that order."""
    for name in names or tuple(_READERS):
        source = project.source(joined(folder, name))
        if source is not None:
            yield from _READERS[name](source)


def first_version(project: Project, folder: str, *names: str) -> Found | None:
    """The first of these files that names a Python."""
    found = version_files(project, folder, names)
    return next((one for one in found if isinstance(one, Found)), None)


def requires_python(project: Project) -> tuple[Note, SpecifierSet] | None:
    """``requires-python`` of the nearest ``pyproject.toml`` that has one, and where it stands."""
    for source in project.nearest("python"):
        if not source.path.endswith("pyproject.toml"):
            continue
        place = toml_string(source, ("project", "requires-python"))
        if place is None or place.content is None:
            continue
        text = place.content.text
        try:
            specifiers = SpecifierSet(text)
        except InvalidSpecifier:
            continue
        note = Note(source.path, source.line(place.key), f"requires-python {text}")
        return note, specifiers
    return None


def pythons_of(specifiers: SpecifierSet) -> list[str]:
    """The Pythons X.Y, as far as they are known, of which a release is allowed."""
    newest = NEWEST_PATCHES["cp"]
    return [
        f"3.{minor}"
        for minor in range(OLDEST[1], max(newest) + 1)
        if any(specifiers.contains(f"3.{minor}.{patch}") for patch in range(newest[minor] + 1))
    ]


def toml_string(source: Source, path: Path) -> Place | None:
    """Where the string at ``path`` stands; None where there is none, or no TOML."""
    place = toml_values(source).get(path)
    return None if place is None or place.content is None else place


def toml_values(source: Source) -> dict[Path, Place]:
    """The values of a TOML file; none where it is not one."""
    try:
        tomllib.loads(source.text)
        return toml_places(source.text)
    except (ValueError, RecursionError):
        return {}


def _python_version(source: Source) -> Iterator[Found | Note]:
    """A version in a line (pyenv); of several, the first is the one that ``python`` is."""
    offset = 0
    for line in source.text.splitlines(keepends=True):
        word = line.partition("#")[0].strip()
        if word:
            yield _found(source, offset + line.index(word), word, f"{word} in .python-version")
            return
        offset += len(line)


def _runtime_txt(source: Source) -> Iterator[Found | Note]:
    match = _RUNTIME.fullmatch(source.text)
    if match is None:
        shown = " ".join(source.text.split())[:40]
        yield Note(source.path, 1, f"{shown!r} is no runtime, which is written python-3.12")
        return
    version, span = match["version"], Span(*match.span("version"))
    line = source.line(span.start)
    yield Found(source.path, line, f"python-{version} in runtime.txt", version, version_at=span)


def _tool_versions(source: Source) -> Iterator[Found | Note]:
    """A tool and its versions in a line (asdf), the first of which counts."""
    for match in re.finditer(r"^python[ \t]+([^\s#]+)", source.text, re.MULTILINE):
        yield _found(source, match.start(1), match[1], f"python {match[1]} in .tool-versions")
        return


def _mise(source: Source) -> Iterator[Found | Note]:
    for path in (("python",), ("python", 0), ("python", "version")):
        place = toml_string(source, ("tools", *path))
        if place is not None and place.content is not None:
            yield _of_toml(source, place.content, "python {} in mise's file")
            return


def _pipfile(source: Source) -> Iterator[Found | Note]:
    for key in ("python_full_version", "python_version"):
        place = toml_string(source, ("requires", key))
        if place is not None and place.content is not None:
            yield _of_toml(source, place.content, key + " {} in the Pipfile")
            return


def _of_toml(source: Source, content: MappedText, said: str) -> Found | Note:
    text = content.text
    span = place_of(content, 0, len(text)) or Span(0, 0)
    return _found(source, span.start, text, said.format(text))


def _found(source: Source, at: int, word: str, said: str) -> Found | Note:
    line = source.line(at)
    match = _WORD.match(word)
    python = python_of_word(word)
    if match is None or python is None:
        return Note(source.path, line, f"{word!r} is no Python that a target can be named by")
    rewritable = not match["pypy"] and source.text.startswith(word, at)
    start, end = match.span("version")
    span = Span(at + start, at + end) if rewritable else None
    return Found(source.path, line, said, python, version_at=span)


_READERS: dict[str, Callable[[Source], Iterator[Found | Note]]] = {
    ".python-version": _python_version,
    "runtime.txt": _runtime_txt,
    ".tool-versions": _tool_versions,
    "mise.toml": _mise,
    ".mise.toml": _mise,
    "Pipfile": _pipfile,
}
