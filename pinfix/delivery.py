"""What a run came to, written to files, printed, and kept to be told again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pinfix import pip_config, replay
from pinfix.errors import PinfixError, UsageError
from pinfix.records import record
from pinfix.report.printable import printable
from pinfix.requirements.logical import variables_in
from pinfix.run import rewritten_files

if TYPE_CHECKING:
    from pinfix.configuration import Configuration
    from pinfix.inputs import Failure
    from pinfix.network import Access, Consulted
    from pinfix.pip_config import PipConfig
    from pinfix.planning.plan import Plan
    from pinfix.project_files import ProjectFiles
    from pinfix.run import Outcome
    from pinfix.targets.target import Target


_AN_HOUR = 3600.0
_A_DAY = 24 * _AN_HOUR


@record
class Output:
    """What is written and printed, and where; a path may be ``-`` for stdout.

    ``annotate``: also as annotations of a run of GitHub Actions.
    """

    output: str | None
    lock: str | None
    diff_only: bool
    check: bool
    diff_file: str | None
    json: str | None
    markdown: str | None
    annotate: bool
    quiet: bool
    verbose: bool
    color: bool

    @property
    def needs_all(self) -> bool:
        """Whether what is written is of all files, so that one without an answer leaves nothing."""
        return self.lock is not None or self.output is not None or self.diff_file is not None

    @property
    def keeps_files(self) -> bool:
        """Whether FILE stays as it is, whatever would have to change."""
        return self.diff_only or self.check


@record
class Said:
    """What goes to stdout and stderr, and the exit code."""

    stdout: str
    stderr: str
    code: int


def deliver(plan: Plan, output: Output, failures: Sequence[Failure] = ()) -> Said:
    """Write and print what was asked for; ``failures`` are of the files that the plan leaves out."""
    from pinfix.report.diff import git_patch

    if output.output is not None and any(file.changed for file in plan.files[1:]):
        others = ", ".join(file.path for file in plan.files[1:] if file.changed)
        raise UsageError(f"--output writes one file, and {others} would change too; leave it out")
    wanted: dict[str, bytes] = {}
    if output.diff_file is not None:
        wanted[output.diff_file] = git_patch(plan)
    if output.output not in (None, "-"):
        wanted[output.output] = plan.files[0].after
    if output.output is None and not output.keeps_files:
        wanted |= rewritten_files(plan)
    code = 1 if output.keeps_files and plan.changed else 0
    code = max([code, *(failure.error.exit_code for failure in failures)])
    stderr = _stderr(plan, output)
    if stderr and plan.changed and sys.stdout.isatty():
        stderr = f"\n{stderr}"  # on a terminal diff and summary stand below each other
    errors = "".join(printable(f"\nerror: {failure}") + "\n" for failure in failures)
    said = Said(_stdout(plan, output, failures), f"{stderr}{errors}", code)
    _write(wanted, plan, output, failures)
    if output.output == "-":
        sys.stdout.buffer.write(plan.files[0].after)
    click.echo(said.stdout, nl=False, color=output.color)
    click.echo(said.stderr, err=True, nl=False)
    return said


def deliver_lock(plan: Plan, consulted: Sequence[Consulted], path: str, output: Output) -> None:
    """Write the closure; the files that it was made from stay as they are."""
    from packaging.pylock import is_valid_pylock_path

    from pinfix.credentials import without_credentials
    from pinfix.report.lock import IndexOptions, lock_pylock, lock_requirements

    used = [one.sources for one in consulted]
    if len(used) != 1:
        raise UsageError("--lock takes files of one environment, from the same indexes")
    options = IndexOptions(
        index_url=without_credentials(used[0].index_url) if used[0].index_url else None,
        extra_index_urls=tuple(map(without_credentials, used[0].extra_index_urls)),
        find_links=tuple(map(without_credentials, used[0].find_links)),
        trusted_hosts=plan.trusted_hosts,
        no_binary=frozenset(plan.formats.no_binary),
        only_binary=frozenset(plan.formats.only_binary),
    )
    as_pylock = is_valid_pylock_path(Path(path))
    text = lock_pylock(plan, options) if as_pylock else lock_requirements(plan, options)
    _write({path: text.encode()}, plan, output)
    if output.json == "-":
        click.echo(_json(plan), nl=False)
    click.echo(_summary(plan, output), err=True, nl=False)


def deliver_failures(
    failures: Sequence[Failure], targets: Sequence[Target], output: Output
) -> Said:
    """Say why nothing is done at all."""
    highest = max(failures, key=lambda failure: failure.error.exit_code)
    if len(failures) == 1:
        return deliver_error(highest.error, targets, output)
    text = "".join(printable(f"error: {failure}\n") + "\n" for failure in failures)
    return _deliver_error(text, highest.error, targets, output, failures)


def deliver_error(error: PinfixError, targets: Sequence[Target], output: Output) -> Said:
    """Say what went wrong, and write it as JSON to where that was asked for."""
    text = printable(f"error: {error}") + "\n"
    if output.annotate:
        from pinfix.report.annotations import error_annotation

        text += error_annotation(error)
    return _deliver_error(text, error, targets, output)


def _deliver_error(
    text: str,
    error: PinfixError,
    targets: Sequence[Target],
    output: Output,
    failures: Sequence[Failure] = (),
) -> Said:
    from pinfix.report.plan_json import error_json
    from pinfix.writing import write_files

    click.echo(text, err=True, nl=False)
    json = ""
    if output.json is not None:
        json = error_json(error, targets, _by_files(failures))
    if output.json == "-":
        click.echo(json, nl=False)
    elif output.json is not None:
        try:
            write_files({output.json: json.encode()})
        except PinfixError as other:
            click.echo(printable(f"error: {other}"), err=True)
    return Said(json, text, error.exit_code)


def keep_run(
    runs: str,
    argv: Sequence[str],
    outcome: Outcome,
    output: Output,
    said: Said,
    *,
    files: Sequence[str],
    config: PipConfig,
    configuration: Configuration,
    project: ProjectFiles | None,
    access: Access,
    hourly: bool,
) -> None:
    """Keep a run that wrote nothing, to be told again as long as all it read is as it was.

    ``runs`` is the folder where it is looked for. An offline run holds until the store changes, one that is ``hourly`` for this hour. A refusal is
    kept as well, an outage is not.
    """
    fresh_until = time.time() + _A_DAY
    if not access.offline:
        fresh_until = min((fresh_until, *(one.fresh_until for one in outcome.consulted)))
    if hourly:
        fresh_until = min(fresh_until, (time.time() // _AN_HOUR + 1) * _AN_HOUR)
    if (
        _wrote(outcome, output)
        or not fresh_until
        or any(failure.error.exit_code not in replay.REFUSALS for failure in outcome.failures)
        # An address may hold credentials, and whether there is something else there now is not known.
        or any("://" in path for path in outcome.read)
    ):
        return
    read = {os.path.abspath(path): data for path, data in outcome.read.items()}
    names = {name for data in read.values() if data for name in variables_in(data)}
    names |= {*pip_config.VARIABLES, "NO_COLOR", "GITHUB_ACTIONS"}
    names |= {name for name in os.environ if name.startswith(replay.SETTINGS)}
    read |= {os.path.abspath(path): data for path, data in config.files.items()}
    read |= configuration.read
    local = outcome.sought | {str(path) for one in outcome.consulted for path in one.local_paths}
    if project is not None:
        read |= project.read
        local |= project.folders
    replay.keep(
        runs,
        replay.Run(
            argv=list(argv),
            folder=os.getcwd(),
            stdout=said.stdout,
            stderr=said.stderr,
            code=said.code,
            fresh_until=fresh_until,
            files={p: None if data is None else replay.checksum(data) for p, data in read.items()},
            named={os.path.abspath(path): os.path.realpath(path) for path in files},
            places={path: replay.place_state(path) for path in local},
            environ=replay.environ_digests(names, os.environ),
            cache=os.path.abspath(access.cache),
            store=outcome.store if access.offline else None,
        ),
    )


def _wrote(outcome: Outcome, output: Output) -> bool:
    """Whether anything was written beside stdout and stderr, or would be by another plan."""
    if output.json not in (None, "-") or output.markdown not in (None, "-"):
        return True
    if outcome.plan is None or (outcome.failures and output.needs_all):
        return False
    return output.needs_all or (outcome.plan.changed and not output.keeps_files)


def _stdout(plan: Plan, output: Output, failures: Sequence[Failure]) -> str:
    """What is printed of a plan: as JSON, else the diff."""
    from pinfix.report.colour import coloured
    from pinfix.report.diff import unified_diff

    if output.json == "-":
        return _json(plan, failures)
    if output.markdown == "-":
        return _markdown(plan)
    if output.output == "-" or output.check:
        return ""
    diff = unified_diff(plan)
    if sys.stdout.isatty():
        diff = printable(diff)  # a file gets the diff as it is, to be applied
    return coloured(diff) if output.color else diff


def _json(plan: Plan, failures: Sequence[Failure] = ()) -> str:
    from pinfix.report.plan_json import plan_json

    return plan_json(plan, _by_files(failures))


def _by_files(failures: Sequence[Failure]) -> list[tuple[Sequence[str], PinfixError]]:
    return [(failure.files, failure.error) for failure in failures]


def _markdown(plan: Plan) -> str:
    from pinfix.report.markdown import markdown

    return printable(markdown(plan))


def _stderr(plan: Plan, output: Output) -> str:
    """The summary, and below it the annotations."""
    if not output.annotate:
        return _summary(plan, output)
    from pinfix.report.annotations import plan_annotations

    told = plan_annotations(plan, written=not output.keeps_files)
    return _summary(plan, output) + printable(told)


def _summary(plan: Plan, output: Output) -> str:
    from pinfix.report.summary import summary

    return "" if output.quiet else printable(summary(plan, verbose=output.verbose))


def _write(
    wanted: dict[str, bytes], plan: Plan, output: Output, failures: Sequence[Failure] = ()
) -> None:
    """Write the files, and the plan as JSON to where that was asked for."""
    if output.json not in (None, "-"):
        wanted = wanted | {output.json: _json(plan, failures).encode()}
    if output.markdown not in (None, "-"):
        wanted = wanted | {output.markdown: _markdown(plan).encode()}
    if wanted:
        from pinfix.writing import write_files

        write_files(wanted)
