"""A migration as sentences: what is done to pins, code and deploy files, and what is left to do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pinfix.report.plan_json import plan_dict
from pinfix.report.summary import summary
from pinfix.report.words import count, json_text

if TYPE_CHECKING:
    from pinfix.migrate.changes import FileMigration, Note
    from pinfix.migrate.migration import Migration

SCHEMA = 1


def migration_text(migration: Migration, *, better: str = "", verbose: bool = False) -> str:
    """What is done and what is left, by part; ``better`` is a target that would need less."""
    return "".join(f"{line}\n" for line in _lines(migration, better, verbose))


def migration_json(migration: Migration) -> str:
    """The same as a JSON document."""
    document = {
        "schema": SCHEMA,
        "pins": plan_dict(migration.plan),
        "code": [_file(file) for file in migration.code],
        "deploy": [_file(file) for file in migration.deploy],
        "left_out": list(migration.left_out),
        "lost_imports": [
            {
                "file": lost.found.path,
                "line": lost.found.line,
                "module": lost.found.module,
                "package": lost.package,
                "optional": lost.found.optional,
            }
            for lost in migration.lost
        ],
    }
    return json_text(document)


def _lines(migration: Migration, better: str, verbose: bool) -> Iterator[str]:
    yield from summary(migration.plan, verbose=verbose).splitlines()
    for part, files in (("code", migration.code), ("deploy files", migration.deploy)):
        if files:
            yield ""
            yield from _part(part, files)
    if migration.left_out:
        yield ""
        yield f"left out: {', '.join(migration.left_out)}"
    if migration.lost:
        yield ""
        yield "imports that would fail"
        for lost in migration.lost:
            spared = ", where the code does without" if lost.found.optional else ""
            place = f"{lost.found.path}:{lost.found.line}"
            yield f"  {place}: {lost.found.module} (of {lost.package}){spared}"
    if better:
        yield ""
        yield better


def _part(part: str, files: Sequence[FileMigration]) -> Iterator[str]:
    done, todo = sum(len(f.done) for f in files), sum(len(f.todo) for f in files)
    left = f", {count(todo, 'place')} left to you" if todo else ""
    yield f"{part}: {count(done, 'change')} in {count(sum(f.changed for f in files), 'file')}{left}"
    for file in files:
        notes: list[tuple[Note, str]] = [(note, "") for note in file.done]
        notes += [(note, "TO DO: ") for note in file.todo]
        for note, mark in sorted(notes):
            yield f"  {file.path}:{note.line}: {mark}{note.said}"


def _file(file: FileMigration) -> dict[str, Any]:
    return {
        "file": file.path,
        "changed": file.changed,
        "done": [{"line": note.line, "said": note.said} for note in file.done],
        "todo": [{"line": note.line, "said": note.said} for note in file.todo],
    }
