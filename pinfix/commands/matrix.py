"""``pinfix matrix FILE...``: what would change on which Python and platform."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from pinfix.commands.completion import complete_target
from pinfix.commands.configured import configure, require_files
from pinfix.commands.options import (
    access_of,
    cache_options,
    cutoff_option,
    files_argument,
    in_colour,
    index_options,
    job_of,
    one_target_policy_options,
    progress,
    python_option,
    rules_option,
    targets_of,
    verbosity_options,
)
from pinfix.errors import PinfixError, UsageError
from pinfix.inputs import expand
from pinfix.matrix import make_matrix
from pinfix.pip_config import read_pip_config
from pinfix.report.printable import printable
from pinfix.run import Job
from pinfix.targets.interpreter import parse_interpreter
from pinfix.writing import write_files

if TYPE_CHECKING:
    from pinfix.configuration import Configuration
    from pinfix.pip_config import PipConfig
    from pinfix.planning.matrix import Matrix
    from pinfix.targets.target import Target

PYTHONS = "3.9,3.10,3.11,3.12,3.13,3.14"
PLATFORMS = "manylinux,musllinux,macosx,win_amd64"
MIN_WIDTH = 40

EXIT_CODES = """\b
Exit codes:
  0  there is a matrix, also when targets have no solution
  2  bad input or usage
  4  the index could not be reached, or answered nonsense
"""


@click.command(epilog=EXIT_CODES)
@files_argument
@click.option(
    "--pythons",
    metavar="X.Y,...",
    help=f"The rows: Pythons, such as 3.13, 3.13t or pp311.  [default: {PYTHONS}]",
)
@click.option(
    "--platforms",
    metavar="NAME,...",
    help=f"The columns: platforms and presets, such as alpine.  [default: {PLATFORMS}]",
)
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TAG,...",
    shell_complete=complete_target,
    help="Only these targets, such as cp313-render, in place of rows and columns; repeatable.",
)
@python_option
@rules_option
@click.option("--suggest", is_flag=True, help="Rank the targets: the fewest changes first.")
@click.option("--json", metavar="PATH|-", help="Also write the matrix as JSON; - is stdout.")
@click.option("--html", metavar="FILE", help="Also write it as a page that needs nothing else.")
@one_target_policy_options
@index_options
@cutoff_option
@cache_options
@verbosity_options("No warnings.", "The reason for every change.", "the table")
@click.pass_context
def matrix(ctx: click.Context, /, **given: Any) -> None:
    """Show what would change in FILE... on which Python and platform.

    Each target is planned by itself, as pinfix FILE... --target TAG would; FILE... stay as they
    are. Below the numbers stands what becomes of each requirement.
    """
    _check_places(given)
    try:
        # What is configured to be deployed on is no answer to where one could.
        configuration = configure(given, but=("targets", "python"))
        require_files(given["files"])
        _check_places(given)
        config = read_pip_config(os.environ)
        job = _job(given, config, configuration)
        access = access_of(given, config)
        with progress(quiet=given["quiet"]) as on_event:
            made = make_matrix(job, access, on_event)
        _deliver(made, given)
    except PinfixError as error:
        _deliver_error(error, given)
        ctx.exit(error.exit_code)


def _job(given: dict[str, Any], config: PipConfig, configuration: Configuration) -> Job:
    targets = _targets(given)
    files, took = expand(given["files"])
    for sentence in took if not given["quiet"] else ():
        click.echo(printable(sentence), err=True)
    return job_of(given, files, targets, config, configuration.rules)


def _targets(given: dict[str, Any]) -> Sequence[Target]:
    """Every Python on every platform, or what was named. Raises UsageError."""
    if given["targets"]:
        if given["pythons"] is not None or given["platforms"] is not None:
            raise UsageError("--target names targets one by one: without --pythons and --platforms")
        return targets_of(given["targets"], given["python"])
    pythons = _words(given["pythons"], PYTHONS, "--pythons")
    platforms = _words(given["platforms"], PLATFORMS, "--platforms")
    tags = [parse_interpreter(python.lower()).name for python in pythons]
    names = [f"{tag}-{platform}" for tag in tags for platform in platforms]
    return targets_of(names, given["python"])


def _words(text: str | None, default: str, option: str) -> list[str]:
    words = [word.strip() for word in (default if text is None else text).split(",")]
    named = [word for word in words if word]
    if not named:
        raise UsageError(f"{option} is empty; it takes names with commas, like {default}")
    return named


def _deliver(made: Matrix, given: dict[str, Any]) -> None:
    """Write and print what was asked for."""
    from pinfix.report.matrix_json import matrix_json
    from pinfix.report.matrix_table import MARKS, PLAIN_MARKS, Look, matrix_table

    wanted: dict[str, bytes] = {}
    if given["json"] not in (None, "-"):
        wanted[given["json"]] = matrix_json(made).encode()
    if given["html"] is not None:
        from pinfix.report.matrix_html import matrix_html

        wanted[given["html"]] = matrix_html(made).encode()
    write_files(wanted)
    if given["json"] == "-":
        click.echo(matrix_json(made), nl=False)
    else:
        color = in_colour(given["color"])
        width = max(shutil.get_terminal_size().columns, MIN_WIDTH)
        look = Look(width, color, MARKS if _shows("".join(MARKS)) else PLAIN_MARKS)
        text = matrix_table(made, look, suggest=given["suggest"], verbose=given["verbose"])
        click.echo(text, nl=False, color=color)
    if not given["quiet"]:
        every = (*made.warnings, *(said for cell in made.cells for said in cell.warnings))
        for warning in dict.fromkeys(every):
            click.echo(printable(f"warning: {warning}"), err=True)


def _shows(text: str) -> bool:
    """Whether stdout's encoding has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _deliver_error(error: PinfixError, given: dict[str, Any]) -> None:
    from pinfix.report.matrix_json import matrix_error_json

    click.echo(printable(f"error: {error}"), err=True)
    if given["json"] == "-":
        click.echo(matrix_error_json(error), nl=False)
    elif given["json"] is not None:
        try:
            write_files({given["json"]: matrix_error_json(error).encode()})
        except PinfixError as other:
            click.echo(printable(f"error: {other}"), err=True)


def _check_places(given: dict[str, Any]) -> None:
    if given["html"] == "-":
        raise click.UsageError("--html takes the name of a file.")
    written = [given[name] for name in ("json", "html") if given[name] is not None]
    read = {os.path.realpath(path) for path in given["files"]}
    if len({*read, *map(os.path.realpath, written)}) < len(read) + len(written):
        raise click.UsageError("Two outputs, or an output and a FILE, are the same place.")
