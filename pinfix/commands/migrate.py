"""``pinfix migrate [PATH]``: the pins, the code that they reach, and the deploy files, in one go."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pinfix.commands.completion import complete_file
from pinfix.commands.configured import configure
from pinfix.commands.options import (
    Flag,
    access_of,
    aim_of,
    cache_options,
    cutoff_option,
    fail,
    in_colour,
    index_options,
    job_of,
    policy_options,
    progress,
    python_option,
    rules_option,
    target_option,
    targets_of,
    verbosity_options,
)
from pinfix.errors import PinfixError, UsageError
from pinfix.git_tree import uncommitted
from pinfix.inputs import expand
from pinfix.matrix import make_matrix
from pinfix.migration import PARTS, ProjectText, Wanted, plan_migration
from pinfix.pip_config import read_pip_config
from pinfix.project_files import read_project
from pinfix.report.printable import printable
from pinfix.run import Job
from pinfix.source_files import read_sources
from pinfix.writing import write_files

if TYPE_CHECKING:
    from pinfix.migrate.migration import Migration
    from pinfix.network import Access
    from pinfix.planning.matrix import Cell
    from pinfix.targets.target import Target

# Where another Python is looked for that would need fewer changes.
PYTHONS = ("3.10", "3.11", "3.12", "3.13", "3.14")


@click.command()
@click.argument("path", default=".", metavar="[PATH]", shell_complete=complete_file)
@click.option("--write", is_flag=True, help="Do it; without, it is only shown.")
@click.option(
    "--only",
    "parts",
    type=click.Choice(PARTS),
    multiple=True,
    help="Only this part; repeatable.",
)
@click.option(
    "--keep",
    metavar="NAME,...",
    help="The last resort: leave only these requirements, and list the imports that would fail.",
)
@click.option(
    "--to-python",
    metavar="X.Y",
    help="Deploy on this Python instead, and write it to where the deploy files name one.",
)
@click.option(
    "--allow-dirty/--no-allow-dirty", cls=Flag, help="Write though the git tree has changes."
)
@target_option
@python_option
@rules_option
@click.option("--json", metavar="PATH|-", help="Also write what is planned as JSON; - is stdout.")
@policy_options
@index_options
@cutoff_option
@cache_options
@verbosity_options()
def migrate(path: str, **given: Any) -> None:
    """Move a project to where it installs from wheels: its pins, its code, its deploy files.

    PATH is the project's folder, or one requirements file in it. What would change is shown: the
    diff on stdout, the reasons, and what is left to you, on stderr. --write does it.
    """
    try:
        migration, better = _planned(path, given)
        if given["write"]:
            _refuse_dirty(path, migration, allowed=given["allow_dirty"])
        _deliver(migration, better, given)
    except PinfixError as error:
        fail(error)


def _planned(path: str, given: dict[str, Any]) -> tuple[Migration, str]:
    """The migration, and a sentence on a Python that would need less."""
    configuration = configure(given, [path])
    given["files"] = [path]
    aim = aim_of(given)
    targets = _on_python(aim.targets, given["to_python"])
    if not given["quiet"]:
        click.echo(aim.said, err=True, nl=False)
    files, took = expand([path])
    for sentence in took if not given["quiet"] else ():
        click.echo(sentence, err=True)
    config = read_pip_config(os.environ)
    job = job_of(given, files, targets, config, configuration.rules)
    access = access_of(given, config)
    project = aim.project or read_project([path])
    folder = _folder_of(path)
    text = ProjectText(
        folder,
        read_sources(folder),
        project.root,
        project.project.files,
        project.project.folder,
    )
    wanted = Wanted(given["parts"] or PARTS, _names(given["keep"]), given["to_python"])
    with progress(quiet=given["quiet"]) as on_event:
        migration = plan_migration(job, access, text, wanted, on_event)
        better = "" if given["to_python"] else _better(job, access, migration)
    return migration, better


def _names(keep: str | None) -> list[str] | None:
    if keep is None:
        return None
    names = [name.strip() for name in keep.split(",") if name.strip()]
    if not names:
        raise UsageError("--keep is empty; it takes names, such as fastapi,uvicorn,gunicorn")
    return names


def _on_python(targets: Sequence[Target], python: str | None) -> Sequence[Target]:
    """The targets with another Python. Raises UsageError for what is none."""
    if python is None:
        return targets
    tag = f"cp{python.replace('.', '')}"
    return targets_of([f"{tag}-{target.text.partition('-')[2]}" for target in targets], None)


def _better(job: Job, access: Access, migration: Migration) -> str:
    """Where another Python on the same platform would need fewer changes, that it would."""
    changes = len(migration.plan.changes)
    if not changes or len(job.targets) != 1:
        return ""
    (planned,) = job.targets
    every = (_on_python(job.targets, python)[0] for python in PYTHONS)
    others = [other for other in every if other.python_tag != planned.python_tag]
    contents = {**job.contents, **migration.reduced}
    made = make_matrix(replace(job, targets=others, contents=contents), access)
    best: Sequence[Cell] = made.ranked
    if not best or best[0].refusal or len(best[0].changes) >= changes:
        return ""
    python = best[0].python
    count = len(best[0].changes)
    less = "nothing would have to change" if not count else f"{count} instead of {changes} changes"
    return f"On Python {python}: {less} of the pins. --to-python {python} moves the deploy files there."


def _folder_of(path: str) -> Path:
    return Path(path) if os.path.isdir(path) else Path(path).parent


def _refuse_dirty(path: str, migration: Migration, *, allowed: bool) -> None:
    changed = [] if allowed else uncommitted(_folder_of(path), map(Path, migration.written))
    if changed:
        listed = ", ".join(changed[:5]) + (", …" if len(changed) > 5 else "")
        raise UsageError(
            f"the git tree has changes that are not committed ({listed}), and nothing was written.\n"
            "Commit or stash them, so that what is written here can be told from them and undone; "
            "--allow-dirty writes all the same."
        )


def _deliver(migration: Migration, better: str, given: Mapping[str, Any]) -> None:
    """Print what was asked for, then write it: what cannot be printed is not written either."""
    from pinfix.report.colour import coloured
    from pinfix.report.diff import unified_diff
    from pinfix.report.migration import migration_json, migration_text

    wanted = dict(migration.written) if given["write"] else {}
    if given["json"] not in (None, "-"):
        wanted[given["json"]] = migration_json(migration).encode()
    if given["json"] == "-":
        click.echo(migration_json(migration), nl=False)
    else:
        diff = unified_diff(migration)
        diff = printable(diff) if sys.stdout.isatty() else diff
        colour = in_colour(given["color"])
        click.echo(coloured(diff) if colour else diff, nl=False, color=colour)
    if not given["quiet"]:
        text = migration_text(migration, better=better, verbose=given["verbose"])
        click.echo(printable(text), err=True, nl=False)
        if migration.written and not given["write"]:
            click.echo("\nNothing was written; --write does it.", err=True)
    write_files(wanted)
