"""``pinfix log BUILD.LOG``: what a failed build's output says, and the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from shutil import get_terminal_size
from typing import Any, NoReturn

import click

from pinfix.buildlog.diagnosis import Diagnosis, diagnose
from pinfix.cli import cli
from pinfix.commands.completion import complete_file, complete_target
from pinfix.commands.options import cache_options, index_options, targets_of
from pinfix.credentials import without_credentials
from pinfix.errors import InputError, PinfixError, UsageError
from pinfix.report.diagnosis import diagnosis_json, diagnosis_text, question
from pinfix.report.printable import printable

EXIT_CODES = """\b
Exit codes:
  0  nothing was compiled; with --fix, as pinfix fix
  1  something was compiled, or failed
  2  the log cannot be read, or nothing in it is known; bad usage
"""
_PIECE = 1 << 20


@click.command(epilog=EXIT_CODES)
@click.argument("log", metavar="FILE|-", shell_complete=complete_file)
@click.option(
    "--fix",
    "fixed",
    metavar="REQUIREMENTS",
    shell_complete=complete_file,
    help="Run the command that mends it on this file; the diagnosis goes to stderr then.",
)
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TAG",
    shell_complete=complete_target,
    help="Mend it for this target; a half, such as cp313 or render, completes what the log says. "
    "Repeatable.",
)
@index_options
@cache_options
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def log(log: str, **given: Any) -> None:
    """Read the output of a build, and say what was compiled, why, and what mends it.

    FILE is what pip, uv or poetry printed, as Render, Railway, Heroku, Vercel, Docker, GitHub
    Actions or a terminal show it, with its timestamps and colours; - is stdin.
    """
    if given["as_json"] and given["fixed"]:
        raise click.UsageError("--json and --fix do not go together.")
    try:
        found = _read(log)
        if given["fixed"]:
            found = replace(found, file=given["fixed"])
        targets = _targets(found, given["targets"])
    except PinfixError as error:
        _fail(error)
    options = _options(given)
    if given["as_json"]:
        click.echo(diagnosis_json(found, targets, _shown(options)), nl=False)
        sys.exit(_exit_code(found))
    width = get_terminal_size((100, 24)).columns
    text = printable(diagnosis_text(found, targets, _shown(options), width))
    click.echo(text, nl=False, err=bool(given["fixed"]))
    if given["fixed"] and found.mendable:
        sys.exit(_fix(found, targets, options))
    sys.exit(_exit_code(found))


def _read(path: str) -> Diagnosis:
    """The diagnosis of a file, which may be larger than the memory. Raises InputError."""
    name = "standard input" if path == "-" else path
    try:
        with click.open_file(path, "rb") as file:
            read = iter(partial(file.read, _PIECE), b"")
            first = next(read, b"")
            if not first.strip():
                raise InputError("the log is empty", path=name)
            return diagnose(_joined(first, read))
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"the log cannot be read: {reason}", path=name) from error


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _targets(found: Diagnosis, given: Sequence[str]) -> list[str]:
    """The targets to mend it for: those that were named, else the log's. Raises UsageError."""
    if not given:
        return [] if found.host.target is None else [found.host.target]
    texts = [found.host.completed(text) for one in given for text in one.split(",") if text]
    return [target.text for target in targets_of(texts, None)]


def _options(given: Mapping[str, Any]) -> list[str]:
    """What was given of indexes and the cache, as the words of a command."""
    words = [
        word
        for option in ("index_url", "extra_index_url", "find_links", "cache_dir")
        for value in ([given[option]] if isinstance(given[option], str) else given[option] or ())
        for word in (f"--{option.replace('_', '-')}", value)
    ]
    if given["index_strategy"] != "best-match":
        words += ["--index-strategy", given["index_strategy"]]
    return [*words, *(f"--{flag}" for flag in ("offline", "refresh") if given[flag])]


def _shown(options: Sequence[str]) -> list[str]:
    return [without_credentials(word) for word in options]


def _fix(found: Diagnosis, targets: Sequence[str], options: Sequence[str]) -> int:
    """What ``pinfix fix`` makes of the file; its exit code."""
    if not targets:
        _fail(UsageError(question(found)))
    named = [word for target in targets for word in ("--target", target)]
    click.echo(err=True)
    # A command of its own: this one's words are not what an unchanged run may be remembered by.
    words = ["fix", *named, *options, "--", found.file]
    return cli.main(words, prog_name="pinfix", standalone_mode=False) or 0


def _exit_code(found: Diagnosis) -> int:
    return {"nothing-compiled": 0, "nothing-recognised": 2}.get(found.verdict, 1)


def _fail(error: PinfixError) -> NoReturn:
    click.echo(printable(f"error: {error}"), err=True)
    sys.exit(error.exit_code)
