"""One requirement in an array of ``pyproject.toml``: its parts with their places."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement

from pinfix.records import record
from pinfix.requirements.lines import RequirementLine
from pinfix.requirements.refusals import Refusal
from pinfix.requirements.requirement import Parts, Range, read_requirement
from pinfix.requirements.spans import MappedText, Span
from pinfix.requirements.toml_places import Place

_REST_OF_LINE = re.compile(r"[ \t]*(?P<comment>#[^\n]*?)?(?:\r?\n|\Z)")
_SPACE = re.compile(r"[ \t]*")


@record(kw_only=True)
class ArrayLine(RequirementLine):
    """One requirement: a string in an array of ``pyproject.toml``.

    ``table`` names the array: ``dependencies``, ``optional-dependencies.EXTRA`` or
    ``dependency-groups.GROUP``. ``source`` and ``line_span`` are the string with its quotes and
    its comma; whole lines, with their comment, where it has them for itself. ``span`` is what
    is between the quotes. ``entangled`` says that its name or extras are written with escapes.
    """

    table: str


def read_array_line(path: str, text: str, table: str, place: Place) -> ArrayLine:
    """The requirement that the string at ``place`` in ``text`` is.

    Raises Refusal, with a position in the string's value, for what is none (PEP 508).
    """
    content = place.content or MappedText("", ())
    parts = _read(content.text)
    stripped = content.text.strip()
    start = content.text.index(stripped)
    span = content.span(start, start + len(stripped))
    line_span, comment_span = _extent(text, place)

    def at(part: Range | None) -> Span | None:
        return content.span(*part) if part else None

    return ArrayLine(
        path=path,
        line=text.count("\n", 0, place.span.start) + 1,
        source=text[line_span.start : line_span.end],
        raw=" ".join(text[span.start : span.end].split()),
        requirement=parts.requirement,
        name=parts.name,
        extras=parts.extras,
        specifier=parts.specifier,
        marker=parts.marker,
        url=parts.url,
        editable=False,
        hashes=(),
        span=span,
        line_span=line_span,
        name_span=at(parts.name_at),
        extras_span=at(parts.extras_at),
        specifier_span=at(parts.specifier_at),
        marker_span=at(parts.marker_at),
        hash_spans=(),
        comment_span=comment_span,
        entangled=_is_escaped(content, parts.name_at) or _is_escaped(content, parts.extras_at),
        table=table,
    )


def _read(text: str) -> Parts:
    """A requirement as PEP 508 and pip both read it; nothing else is one here."""
    parts = read_requirement(text)
    if parts.requirement is None:
        raise Refusal("a path or a bare URL is no requirement here", 0, "Write it NAME @ URL")
    try:
        same = parts.requirement == Requirement(text)
    except InvalidRequirement as error:
        message = getattr(error.__cause__, "message", str(error))
        raise Refusal(f"the requirement is not valid: {message}", 0) from None
    if not same:
        hint = "Put a space in front of the semicolon."
        raise Refusal("the marker would be taken for a part of the URL", 0, hint)
    return parts


def _is_escaped(content: MappedText, part: Range | None) -> bool:
    """Whether a part is not written letter by letter, so that the edits cannot take it apart."""
    return part is not None and not all(piece.verbatim for piece in content.cut(*part).pieces)


def _extent(text: str, place: Place) -> tuple[Span, Span | None]:
    """What goes when the element goes, so that valid TOML stays, and the comment in it.

    Whole lines where it has them for itself; else the element, its comma and the space behind. An
    element owns the comma behind it, never the one in front: so any may go beside any other.
    """
    end = place.comma or place.span.end
    rest = _REST_OF_LINE.match(text, end)
    line_start = text.rfind("\n", 0, place.span.start) + 1
    if rest and not text[line_start : place.span.start].strip(" \t"):
        comment = Span(*rest.span("comment")) if rest["comment"] else None
        return Span(line_start, rest.end()), comment
    space = _SPACE.match(text, end)
    if place.comma and space and not rest:
        end = space.end()
    return Span(place.span.start, end), None
