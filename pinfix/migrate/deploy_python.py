"""Another Python in the place of a project that decides which one it is deployed with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from packaging.version import Version

from pinfix.deploy.files import kind_of
from pinfix.deploy.found import Found
from pinfix.deploy.infer import infer
from pinfix.deploy.project import Project
from pinfix.deploy.python_version import requires_python
from pinfix.deploy.source import Source, read_source
from pinfix.deploy.workflows import python_places
from pinfix.migrate.changes import Edit, Note
from pinfix.records import record
from pinfix.requirements.spans import Span
from pinfix.targets.interpreter import NEWEST_PATCHES

# A release of the image's system, which need not have images of every Python.
_RELEASED = re.compile(r"alpine3|bullseye|bookworm|buster|trixie|jammy|noble|focal")


@record
class PythonChange:
    """What to do in one file: an edit with its note, or a note alone of what is left to do."""

    path: str
    note: Note
    edit: Edit | None = None


def change_python(
    files: Mapping[str, bytes], python: str, folder: str = ""
) -> Iterator[PythonChange]:
    """The edits that make ``python``, X.Y or X.Y.Z, what the project is deployed with."""
    project = Project(files, folder)
    inference = infer(project)
    for question in inference.questions:
        for place in question.places:
            said = (
                f"{place.said}: it is open what decides, so that Python {python} is yours to write"
            )
            yield PythonChange(place.path, Note(place.line, said))
    decides = [found for found in inference.found if found.python is not None]
    # A matrix that tests on several Pythons is no place to write one into.
    tested = [found for found in decides if kind_of(found.path) == "workflow"]
    several = len({_minor(found.python or "") for found in tested}) > 1
    for found in dict.fromkeys(decides):
        if several and found in tested:
            said = f"tests on several Pythons; see that {_minor(python)} is one of them"
            yield PythonChange(found.path, Note(found.line, said))
        else:
            yield from _changed(files, found, python)
    if not tested:
        yield from _tests(files, decides, python)
    required = requires_python(project)
    if required is not None and not required[1].contains(_full(python)):
        place = required[0]
        said = f"{place.said} does not allow Python {python}"
        yield PythonChange(place.path, Note(place.line, said))


def _changed(files: Mapping[str, bytes], found: Found, python: str) -> Iterator[PythonChange]:
    source = read_source(found.path, files[found.path])
    at = found.version_at
    if at is None:
        if not _same(found.python or "", python):
            said = f"{found.said}: nothing that can be rewritten names the Python; write {python}"
            yield PythonChange(found.path, Note(found.line, said))
        return
    for place in dict.fromkeys((at, *found.also_at)):
        yield from _written(source, found, place, python)
    if kind_of(found.path) == "dockerfile" and found.python is not None:
        yield from _folders(source, _minor(found.python), _minor(python))


def _written(source: Source, found: Found, at: Span, python: str) -> Iterator[PythonChange]:
    """The edit of one place where the version stands."""
    before = source.text[at.start : at.end]
    after = _as_before(before, python, exact=found.exact)
    line = source.line(at.start)
    if before == after:
        return
    if "@sha256:" in found.said:
        said = f"Python {before} of an image that is pinned by its digest: write {after} and its digest"
        yield PythonChange(found.path, Note(line, said))
        return
    said = f"Python {before} -> {after}"
    if kind_of(found.path) == "dockerfile" and (release := _RELEASED.search(found.said)):
        said += f" (see that there is an image of it with {release[0]})"
    yield PythonChange(found.path, Note(line, said), Edit(at.start, at.end, after))


def _folders(source: Source, old: str, new: str) -> Iterator[PythonChange]:
    """Folders that have the Python in their names, such as those that stages copy."""
    for match in re.finditer(rf"(?<=[/\w])python{re.escape(old)}(?!\d)", source.text):
        if old != new:
            said = f"{match[0]} stands in a path here, which will be python{new}"
            yield PythonChange(source.path, Note(source.line(match.start()), said))


def _tests(
    files: Mapping[str, bytes], decides: Sequence[Found], python: str
) -> Iterator[PythonChange]:
    """Workflows that go on with the Python that was."""
    old = {_minor(found.python or "") for found in decides} - {_minor(python)}
    for path, data in sorted(files.items()):
        if kind_of(path) != "workflow":
            continue
        source = read_source(path, data)
        for tested, at in python_places(source):
            if _minor(tested) in old:
                said = f"tests go on with Python {tested}, and {python} is what is deployed"
                yield PythonChange(path, Note(source.line(at.start), said))


def _as_before(before: str, python: str, *, exact: bool) -> str:
    """X.Y where X.Y stood, X.Y.Z where that did; the newest known patch, if none was asked for."""
    return _full(python) if exact or before.count(".") > 1 else _minor(python)


def _full(python: str) -> str:
    version = Version(python)
    if len(version.release) > 2:
        return python
    return f"{python}.{NEWEST_PATCHES['cp'].get(version.release[1], 0)}"


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _same(one: str, other: str) -> bool:
    return one == other or (_minor(one) == _minor(other) and other.count(".") < 2)
