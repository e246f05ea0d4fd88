"""A log's bytes to its lines, without what a terminal, a host or a log collector put around them.

Line feeds alone count lines, as editors do; what a carriage return parts shares a line's number,
so that a message after a progress bar is seen. Reading is linear, and holds one line at a time.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

from pinfix.records import record

# Of a longer line only the beginning is read: pip lists every version of a project on one.
LONGEST: Final = 4000
_SAMPLE: Final = 4
_MOST_PREFIXES: Final = 6

# ECMA-48: control sequences (colours, cursor moves), OSC strings (titles, links), other escapes.
_ESCAPE: Final = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]?[0-~])|\x9b[0-?]*[ -/]*[@-~]"
)
# A colour whose escape character was lost on the way through a browser, or was written out.
_COLOUR_LEFT: Final = re.compile(r"(?:\\x1b|\\u001b|\\033|\\e|\^\[|␛)?\[\d{0,3}(?:;\d{1,3}){0,4}m")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ufeff]")

_DATE: Final = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
_CLOCK: Final = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_PREFIXES: Final = (
    rf"[^\t]{{1,120}}\t[^\t]{{1,120}}\t(?={_DATE})",  # gh run view --log: job, step
    rf"\[?{_DATE}\]?(?: \d\d[OE]\+?)?(?: [|>!](?= |$))?(?: |$)",  # Actions, GitLab, Railway, docker
    rf"\[{_CLOCK}\] ?",  # Vercel
    rf"{_CLOCK}(?: \|)?(?: {{1,2}}|$)",  # Vercel, Jenkins
    rf"{_MONTH} {{1,2}}\d{{1,2}},? (?:\d{{4}},? )?\d{{1,2}}:\d\d:\d\d ?[AP]M(?: {{1,2}}|\t|$)",  # Render
    rf"{_MONTH} {{1,2}}\d{{1,2}} \d\d:\d\d:\d\d [\w.-]{{1,64}} [\w.-]{{1,64}}\[\d{{1,8}}\]: ?",  # journald
    r"(?:app|heroku)\[[\w.-]{1,40}\]: ?",  # Heroku's log of a dyno
    r"remote:(?: |$)",  # git push to Heroku
    r"#\d{1,4} (?:\d{1,6}\.\d{1,4}(?: |$))?",  # BuildKit, plain
    r"\d{1,6}\.\d{1,4} (?=[^|])",  # BuildKit's last lines of a failed step
    r" ?=> => # ?",  # BuildKit on a terminal
    r'Step #\d{1,3}(?: - "[^"]{1,80}")?: ?',  # Cloud Build
    r"[A-Za-z][\w.-]{0,60} {0,30}\| ",  # compose
    r"##\[\w{1,20}\]|::(?:error|warning|group)[^:]{0,200}::",  # Azure, Actions
    r"> ?(?=-----|\$ |Collecting )",  # a quotation
)
_PREFIX: Final = re.compile("|".join(f"(?:{prefix})" for prefix in _PREFIXES))


@record
class Line:
    """What a line says, with its indentation; ``number`` is 1-based in the log as it is.

    ``lowered`` is the text in lower case, made once for all who look for words in it.
    """

    number: int
    text: str
    lowered: str


def read_lines(chunks: Iterable[bytes]) -> Iterator[Line]:
    """The lines that say something, of a log in pieces of any size."""
    for number, raw in _numbered(_decoded(chunks)):
        text = clean(raw)
        if text:
            yield Line(number, text, text.lower())


def clean(text: str) -> str:
    """A line without escapes, overwritten characters, timestamps and other prefixes."""
    if not text.isprintable():
        text = _without_controls(text)
    if "[" in text:
        text = _COLOUR_LEFT.sub("", text)
    for _ in range(_MOST_PREFIXES):
        match = _PREFIX.match(text)
        if match is None or not match[0]:
            break
        text = text[match.end() :]
    return text.rstrip()


def _without_controls(text: str) -> str:
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPE.sub("", text)
    if "\b" in text:
        kept: list[str] = []
        for character in text:
            if character != "\b":
                kept.append(character)
            elif kept:
                kept.pop()
        text = "".join(kept)
    return _CONTROL.sub("", text)


def _decoded(chunks: Iterable[bytes]) -> Iterator[str]:
    """The log's text; PowerShell redirects in UTF-16, everything else speaks UTF-8."""
    pieces = iter(chunks)
    head = b""
    for piece in pieces:
        head += piece
        if len(head) >= _SAMPLE:
            break
    decoder = codecs.getincrementaldecoder(_encoding(head[:_SAMPLE]))("replace")
    yield decoder.decode(head)
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def _encoding(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    # Without a mark: of the first two characters, one half is zero.
    if len(head) > 3 and head[1] == head[3] == 0:
        return "utf-16-le"
    if len(head) > 3 and head[0] == head[2] == 0:
        return "utf-16-be"
    return "utf-8"


def _numbered(texts: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, each cut to what is read of it."""
    number = 1
    kept = ""
    for text in texts:
        for index, piece in enumerate(text.split("\n")):
            if index:
                yield number, kept
                number += 1
                kept = ""
            *passed, rest = piece.split("\r")
            for part in passed:
                yield number, (kept + part[:LONGEST])[:LONGEST]
                kept = ""
            kept = (kept + rest[:LONGEST])[:LONGEST]
    yield number, kept
