"""The command line: arguments to a job, a plan to output, errors to exit codes.

It alone reads the environment, and an error brings its own exit code.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import canonicalize_name

from pinfix import __version__
from pinfix.cutoff import is_age, parse_cutoff
from pinfix.delivery import Output, deliver, deliver_error, deliver_failures, deliver_lock, keep_run
from pinfix.errors import PinfixError, UsageError
from pinfix.inputs import Sources, confusable, expand, is_source, unread_constraints
from pinfix.network import Access
from pinfix.pip_config import read_pip_config
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.run import Job, plan_each
from pinfix.start import cache_folder
from pinfix.targets.host import find_target

if TYPE_CHECKING:
    from pinfix.index.client import IndexEvent
    from pinfix.pip_config import PipConfig
    from pinfix.targets.target import Target

EXIT_CODES = """\b
Exit codes:
  0  done, also when changes were written
  1  only from --check and --diff: something would change
  2  bad input or usage
  3  no solution
  4  the index could not be reached, or answered nonsense
"""


class _DefaultCommand(click.Group):
    """A group whose first argument may be left out: what is no command's name goes to ``fix``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in ("--help", "-h", "--version") and args[0] not in self.commands:
            args = ["fix", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_DefaultCommand,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="`pinfix FILE...` is short for `pinfix fix FILE...`; see `pinfix fix --help`.",
)
@click.version_option(__version__, prog_name="pinfix")
def cli() -> None:
    """Rewrite the pins that have no wheel for your deploy host, so that pip never compiles."""


@cli.command(epilog=EXIT_CODES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    required=True,
    metavar="TAG",
    help="Python and platform to install on, e.g. cp313-manylinux, cp312-musllinux_1_2_aarch64, "
    "cp313-render, host. Repeat it for one version that serves several.",
)
@click.option(
    "--python",
    metavar="X.Y.Z",
    help="The target's full Python version (default: the newest known).",
)
@click.option(
    "--rules",
    multiple=True,
    metavar="NAME|PATH|none",
    help=f"Rule pack to apply; repeatable (default: {' and '.join(DEFAULT_PACKS)}).",
)
@click.option(
    "-o", "--output", metavar="FILE", help="Write there instead of in place; - is stdout."
)
@click.option(
    "--lock",
    metavar="FILE",
    help="Write the whole closure there, with hashes, and leave FILE as it is: as pylock.toml "
    "(PEP 751) where it is called so, else as requirements.",
)
@click.option("--diff", "diff_only", is_flag=True, help="Only print the diff; write nothing.")
@click.option("--check", is_flag=True, help="Only answer whether something would change.")
@click.option("--diff-file", metavar="PATH", help="Also keep the diff, as a patch for git apply.")
@click.option("--json", metavar="PATH|-", help="Also write the plan as JSON; - is stdout.")
@click.option(
    "--prefer",
    type=click.Choice(["newest", "nearest"]),
    default="newest",
    show_default=True,
    help="Where a pin that cannot stay moves to.",
)
@click.option("--no-upgrade", is_flag=True, help="Never move a pin above its old version.")
@click.option(
    "--allow-ancient",
    multiple=True,
    metavar="NAME",
    help="Take a version of NAME even if it is far older than what was asked for or is current.",
)
@click.option("--relax-ranges", is_flag=True, help="Let ranges move as pins do.")
@click.option(
    "--split",
    is_flag=True,
    help="Where no one version serves all targets, write a line for each, with markers.",
)
@click.option("--strict-wheels", is_flag=True, help="Refuse plain Python source distributions too.")
@click.option("--allow-prereleases", is_flag=True, help="Let pre-releases in.")
@click.option("-i", "--index-url", metavar="URL", help="Index to use instead of PyPI.")
@click.option("--extra-index-url", multiple=True, metavar="URL", help="Index to use as well.")
@click.option(
    "--index-strategy",
    type=click.Choice(["best-match", "first-index"]),
    default="best-match",
    show_default=True,
    help="Of several indexes: the best of all, as pip, or each package from the first that has it.",
)
@click.option(
    "-f", "--find-links", multiple=True, metavar="URL|DIR", help="Page or folder of files."
)
@click.option(
    "--exclude-newer",
    metavar="DATE|AGE",
    help="Take nothing uploaded since: 2026-11-01, 2026-11-01T12:00Z, or 7d before now.",
)
@click.option("--offline", is_flag=True, help="Use only what the cache holds.")
@click.option("--refresh", is_flag=True, help="Ask the index again, however fresh the cache is.")
@click.option("--cache-dir", metavar="DIR", help="Where to keep what the index said.")
@click.option("-q", "--quiet", is_flag=True, help="No summary.")
@click.option("-v", "--verbose", is_flag=True, help="The evidence behind each change.")
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Colour the diff (auto: on a terminal, unless NO_COLOR is set).",
)
@click.pass_context
def fix(ctx: click.Context, /, **given: Any) -> None:
    """Rewrite the pins in FILE... that cannot be installed from wheels on the target.

    The diff goes to stdout, the summary with the reason for every change to stderr.
    """
    output = _output(given)
    targets: Sequence[Target] = ()
    try:
        targets = _targets(given["targets"], given["python"])
        in_folders = any(map(os.path.isdir, given["files"]))
        given["files"], took = expand(given["files"])
        for sentence in took if not output.quiet else ():
            click.echo(sentence, err=True)
        config = read_pip_config(os.environ)
        job = _job(given, targets, config)
        access = Access(
            cache_folder(given["cache_dir"]),
            config,
            offline=given["offline"],
            refresh=given["refresh"],
            strategy=given["index_strategy"],
        )
        with _progress(output) as on_event:
            outcome = plan_each(job, access, on_event)
        if outcome.plan is None or (outcome.failures and output.needs_all):
            said = deliver_failures(outcome.failures, targets, output)
        else:
            shared = [one.ambiguous for one in outcome.consulted]
            needed = {entry.name for entry in outcome.plan.closure}
            notes = (*unread_constraints(config.constraints), *confusable(needed, shared))
            plan = replace(outcome.plan, warnings=(*outcome.plan.warnings, *notes))
            if output.lock is not None:
                deliver_lock(plan, outcome.consulted, output.lock, output)
                return
            said = deliver(plan, output, outcome.failures)
        # --refresh is to ask again; what lies in a folder may change without anything to see it by.
        if ctx.obj is not None and not (given["refresh"] or in_folders):
            keep_run(
                ctx.obj,
                outcome,
                output,
                said,
                files=given["files"],
                config=config,
                access=access,
                hourly=is_age(given["exclude_newer"] or ""),
            )
        ctx.exit(said.code)
    except PinfixError as error:
        deliver_error(error, targets, output)
        ctx.exit(error.exit_code)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line and exit. A run for these words that changes nothing is kept."""
    for stream in (sys.stdout, sys.stderr):
        # A file may hold what the terminal's encoding lacks; that is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        args = None if argv is None else list(argv)
        cli(args=args, prog_name="pinfix", standalone_mode=True, obj=argv)
    except KeyboardInterrupt:  # pragma: no cover - click turns it into Abort first
        sys.exit(130)
    except OSError as error:
        # Files have their own errors; what is left is the output itself, a full disk behind it.
        sys.stderr.write(f"error: standard output cannot be written: {error.strerror}\n")
        sys.exit(2)


# -- arguments to a job ------------------------------------------------------------------------


def _targets(texts: Sequence[str], python: str | None) -> list[Target]:
    names = [name for text in texts for name in text.split(",") if name]
    if not names:
        raise UsageError("--target is empty; it takes a tag such as cp313-manylinux")
    if python is None or len(names) == 1:
        return [find_target(name, python=python) for name in names]
    # Of several targets, --python is about those of its X.Y.
    targets = [find_target(name) for name in names]
    meant = [
        f"{python}.".startswith(f"{target.environment['python_version']}.") for target in targets
    ]
    if not any(meant):
        raise UsageError(f"--python {python} is the Python of none of the targets")
    return [
        find_target(name, python=python) if this else target
        for name, target, this in zip(names, targets, meant, strict=True)
    ]


def _job(given: dict[str, Any], targets: Sequence[Target], config: PipConfig) -> Job:
    policy = Policy(
        prefer=given["prefer"],
        no_upgrade=given["no_upgrade"],
        relax_ranges=given["relax_ranges"],
        split=given["split"],
        strict_wheels=given["strict_wheels"],
        allow_prereleases=given["allow_prereleases"],
        exclude_newer=_cutoff(given["exclude_newer"]),
        allow_ancient=frozenset(map(canonicalize_name, given["allow_ancient"])),
    )
    sources = Sources(given["index_url"], given["extra_index_url"], given["find_links"])
    for value in (given["index_url"], *given["extra_index_url"], *given["find_links"]):
        if value is not None and not is_source(value):
            raise UsageError(f"{value} is neither a URL nor a folder")
    rules = given["rules"] or DEFAULT_PACKS
    return Job(
        given["files"],
        targets,
        rules,
        policy,
        sources,
        dict(os.environ),
        config.options,
        with_artifacts=given["lock"] is not None,
    )


def _cutoff(text: str | None) -> datetime | None:
    return None if text is None else parse_cutoff(text, datetime.now(timezone.utc))


def _output(given: dict[str, Any]) -> Output:
    if given["output"] is not None and (given["diff_only"] or given["check"]):
        raise click.UsageError("--output writes, and --diff and --check write nothing.")
    if given["lock"] is not None and (given["output"] is not None or given["check"]):
        raise click.UsageError(
            "--lock writes the closure, and goes with neither --output nor --check."
        )
    if given["output"] is not None and len(given["files"]) > 1:
        raise click.UsageError("--output takes the place of a single FILE.")
    named = [
        given[name] for name in ("output", "lock", "json", "diff_file") if given[name] is not None
    ]
    places = [*named, *given["files"]]
    if len({os.path.realpath(path) for path in places}) < len(named) + len(
        {os.path.realpath(path) for path in given["files"]}
    ):
        raise click.UsageError("Two outputs, or an output and a FILE, are the same place.")
    auto = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return Output(
        output=given["output"],
        lock=given["lock"],
        diff_only=given["diff_only"],
        check=given["check"],
        diff_file=given["diff_file"],
        json=given["json"],
        quiet=given["quiet"],
        verbose=given["verbose"],
        color={"auto": auto, "always": True, "never": False}[given["color"]],
    )


# -- progress ----------------------------------------------------------------------------------


@contextmanager
def _progress(output: Output) -> Iterator[Callable[[IndexEvent], None] | None]:
    """A line on a terminal that says what is being fetched; nothing where stderr is piped."""
    if output.quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    counts = {"listing": 0, "metadata": 0}
    with Console(stderr=True).status("Reading the files…") as status:

        def on_event(event: IndexEvent) -> None:
            counts[event.kind] = counts.get(event.kind, 0) + 1
            status.update(
                f"Resolving: {counts['listing']} listings, {counts['metadata']} metadata files read"
            )

        yield on_event
