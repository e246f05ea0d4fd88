"""One requirement as pip reads it: ``name[extras] specifier; marker``, a URL, a path, an editable.

Everything a standard defines is parsed by ``packaging``; what is left here is pip's own order of
deciding what a string is, and where its parts stand.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from dataclasses import field

from packaging.markers import InvalidMarker, Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pinfix.records import record
from pinfix.requirements import links
from pinfix.requirements.refusals import Refusal

# The parts of a string that packaging has accepted; the name is packaging's own IDENTIFIER.
_NAMED = re.compile(
    r"""[ \t]*(?P<name>\b[a-zA-Z0-9][a-zA-Z0-9._-]*\b)
        [ \t]*(?P<extras>\[[^\]]*\])?
        [ \t]*(?:@[ \t]*[^ \t]+|(?P<specifier>[^@; \t][^;]*?)?)
        [ \t]*(?:;[ \t]*(?P<marker>.*?)[ \t]*)?""",
    re.VERBOSE | re.DOTALL,
)

Range = tuple[int, int]


@record
class Parts:
    """A requirement's parts and their ranges in the string they were read from."""

    requirement: Requirement | None = None
    name: NormalizedName | None = None
    extras: frozenset[str] = frozenset()
    specifier: SpecifierSet = field(default_factory=SpecifierSet)
    marker: Marker | None = None
    url: str | None = None
    name_at: Range | None = None
    extras_at: Range | None = None
    specifier_at: Range | None = None
    marker_at: Range | None = None


def read_requirement(text: str) -> Parts:
    """Read what is not an editable. Raises Refusal for what pip refuses."""
    body, semicolon, tail = text.partition("; " if links.is_url(text) else ";")
    marker, marker_at = _read_marker(tail, len(body) + len(semicolon))
    lead = len(body) - len(body.lstrip())
    try:
        parts = _shifted(_read_unmarked(body.strip()), lead)
    except Refusal as refusal:
        raise refusal.moved(lead) from None
    if parts.requirement is not None:
        parts.requirement.marker = marker
    return dataclasses.replace(parts, marker=marker, marker_at=marker_at)


def read_editable(value: str) -> Parts:
    """Read the value of ``-e``. Raises Refusal for what pip refuses."""
    try:
        named = Requirement(value).url is not None
    except InvalidRequirement:
        named = False
    if not named:
        return _read_editable_link(value)
    parts = _read_named(value)
    if parts.url is None or (not links.is_vcs(parts.url) and not parts.url.startswith("file:")):
        raise _not_editable()
    return parts


def _read_marker(text: str, start: int) -> tuple[Marker | None, Range | None]:
    stripped = text.strip()
    if not stripped:
        return None, None
    start += len(text) - len(text.lstrip())
    try:
        return Marker(stripped), (start, start + len(stripped))
    except InvalidMarker as error:
        raise _syntax(error, stripped, "the environment marker").moved(start) from None


def _read_unmarked(text: str) -> Parts:
    if links.is_url(text):
        return _read_link(text)
    path, brackets = links.split_extras(text)
    extras = links.extras_of(brackets)
    if links.is_archive(posixpath.normpath(path)) and not _is_named_reference(text):
        return _read_path(path, text, extras)
    try:
        parts = _read_named(text)
    except Refusal:
        if links.looks_like_path(text) and links.may_be_directory(path):
            return _read_path(path, text, extras)
        raise
    return dataclasses.replace(parts, extras=extras) if extras else parts


def _is_named_reference(text: str) -> bool:
    before, at, _ = text.partition("@")
    return bool(at) and not links.looks_like_path(before)


def _read_named(text: str) -> Parts:
    try:
        requirement = Requirement(text)
    except InvalidRequirement as error:
        raise _syntax(error, text, "the requirement") from None
    if requirement.url:
        links.check_link(requirement.url)
    match = _NAMED.fullmatch(text)
    if match is None:  # packaging took it, so this cannot be
        raise Refusal("the parts of the requirement cannot be told apart", 0)
    return Parts(
        requirement=requirement,
        name=canonicalize_name(requirement.name),
        extras=frozenset(canonicalize_name(extra) for extra in requirement.extras),
        specifier=requirement.specifier,
        marker=requirement.marker,
        url=requirement.url,
        name_at=match.span("name"),
        extras_at=match.span("extras") if match["extras"] else None,
        specifier_at=match.span("specifier") if match["specifier"] else None,
        marker_at=match.span("marker") if match["marker"] else None,
    )


def _read_link(url: str) -> Parts:
    egg = links.check_link(url)
    return Parts(name=links.wheel_name(url) or egg, url=url)


def _read_path(path: str, text: str, extras: frozenset[str]) -> Parts:
    extras_at = (text.rindex("["), len(text)) if extras else None
    return Parts(name=links.wheel_name(path), url=path, extras=extras, extras_at=extras_at)


def _read_editable_link(value: str) -> Parts:
    path, brackets = links.split_extras(value)
    if path.lower().startswith("file:"):
        extras = links.extras_of(brackets)
        return dataclasses.replace(_read_path(path, value, extras), name=links.check_link(path))
    url = links.with_vcs_prefix(value)
    name = links.check_link(url)
    if links.is_vcs(url):
        if name is None:
            hint = 'Name the project: -e "NAME @ URL"'
            raise Refusal("an editable repository needs the name of its project", 0, hint)
        return Parts(name=name, url=url)
    if links.is_url(value) or not links.may_be_directory(path):
        raise _not_editable()
    return Parts(
        url=path,
        extras=(extras := links.extras_of(brackets)),
        extras_at=((value.rindex("["), len(value)) if extras else None),
    )


def _not_editable() -> Refusal:
    return Refusal(
        "this is neither a local path nor a repository, so it cannot be editable",
        0,
        "An editable is a local path or a repository's URL (git+https://…, hg+…, svn+…, bzr+…).",
    )


def _syntax(error: ValueError, text: str, what: str) -> Refusal:
    """Packaging's error as a sentence with its place."""
    cause = error.__cause__
    message = str(getattr(cause, "message", error))
    _, position = getattr(cause, "span", (0, 0))
    return Refusal(f"{what} is not valid: {message}", min(position, len(text)))


def _shifted(parts: Parts, distance: int) -> Parts:
    if not distance:
        return parts

    def moved(at: Range | None) -> Range | None:
        return (at[0] + distance, at[1] + distance) if at else None

    return dataclasses.replace(
        parts,
        name_at=moved(parts.name_at),
        extras_at=moved(parts.extras_at),
        specifier_at=moved(parts.specifier_at),
        marker_at=moved(parts.marker_at),
    )
