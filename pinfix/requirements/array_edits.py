"""Requirements added to the dependencies of a ``pyproject.toml``, in the layout of the list."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from pinfix.errors import InputError
from pinfix.requirements.document import Document, RequirementLine, Span
from pinfix.requirements.edits import Edit, edited_text
from pinfix.requirements.toml_places import Path, Place, toml_places

_SPACE = re.compile(r"[ \t]*")
_DEPENDENCIES: Path = ("project", "dependencies")
_STEP = "    "


def add_requirements(
    document: Document,
    requirements: Sequence[tuple[str, str]],
    removed: Collection[RequirementLine] = (),
) -> Edit:
    """Add requirements, each below a comment with its reason, at the end of the dependencies.

    ``requirements`` are pairs of requirement (PEP 508) and reason, ``removed`` the lines that
    other edits take away at the same time. Raises InputError where ``[project] dependencies`` is
    not a list in this file.
    """
    places = toml_places(document.text)
    array = places.get(_DEPENDENCIES)
    if array is None:
        raise InputError(
            "there is no list [project] dependencies that a requirement could be added to",
            path=document.path,
            hint="Put what is needed beside the project's own dependencies into a requirements.txt"
            f" or a constraints file: {', '.join(requirement for requirement, _ in requirements)}",
        )
    last = _last_element(places)
    newline, indent = document.newline, _element_indent(document.text, array, last)
    added = "".join(
        f"{indent}# {_comment(reason)}{newline}{indent}{_quoted(requirement)},{newline}"
        for requirement, reason in requirements
    )
    if last is not None and any(_holds(line.line_span, last) for line in removed):
        last = None
    return _appended(document, array, last, added)


def copy_element(document: Document, line: RequirementLine, edits: Iterable[Edit]) -> Edit:
    """The string of a requirement once more behind itself, with other edits.

    On a line of its own where the string has one.
    """
    text = document.text
    start = max(text.rfind(quote, 0, line.span.start) for quote in "\"'")
    quote = text[start] * 3 if text[start - 2 : start + 1] == text[start] * 3 else text[start]
    start -= len(quote) - 1
    end = text.index(quote, line.span.end) + len(quote)
    copy = edited_text(text, 0, Span(start, end), edits)
    begins_line = text[:start].rstrip(" \t").endswith("\n")
    between = document.newline + _indent(text, start) if begins_line else " "
    return Edit(Span(end, end), f",{between}{copy}")


def _last_element(places: Mapping[Path, Place]) -> Place | None:
    elements = [place for path, place in places.items() if path[:-1] == _DEPENDENCIES]
    return elements[-1] if elements else None


def _holds(span: Span, place: Place) -> bool:
    return span.start <= place.span.start < span.end


def _appended(document: Document, array: Place, last: Place | None, added: str) -> Edit:
    """``added``, whole lines, in front of the array's closing bracket.

    ``last`` is the element that then stands in front of it: it gets a comma where it has none.
    """
    text, at = document.text, array.span.end - 1
    line_start = text.rfind("\n", 0, at) + 1
    has_own_line = line_start > array.span.start and not text[line_start:at].strip(" \t")
    if has_own_line:
        at = line_start
    else:
        added = document.newline + added + _indent(text, array.key)
    if last is None or last.comma:
        return Edit(Span(at, at), added)
    between = text[last.span.end : at] if has_own_line else ""
    return Edit(Span(last.span.end, at), f",{between}{added}")


def _element_indent(text: str, array: Place, last: Place | None) -> str:
    """That of the last element where it begins a line, else one step more than the key's."""
    if last is not None and "\n" in text[array.span.start : last.span.start]:
        return _indent(text, last.span.start)
    return _indent(text, array.key) + _STEP


def _indent(text: str, offset: int) -> str:
    """The white space at the start of the line that ``offset`` is on."""
    match = _SPACE.match(text, text.rfind("\n", 0, offset) + 1)
    return match[0] if match else ""


def _quoted(text: str) -> str:
    """A TOML string, a literal one where its text has what a basic one would escape."""
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    if "'" not in text:
        return f"'{text}'"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _comment(text: str) -> str:
    """In one line, and without what a TOML comment may not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
