"""A build's log explained: what failed and why, what mends it and what does not; and as JSON. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from pinfix.buildlog.diagnosis import Diagnosis
from pinfix.report.cause import meaning, named, wrong
from pinfix.report.words import json_text
from pinfix.report.wrapping import wrapped

if TYPE_CHECKING:
    from pinfix.buildlog.findings import Built, Failure, Quote

SCHEMA: Final = 1
SHOWN: Final = 20
_INDENT: Final = "    "
_UNKNOWN_PYTHON: Final = "cp3XX"
_UNKNOWN_PLATFORM: Final = "PLATFORM"


def diagnosis_text(
    found: Diagnosis, targets: Sequence[str], options: Sequence[str] = (), width: int = 100
) -> str:
    """The diagnosis for a person.

    ``targets`` are those to fix for (see ``targets_of``), ``options`` what else belongs into the
    command, ``width`` is in columns.
    """
    return "".join(f"{line}\n" for line in _lines(found, targets, options, width))


def diagnosis_json(found: Diagnosis, targets: Sequence[str], options: Sequence[str] = ()) -> str:
    """The diagnosis as a JSON document; a place of the log is null where nothing says it."""
    host = found.host
    document = {
        "schema": SCHEMA,
        "verdict": found.verdict,
        "failures": [_failure_json(one) for one in found.failures],
        "built_from_source": [
            {**one.package._asdict(), "compiled": one.compiled, **_place(one.quote)}
            for one in found.built_from_source
        ],
        "wheels": found.wheels,
        "target": {
            "text": host.target,
            "python": host.python and {"value": host.python.value, **_place(host.python.quote)},
            "platform": host.platform
            and {"value": host.platform.value, **_place(host.platform.quote)},
            "problem": host.problem,
        },
        "false_cures": [
            {"tried": one.tried, "instead": one.instead, **_place(one.quote)}
            for one in found.false_cures
        ],
        "file": found.file,
        "command": command(found, targets, options) if found.mendable and targets else None,
    }
    return json_text(document)


def command(found: Diagnosis, targets: Sequence[str], options: Sequence[str] = ()) -> list[str]:
    """What mends it, as the words of a command."""
    words = [word for target in targets for word in ("--target", target)]
    return ["pinfix", found.file, *words, *options]


def target_so_far(found: Diagnosis) -> str:
    """The target's text, with capitals in the place of what the log does not say."""
    python, platform = found.host.python, found.host.platform
    return "-".join(
        (
            _UNKNOWN_PYTHON if python is None else python.value,
            _UNKNOWN_PLATFORM if platform is None or found.host.problem else platform.value,
        )
    )


def _lines(
    found: Diagnosis, targets: Sequence[str], options: Sequence[str], width: int
) -> Iterator[str]:
    yield from wrapped("", _headline(found), width)
    python = _python_version(found)
    for failure in found.failures[:SHOWN]:
        yield ""
        yield from _failure(failure, python, width)
    if len(found.failures) > SHOWN:
        yield f"and {len(found.failures) - SHOWN} more"
    yield from _built(found, width)
    if found.failures or found.verdict == "compiled-and-succeeded":
        yield ""
        yield from _what_mends(found, targets, options, width)
    if found.false_cures and found.failures:
        yield ""
        yield "what does not"
        for cure in found.false_cures:
            text = f"{cure.tried} (line {cure.quote.line}): {cure.instead}"
            yield from _hanging(text, width)


def _headline(found: Diagnosis) -> str:
    if found.verdict == "compiled-and-failed":
        return "What was to be built from source could not be built."
    if found.verdict == "failed-for-another-reason":
        return "Nothing was compiled; it failed for another reason."
    if found.verdict == "compiled-and-succeeded":
        count = len(found.compiled)
        built = "1 package was" if count == 1 else f"{count} packages were"
        return f"Nothing failed, but {built} built from source."
    if found.verdict == "nothing-compiled":
        came = f": {_packages(found.wheels)} came as wheels" if found.wheels else ""
        return f"Nothing was compiled{came}."
    return (
        "The log says neither that a package was built nor that one was installed. Is it the "
        "output of pip, uv or poetry, from its beginning to its end?"
    )


def _packages(count: int) -> str:
    return "1 package" if count == 1 else f"{count} packages"


def _python_version(found: Diagnosis) -> str | None:
    """The Python of the log as X.Y."""
    if found.host.python is None:
        return None
    digits = found.host.python.value.removeprefix("cp")
    return f"{digits[0]}.{digits[1:]}"


def _failure(failure: Failure, python: str | None, width: int) -> Iterator[str]:
    name = "a package" if failure.building else ""
    if failure.package is not None:
        name = named(failure.package, failure.version)
    parent = f" (required by {named(*failure.wanted_by)})" if failure.wanted_by else ""
    lead = f"{name}{parent}: " if name else ""
    yield from wrapped("", f"{lead}{wrong(failure)}", width)
    yield from _quoted(failure.quote, width)
    yield from wrapped(_INDENT, meaning(failure, python), width)


def _quoted(quote: Quote, width: int) -> Iterator[str]:
    yield from wrapped(f"{_INDENT}line {quote.line}: ", quote.text, width)


def _built(found: Diagnosis, width: int) -> Iterator[str]:
    """What was built from source, and went well."""
    if not found.built_from_source:
        return
    yield ""
    yield "built from source, and that went well" if found.failures else "built from source"
    for one in found.built_from_source[:SHOWN]:
        yield from _hanging(f"{named(*one.package)} (line {one.quote.line}){_kind(one)}", width)
    if len(found.built_from_source) > SHOWN:
        yield f"{_INDENT}and {len(found.built_from_source) - SHOWN} more"


def _kind(one: Built) -> str:
    if one.compiled is None:
        return ": the log does not say whether that took a compiler"
    return ": compiled" if one.compiled else ": plain Python, which takes no compiler"


def _what_mends(
    found: Diagnosis, targets: Sequence[str], options: Sequence[str], width: int
) -> Iterator[str]:
    if not found.mendable:
        yield from wrapped(
            "", "Other versions do not help against that: pinfix has nothing to change.", width
        )
        return
    yield "what mends it"
    yield f"{_INDENT}{shlex.join(command(found, targets or [target_so_far(found)], options))}"
    if not targets:
        yield from wrapped(_INDENT, question(found), width)
        return
    if found.host.target in targets:
        yield from _clues(found, width)


def _clues(found: Diagnosis, width: int) -> Iterator[str]:
    """What the target was read off: one line where one line of the log says both halves."""
    by_line: dict[Quote, list[str]] = {}
    for clue in (found.host.python, found.host.platform):
        if clue is not None:
            by_line.setdefault(clue.quote, []).append(clue.value)
    for quote, values in by_line.items():
        text = f"{_INDENT}{' and '.join(values)}: line {quote.line}: {quote.text}"
        yield text if len(text) <= width else f"{text[: width - 1]}…"


def question(found: Diagnosis) -> str:
    """What the log leaves open of the target, as a question."""
    if found.host.problem is not None:
        return f"{found.host.problem}: for which host is it to be mended?"
    if found.host.python is None and found.host.platform is None:
        return (
            "The log says neither which Python nor which platform it is about: add --target with "
            "both, like cp313-render or cp312-win_amd64."
        )
    if found.host.python is None:
        return f"The log does not say which Python it is about: put it for {_UNKNOWN_PYTHON}."
    return (
        "The log does not say which platform it is about: put one for PLATFORM, like manylinux, "
        "render, alpine, macosx or win_amd64."
    )


def _hanging(text: str, width: int) -> Iterator[str]:
    yield from wrapped(_INDENT, text, width)


def _failure_json(one: Failure) -> dict[str, Any]:
    return {
        "package": one.package,
        "version": one.version,
        "cause": one.cause.value,
        "detail": one.detail,
        "building": one.building,
        "wanted_by": one.wanted_by and one.wanted_by._asdict(),
        "says": wrong(one),
        **_place(one.quote),
    }


def _place(quote: Quote) -> dict[str, Any]:
    return {"line": quote.line, "quoted": quote.text}
