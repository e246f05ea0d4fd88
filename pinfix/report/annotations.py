"""A plan, or an error, as annotations of a run of GitHub Actions (workflow commands). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pinfix.errors import InputError
from pinfix.report.summary import change_phrase

if TYPE_CHECKING:
    from pinfix.errors import PinfixError
    from pinfix.planning.plan import Plan


def plan_annotations(plan: Plan, *, written: bool) -> str:
    """A notice at the line of each change, a warning where it is still to be made."""
    kind = "notice" if written else "warning"
    return "".join(f"{line}\n" for line in _of_changes(plan, kind))


def _of_changes(plan: Plan, kind: str) -> Iterator[str]:
    for change in plan.changes:
        title = f"pinfix: {change_phrase(change)}"
        yield _command(kind, f"{change.cause}: {change.reason}", change.file, change.line, title)


def error_annotation(error: PinfixError) -> str:
    """An error, at its place where it has one."""
    if isinstance(error, InputError):
        return f"{_command('error', error.problem, error.path, error.line, 'pinfix')}\n"
    return f"{_command('error', str(error), None, None, 'pinfix')}\n"


def _command(kind: str, message: str, path: str | None, line: int | None, title: str) -> str:
    properties = {"file": path, "line": line, "title": title}
    told = ",".join(f"{key}={_property(str(v))}" for key, v in properties.items() if v)
    return f"::{kind} {told}::{_data(message)}"


def _data(text: str) -> str:
    """As the runner reads it back: its own escapes for what would end the command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
