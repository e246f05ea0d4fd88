"""The lines of a document that mean something, as values: requirements, options, includes."""

from __future__ import annotations

from typing import Literal, TypeAlias

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import NormalizedName
from packaging.version import InvalidVersion, Version

from pinfix.records import record
from pinfix.requirements.spans import Span

# Where a requirement begins: its file's path, and the offset in the file's text.
LinePlace: TypeAlias = tuple[str, int]


@record(kw_only=True)
class RequirementLine:
    """One requirement: a logical line of the file.

    ``line`` is the 1-based number of its first physical line, ``source`` all its physical lines as
    written, ``raw`` the requirement alone, on one line, for messages (environment variables stay
    unexpanded). ``requirement`` is None for a bare path or URL; ``name`` is then known only from
    ``#egg=`` or a wheel's file name. ``extras`` are normalised (PEP 685). ``url`` is a direct URL
    or path, as written after expansion. ``hashes`` are ``algorithm:digest`` in the file's order.

    Spans are places in the document's text: ``span`` the requirement without its options,
    ``extras_span`` with the brackets, ``specifier_span`` with parentheses if there are any,
    ``hash_spans`` each a whole ``--hash=...``, ``line_span`` all physical lines with the last
    line's end. ``entangled`` says that one environment variable stands for more than one part, so
    that no part can be changed alone. ``repaired`` says that pip refuses the line as it is written.
    """

    path: str
    line: int
    source: str
    raw: str
    requirement: Requirement | None
    name: NormalizedName | None
    extras: frozenset[str]
    specifier: SpecifierSet
    marker: Marker | None
    url: str | None
    editable: bool
    hashes: tuple[str, ...]
    span: Span
    line_span: Span
    name_span: Span | None
    extras_span: Span | None
    specifier_span: Span | None
    marker_span: Span | None
    hash_spans: tuple[Span, ...]
    comment_span: Span | None
    entangled: bool
    repaired: bool = False

    @property
    def pin(self) -> Version | str | None:
        """The version of a single ``==X`` or ``===X``; None for a wildcard and everything else.

        A string where ``===`` names what is no version (PEP 440, arbitrary equality).
        """
        if len(self.specifier) != 1:
            return None
        clause: Specifier = next(iter(self.specifier))
        if clause.operator not in ("==", "===") or clause.version.endswith(".*"):
            return None
        try:
            return Version(clause.version)
        except InvalidVersion:
            return clause.version

    @property
    def place(self) -> LinePlace:
        """What tells it from every other line, also from one beside it in an array."""
        return self.path, self.span.start

    def text(self, span: Span) -> str:
        """What the document has at ``span``, a place on this line."""
        return self.source[span.start - self.line_span.start : span.end - self.line_span.start]


@record(kw_only=True)
class OptionLine:
    """One option that pip obeys; a line of the file may give several.

    ``option`` is the canonical long name, ``value`` None for a flag. ``span`` covers both,
    ``value_span`` the value without its quotes.
    """

    path: str
    line: int
    option: str
    value: str | None
    span: Span
    value_span: Span | None
    line_span: Span
    comment_span: Span | None


@record(kw_only=True)
class IncludeLine:
    """A line that includes another file: requirements (``-r``) or constraints (``-c``).

    ``target`` is what the line names, relative to the including file.
    """

    path: str
    line: int
    kind: Literal["-r", "-c"]
    target: str
    span: Span
    target_span: Span
    line_span: Span
    comment_span: Span | None


Line = RequirementLine | OptionLine | IncludeLine
