"""Why a package is where it is, on one screen for a person, and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pinfix.report.words import json_text
from pinfix.report.wrapping import wrapped

if TYPE_CHECKING:
    from pinfix.evidence.why import Files, VersionStory, Why

SCHEMA = 1
SHOWN_PATHS = 8
SHOWN_RUNS = 14
_TOOLS = {
    "rust": "a Rust compiler",
    "c": "a C compiler",
    "cython": "a C compiler (Cython)",
    "fortran": "a Fortran compiler",
    "pure": "no compiler",
    "unknown": "what could not be told from its files",
}


def why_text(found: Why, after: str, *, verbose: bool = False, width: int = 100) -> str:
    """The answer; ``after`` says what pinfix would make of it, ``width`` is in columns.

    ``verbose``: every version alone.
    """
    return "".join(f"{line}\n" for line in _lines(found, after, verbose, width))


def why_json(answers: Sequence[tuple[Why, str]]) -> str:
    """The answers, one for each target, as a JSON document."""
    document = {"schema": SCHEMA, "answers": [_answer(*answer) for answer in answers]}
    return json_text(document)


def _answer(found: Why, after: str) -> dict[str, Any]:
    working = found.working
    return {
        **asdict(found),
        "after": after or None,
        "newest_working": working[0].version if working else None,
        "oldest_working": working[-1].version if working else None,
    }


def _lines(found: Why, after: str, verbose: bool, width: int) -> Iterator[str]:
    yield from wrapped("", f"{found.package} on {found.target}: {found.description}", width)
    if found.paths:
        yield ""
        yield "required by"
        yield from _paths(found, len(found.paths) if verbose else SHOWN_PATHS, width)
    if after:
        yield ""
        yield from wrapped("after pinfix: ", after, width)
    yield ""
    stories = [s for s in found.versions if verbose or not s.is_prerelease] or found.versions
    hidden = len(found.versions) - len(stories)
    left_out = f", {hidden} pre-releases left out" if hidden else ""
    yield f"versions, newest first ({len(stories)}{left_out})"
    yield from _versions(found, stories, verbose, width)
    yield ""
    yield from _ends(found)
    for files in found.files:
        yield ""
        yield from _files(files, width)


def _paths(found: Why, shown: int, width: int) -> Iterator[str]:
    for path in found.paths[:shown]:
        head, *rest = wrapped("  ", " -> ".join(path), width - 4)
        yield from (head, *(f"    {line}" for line in rest))
    more = len(found.paths) - shown
    if more > 0:
        at_least = "at least " if found.more_paths else ""
        yield f"  and in {at_least}{more} more ways (-v shows them)"


def _versions(
    found: Why, stories: Sequence[VersionStory], verbose: bool, width: int
) -> Iterator[str]:
    """A line for each run of versions of which the same can be said."""
    runs = (
        [[story] for story in stories]
        if verbose
        else [list(run) for _, run in groupby(stories, key=_kind)]
    )
    shown = runs if verbose else runs[:SHOWN_RUNS]
    notes: dict[str, int] = {}
    names = [_run_name(run) for run in shown]
    longest = max(map(len, names), default=0)
    for name, run in zip(names, shown, strict=True):
        lead = f"  {'✓' if run[0].works else '✗'} {name:<{longest}}  "
        numbers = [notes.setdefault(said, len(notes) + 1) for said in run[0].conflicts]
        marks = "".join(f" [{number}]" for number in numbers)
        asked = "  <- as written" if found.as_written in [story.version for story in run] else ""
        reason = run[0].reason.replace(found.target, "it")
        yield from wrapped(lead, f"{reason}{marks}{asked}", width)
    hidden = [story for run in runs[len(shown) :] for story in run]
    if hidden:
        works = sum(story.works for story in hidden)
        yield f"  and older ones ({len(hidden)}), of which {works or 'none'} can be installed (-v)"
    for said, number in notes.items():
        yield from wrapped(f"  [{number}] ", said, width)


def _kind(story: VersionStory) -> tuple[str, ...]:
    """What a run of versions has in common: of those that work it matters no more which wheels."""
    return ("works" if story.works else story.reason, *story.conflicts)


def _run_name(run: Sequence[VersionStory]) -> str:
    if len(run) == 1:
        return _dated(run[0])
    return f"{run[0].version} to {run[-1].version} ({len(run)})"


def _ends(found: Why) -> Iterator[str]:
    working = found.working
    if not working:
        yield "no version works on this target"
        return
    first, last = working[-1], working[0]
    yield f"first that works: {_dated(first)}; last: {_dated(last)}"


def _dated(story: VersionStory) -> str:
    return f"{story.version} ({story.date})" if story.date else story.version


def _files(files: Files, width: int) -> Iterator[str]:
    yield f"{files.version}{f' ({files.date})' if files.date else ''}"
    # Platforms with wheels for the same Pythons stand on one line.
    served: dict[str, list[str]] = {}
    for line in files.wheels:
        pythons, _, place = line.partition(" on ")
        served.setdefault(pythons, []).append(place)
    lead = "  wheels    "
    for pythons, places in served.items():
        yield from wrapped(lead, f"{pythons} on {', '.join(places)}", width)
        lead = " " * len(lead)
    if not served:
        yield f"{lead}none"
    if files.building is None:
        yield "  source    none"
        return
    needed = _TOOLS[files.building.kind]
    if files.building.optional:
        needed = f"{needed} if there is one, and does without"
    yield f"  source    building takes {needed}"
    yield f"            {files.building}"
