"""Edits of a document: text surgery that leaves every byte outside of its span alone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from pinfix.errors import InputError
from pinfix.records import record
from pinfix.requirements.document import Document, RequirementLine, Span
from pinfix.requirements.logical import physical_lines

# White space, and continuations within it.
_GAP = r"(?:\s|\\(?=[\r\n]))*"
_CLAUSE = re.compile(rf"(?P<operator>===?)(?P<gap>{_GAP})(?P<version>[^\s,;()=*\\]+)")
_PARENTHESES = re.compile(rf"(?P<open>\({_GAP})(?P<inner>.*?)(?P<close>{_GAP}\))", re.DOTALL)
_EXTRA = re.compile(rf"(?P<lead>{_GAP})(?P<name>[^\s\\]*)(?P<trail>{_GAP})")
_CONTINUATION = re.compile(r"\\(?:\r\n|\r|\n)")
_GAP_BEFORE = re.compile(rf"{_GAP}\Z")
# The lines in which pip-compile says, below a requirement, who asked for it.
_VIA = re.compile(r"[ \t]+# via(?:[ \t].*)?")
_VIA_MORE = re.compile(r"[ \t]+#   +\S.*")


@record
class Edit:
    """``text`` in the place of what the document has at ``span``; an empty span inserts."""

    span: Span
    text: str


def apply_edits(document: Document, edits: Iterable[Edit]) -> bytes:
    """The document's bytes after all ``edits``; bytes outside of their spans stay as they are.

    Raises ValueError for edits that overlap, or two insertions in one place, and InputError where
    the file's encoding cannot write the new text.
    """
    changes = (edit for edit in edits if edit.text or edit.span.start < edit.span.end)
    ordered = sorted(changes, key=lambda edit: (edit.span.start, edit.span.end))
    for before, after in itertools.pairwise(ordered):
        if before.span.end > after.span.start or before.span == after.span:
            raise ValueError(f"overlapping edits: {before} and {after}")
    text = edited_text(document.text, 0, Span(0, len(document.text)), ordered)
    return document.data if text == document.text else _encoded(document, text)


def set_specifier(line: RequirementLine, specifier: str) -> Edit:
    """Give the requirement another specifier; an empty one takes it away.

    Where a pin replaces a pin only the version is replaced, so that the spacing stays. Parentheses
    stay. Raises ValueError for a URL or a path, which has no specifier, and InputError where an
    environment variable is in the way.
    """
    if line.url is not None or line.name_span is None:
        raise ValueError(f"{line.path}:{line.line}: {line.raw} has no place for a specifier")
    _refuse_entangled(line)
    end = (line.extras_span or line.name_span).end
    if line.specifier_span is None:
        return Edit(Span(end, end), specifier)
    if not specifier:
        return Edit(Span(end, line.specifier_span.end), "")
    return _replace_clauses(line, line.specifier_span, specifier)


def set_extras(line: RequirementLine, keep: Sequence[str]) -> Edit:
    """Drop the extras that are not in ``keep``, and the brackets when none is left.

    Order and spacing of the others stay. Raises InputError where an environment variable is in
    the way.
    """
    _refuse_entangled(line)
    if line.extras_span is None:
        end = line.span.end
        return Edit(Span(end, end), "")
    wanted = {canonicalize_name(name) for name in keep}
    brackets = line.text(line.extras_span)
    found = [_EXTRA.fullmatch(item) for item in brackets[1:-1].split(",")]
    extras = [match for match in found if match is not None]
    kept = [match for match in extras if canonicalize_name(match["name"]) in wanted]
    if not kept:
        gap = len(_gap_before(line, line.extras_span))
        return Edit(Span(line.extras_span.start - gap, line.extras_span.end), "")
    names = [match["lead"] + match["name"] + match["trail"] for match in kept]
    names[0] = extras[0]["lead"] + names[0][len(kept[0]["lead"]) :]
    names[-1] = names[-1].removesuffix(kept[-1]["trail"]) + extras[-1]["trail"]
    return Edit(line.extras_span, f"[{','.join(names)}]")


def set_name(line: RequirementLine, name: str) -> Edit:
    """Give the requirement another name. Raises ValueError for a bare URL or path."""
    if line.name_span is None:
        raise ValueError(f"{line.path}:{line.line}: {line.raw} has no name that could be changed")
    _refuse_entangled(line)
    return Edit(line.name_span, name)


def add_marker(line: RequirementLine, marker: str) -> Edit:
    """Let the requirement hold only where ``marker`` (PEP 508) does, beside its own.

    Raises ValueError for a bare URL or path, and InputError where an environment variable is in
    the way.
    """
    if line.url is not None or line.name_span is None:
        raise ValueError(f"{line.path}:{line.line}: {line.raw} has no place for a marker")
    _refuse_entangled(line)
    if line.marker_span is None:
        # Not the end of the line's span, which may lie behind a continuation.
        end = max(
            span.end for span in (line.name_span, line.extras_span, line.specifier_span) if span
        )
        return Edit(Span(end, end), f" ; {marker}")
    own = line.text(line.marker_span)
    own = f"({own})" if " or " in own else own
    return Edit(
        line.marker_span, f"{own} and ({marker})" if " or " in marker else f"{own} and {marker}"
    )


def remove_line(document: Document, line: RequirementLine) -> Edit:
    """Take the whole line away: its line end, its continuations, its comment.

    What pip-compile noted below it (``# via``) goes too.
    """
    end = line.line_span.end
    pattern = _VIA
    for following in physical_lines(document.text[end:]):
        if not pattern.fullmatch(following.body):
            break
        pattern = _VIA_MORE
        end = line.line_span.end + following.span.end
    return Edit(Span(line.line_span.start, end), "")


def replace_hashes(line: RequirementLine, hashes: Sequence[str]) -> list[Edit]:
    """Give the requirement other hashes (``algorithm:digest``), in the layout of its old ones.

    Raises InputError where an environment variable is in the way.
    """
    _refuse_entangled(line)
    if not line.hash_spans:
        text = "".join(f" --hash={value}" for value in hashes)
        end = line.span.end
        return [Edit(Span(end, end), text)] if hashes else []
    edits = []
    for span, old, new in zip(line.hash_spans, line.hashes, hashes, strict=False):
        edits.append(Edit(span, _hash_like(line.text(span), old, new)))
    for span in line.hash_spans[len(hashes) :]:
        gap = len(_gap_before(line, span))
        edits.append(Edit(Span(span.start - gap, span.end), ""))
    if more := hashes[len(line.hash_spans) :]:
        last = edits.pop()
        gap_text = _gap_before(line, line.hash_spans[-1])
        added = "".join(gap_text + _hash_like("", "", value) for value in more)
        edits.append(Edit(last.span, last.text + added))
    return edits


def copy_lines(document: Document, span: Span, edits: Iterable[Edit]) -> Edit:
    """The whole lines at ``span`` once more below themselves, with other edits."""
    text = edited_text(document.text, 0, span, edits)
    # The last line of a file may have no end.
    whole = text.endswith(("\n", "\r"))
    return Edit(Span(span.end, span.end), text if whole else document.newline + text)


def edited_text(source: str, offset: int, span: Span, edits: Iterable[Edit]) -> str:
    """What is at ``span`` after those of the edits that lie within it.

    ``source`` is the document's text from ``offset`` on.
    """
    text = source[span.start - offset : span.end - offset]
    inside = [edit for edit in edits if span.start <= edit.span.start and edit.span.end <= span.end]
    # From the last to the first; of two insertions in one place the second comes behind the other.
    ordered = sorted(inside, key=lambda edit: (edit.span.start, edit.span.end))
    for edit in reversed(ordered):
        start, end = edit.span.start - span.start, edit.span.end - span.start
        text = text[:start] + edit.text + text[end:]
    return text


def edited(line: RequirementLine, edits: Iterable[Edit]) -> str:
    """The requirement as it reads after the edits, in one line."""
    text = edited_text(line.source, line.line_span.start, line.span, edits)
    return " ".join(_CONTINUATION.sub(" ", text).split())


def append_block(document: Document, lines: Sequence[str]) -> Edit:
    """Add lines at the end of the file, with its own line ends, the last line's included."""
    end = len(document.text)
    physical = physical_lines(document.text)
    lead = ""
    if physical:
        last = physical[-1]
        if len(last.body) == last.span.end - last.span.start:
            lead = document.newline
        if last.is_continued:
            # A blank line ends the continuation that the file ends in.
            lead += document.newline
    return Edit(Span(end, end), lead + "".join(line + document.newline for line in lines))


def _encoded(document: Document, text: str) -> bytes:
    try:
        if document.bom + document.text.encode(document.encoding) == document.data:
            return document.bom + text.encode(document.encoding)
        problem = f"the encoding {document.encoding} does not write the file back as it was"
    except UnicodeEncodeError as error:
        problem = f"the encoding {document.encoding} has no {text[error.start]!r}"
    raise InputError(problem, path=document.path, hint="Save the file as UTF-8 first.")


def _refuse_entangled(line: RequirementLine) -> None:
    if line.entangled:
        raise InputError(
            "one environment variable stands for several parts of the requirement, "
            "so that no part of it can be changed alone.",
            path=line.path,
            line=line.line,
            source=line.raw,
            hint="Write the requirement out, or change the variable where it is set.",
        )


def _replace_clauses(line: RequirementLine, span: Span, specifier: str) -> Edit:
    """The clauses within a specifier's span replaced; parentheses around them stay."""
    text, start = line.text(span), span.start
    if match := _PARENTHESES.fullmatch(text):
        start += match.start("inner")
        text = match["inner"]
    old, new = _CLAUSE.fullmatch(text), _CLAUSE.fullmatch(specifier)
    if old and new and old["operator"] == new["operator"]:
        at = Span(start + old.start("version"), start + old.end("version"))
        return Edit(at, new["version"])
    if old and new:
        specifier = new["operator"] + old["gap"] + new["version"]
    return Edit(Span(start, start + len(text)), specifier)


def _gap_before(line: RequirementLine, span: Span) -> str:
    """The white space and continuations in front of ``span``, on the same logical line."""
    match = _GAP_BEFORE.search(line.source[: span.start - line.line_span.start])
    return match[0] if match else ""


def _hash_like(pattern: str, old: str, new: str) -> str:
    """``new`` spelled as ``pattern`` spells ``old``: ``--hash=…``, ``--hash …``, quoted."""
    return pattern.replace(old, new) if old and old in pattern else f"--hash={new}"
