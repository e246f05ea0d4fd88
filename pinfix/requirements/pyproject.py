"""The requirements of a ``pyproject.toml`` as a document: the same lines, the same edits."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator, Mapping

from packaging.utils import canonicalize_name

from pinfix.errors import InputError
from pinfix.records import record
from pinfix.requirements.array_edits import add_requirements
from pinfix.requirements.array_line import ArrayLine, read_array_line
from pinfix.requirements.pyproject_document import Pyproject
from pinfix.requirements.refusals import Refusal, hint_for
from pinfix.requirements.toml_places import Path, Place, toml_places

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["ArrayLine", "Pyproject", "add_requirements", "parse_pyproject"]

_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")
_DEPENDENCIES: Path = ("project", "dependencies")


def parse_pyproject(data: bytes, path: str) -> Pyproject:
    """Read ``[project]`` (PEP 621) and ``[dependency-groups]`` (PEP 735) of a ``pyproject.toml``.

    ``path`` is used in messages only. The project's own name in its extras and groups
    (``project[test]``) is no requirement: its extras are read anyway. Raises InputError, with line
    and column, for what is not TOML, no requirement (PEP 508), or against those standards.
    """
    text = _decode(data, path)
    file = _read_toml(text, path)
    project = file.table(("project",))
    name = project.get("name")
    own = canonicalize_name(name) if isinstance(name, str) else None
    arrays = list(_arrays(file))
    groups = {array.table: array for array in arrays if array.path[0] == "dependency-groups"}
    includes = {table: _included(file, array, groups) for table, array in groups.items()}
    _refuse_cycles(file, groups, includes)
    lines = [line for array in arrays for line in _lines(file, array) if line.name != own]
    crlf = text.count("\r\n")
    return Pyproject(
        path=path,
        data=data,
        text=text,
        encoding="utf-8",
        bom=b"",
        newline="\r\n" if crlf * 2 > text.count("\n") else "\n",
        lines=tuple(sorted(lines, key=lambda line: line.span.start)),
        name=name if isinstance(name, str) else None,
        includes_of={table: names for table, names in includes.items() if names},
        notes=tuple(_notes(file, project)),
    )


@record
class _File:
    """The file's values, and where they stand."""

    path: str
    text: str
    data: dict[str, object]
    places: dict[Path, Place]

    def table(self, path: Path) -> dict[str, object]:
        """The table at ``path``; an empty one where there is none. Raises InputError."""
        value: object = self.data
        for depth, key in enumerate(path, start=1):
            value = value.get(str(key), {}) if isinstance(value, dict) else {}
            if not isinstance(value, dict):
                raise self.error(f"{_dotted(path[:depth])} is not a table", path[:depth])
        return value if isinstance(value, dict) else {}

    def error(self, problem: str, path: Path, hint: str | None = None) -> InputError:
        """The problem at the value of ``path``, or the nearest one around it that has a place."""
        while path and path not in self.places:
            path = path[:-1]
        return self.error_at(problem, self.places[path].key if path else 0, hint)

    def error_at(self, problem: str, offset: int, hint: str | None = None) -> InputError:
        """The problem at a place in the text."""
        start = self.text.rfind("\n", 0, offset) + 1
        return InputError(
            problem,
            path=self.path,
            line=self.text.count("\n", 0, offset) + 1,
            column=offset - start + 1,
            source=self.text[start:].partition("\n")[0].removesuffix("\r"),
            hint=hint,
        )


@record
class _Array:
    """One of the arrays that hold requirements, and what ``tomllib`` finds in it."""

    table: str
    path: Path
    items: list[object]


# -- reading the file ----------------------------------------------------------------------------


def _decode(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(
            f"the file is not UTF-8 text, which TOML is always written in: {error}",
            path=path,
            line=data.count(b"\n", 0, error.start) + 1,
            hint="Save it as UTF-8.",
        ) from None


def _read_toml(text: str, path: str) -> _File:
    if text.startswith("\ufeff"):
        raise InputError(
            "the file begins with a byte order mark, and pip does not read it",
            path=path,
            line=1,
            hint="Save it as UTF-8 without a byte order mark.",
        )
    try:
        return _File(path, text, tomllib.loads(text), toml_places(text))
    except RecursionError:
        raise InputError("values are nested too deeply to be read", path=path) from None
    except ValueError as error:
        position = _POSITION.search(str(error))
        line, column = position.groups() if position else (None, None)
        raise InputError(
            f"this is not TOML: {_POSITION.sub('', str(error))}",
            path=path,
            line=int(line) if line else text.count("\n") + 1,
            column=int(column) if column else None,
            source=text.split("\n")[int(line) - 1].removesuffix("\r") if line else None,
        ) from None


def _arrays(file: _File) -> Iterator[_Array]:
    """The arrays of requirements that the file has."""
    if "dependencies" in file.table(("project",)):
        yield _array(file, "dependencies", _DEPENDENCIES)
    for tables in (("project", "optional-dependencies"), ("dependency-groups",)):
        names: dict[str, str] = {}
        for name in file.table(tables):
            other = names.setdefault(canonicalize_name(name), name)
            if other != name:
                problem = f"{name!r} and {other!r} are one name, written in two ways"
                raise file.error(problem, (*tables, name), "Join the two lists.")
            yield _array(file, f"{tables[-1]}.{canonicalize_name(name)}", (*tables, name))


def _array(file: _File, table: str, path: Path) -> _Array:
    items = file.table(path[:-1])[str(path[-1])]
    if not isinstance(items, list):
        raise file.error(f"{_dotted(path)} is not a list of requirements", path)
    return _Array(table, path, items)


def _included(file: _File, array: _Array, groups: Collection[str]) -> tuple[str, ...]:
    """The groups that a group includes (PEP 735), and nothing but strings beside them."""
    found = []
    for number, item in enumerate(array.items):
        if not isinstance(item, dict):
            continue
        place, group = (*array.path, number), item.get("include-group")
        if len(item) != 1 or not isinstance(group, str):
            hint = "A dependency group takes strings and {include-group = NAME} (PEP 735)."
            raise file.error("this is neither a requirement nor an inclusion", place, hint)
        table = f"dependency-groups.{canonicalize_name(group)}"
        if table not in groups:
            known = ", ".join(name.partition(".")[2] for name in groups)
            raise file.error(f"there is no dependency group {group!r}", place, f"Known: {known}")
        found.append(table)
    return tuple(found)


def _refuse_cycles(
    file: _File, groups: Mapping[str, _Array], includes: Mapping[str, tuple[str, ...]]
) -> None:
    for table, array in groups.items():
        reached: set[str] = set()
        ahead = list(includes[table])
        while ahead:
            following = ahead.pop()
            if following not in reached:
                reached.add(following)
                ahead += includes[following]
        if table in reached:
            name = array.path[-1]
            raise file.error(f"the dependency group {name!r} includes itself", array.path)


def _notes(file: _File, project: Mapping[str, object]) -> Iterator[str]:
    dynamic = project.get("dynamic")
    for field in ("dependencies", "optional-dependencies"):
        if isinstance(dynamic, list) and field in dynamic and field not in project:
            yield (
                f"{file.path}: [project] {field} is dynamic: the build backend finds it elsewhere,"
                " and nothing of it is read here"
            )
    tool = file.table(("tool",))
    poetry, uv = tool.get("poetry"), tool.get("uv")
    # Beside [project] dependencies, poetry's only say where these come from.
    of_poetry = {"dependencies", "group", "dev-dependencies"} - project.keys()
    if isinstance(poetry, dict) and of_poetry & poetry.keys():
        yield f"{file.path}: the dependencies under [tool.poetry] are not read, only [project]"
    if isinstance(uv, dict) and uv.get("conflicts"):
        yield (
            f"{file.path}: [tool.uv] conflicts is not read: extras and groups are taken to be"
            " installed together"
        )


def _lines(file: _File, array: _Array) -> Iterator[ArrayLine]:
    """The requirements of one array; each string is placed, and is what ``tomllib`` read."""
    for number, item in enumerate(array.items):
        path = (*array.path, number)
        if isinstance(item, dict) and array.path[0] == "dependency-groups":
            continue
        if not isinstance(item, str):
            raise file.error("this is not a requirement: it is not a string", path)
        place = file.places.get(path)
        if place is None or place.content is None or place.content.text != item:
            raise file.error(f"the string {item!r} of {array.table} cannot be placed", path)
        try:
            yield read_array_line(file.path, file.text, array.table, place)
        except Refusal as refusal:
            raise _refused(file, place, refusal) from None


def _refused(file: _File, place: Place, refusal: Refusal) -> InputError:
    assert place.content is not None
    value = place.content.text
    position = min(refusal.position, len(value))
    offset = place.content.span(position, position).start
    return file.error_at(refusal.problem, offset, refusal.hint or hint_for(value))


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))
