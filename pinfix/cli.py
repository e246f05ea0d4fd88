"""The command line: arguments to a job, a plan to output, errors to exit codes.

The only module that prints or reads the environment; an error brings its own exit code.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from packaging.utils import canonicalize_name

from pinfix import __version__
from pinfix.errors import PinfixError, UsageError
from pinfix.inputs import Sources, expand, is_source
from pinfix.requirements.logical import variables
from pinfix.requirements.tree import is_remote
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.run import Job, plan_job, rewritten_files
from pinfix.start import cache_folder
from pinfix.targets.host import find_target

if TYPE_CHECKING:
    from pinfix.index.client import IndexClient, IndexEvent
    from pinfix.planning.plan import Plan
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


@dataclass(frozen=True, slots=True)
class _Output:
    """What is written and printed, and where."""

    output: str | None
    lock: str | None
    diff_only: bool
    check: bool
    diff_file: str | None
    json: str | None
    quiet: bool
    verbose: bool
    color: bool


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
    "-f", "--find-links", multiple=True, metavar="URL|DIR", help="Page or folder of files."
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
        given["files"], said = expand(given["files"])
        for sentence in said if not output.quiet else ():
            click.echo(sentence, err=True)
        job = _job(given, targets)
        used: dict[Sources, IndexClient] = {}
        with _progress(output) as on_event, _network(given, on_event, used) as network:
            plan = plan_job(job, network.open_index, network.fetch)
        if output.lock is not None:
            ctx.exit(_deliver_lock(plan, list(used), output.lock, output))
        exit_code = _deliver(plan, output)
        if not plan.changed and ctx.obj is not None:
            _keep_run(ctx.obj, given, plan, output, used)
        ctx.exit(exit_code)
    except PinfixError as error:
        _deliver_error(error, targets, output)
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


def _job(given: dict[str, Any], targets: Sequence[Target]) -> Job:
    policy = Policy(
        prefer=given["prefer"],
        no_upgrade=given["no_upgrade"],
        relax_ranges=given["relax_ranges"],
        split=given["split"],
        strict_wheels=given["strict_wheels"],
        allow_prereleases=given["allow_prereleases"],
        allow_ancient=frozenset(map(canonicalize_name, given["allow_ancient"])),
    )
    sources = Sources(given["index_url"], given["extra_index_url"], given["find_links"])
    for value in (given["index_url"], *given["extra_index_url"], *given["find_links"]):
        if value is not None and not is_source(value):
            raise UsageError(f"{value} is neither a URL nor a folder")
    rules = given["rules"] or DEFAULT_PACKS
    return Job(given["files"], targets, rules, policy, sources, os.environ)


def _output(given: dict[str, Any]) -> _Output:
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
    return _Output(
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


@dataclass(frozen=True, slots=True)
class _Network:
    """The network as a job reaches it: indexes by their sources, included files by address."""

    open_index: Callable[[Sources], IndexClient]
    fetch: Callable[[str], bytes]


@contextmanager
def _network(
    given: dict[str, Any],
    on_event: Callable[[IndexEvent], None] | None,
    opened: dict[Sources, IndexClient],
) -> Iterator[_Network]:
    """The indexes that a job turns out to need, kept in ``opened``; all is closed at the end."""
    from pinfix.index.client import DEFAULT_INDEX_URL, IndexClient
    from pinfix.index.store import Store

    path = Path(cache_folder(given["cache_dir"]), "store.sqlite")
    with Store.open(path) as store, ExitStack() as stack:

        def client_of(sources: Sources) -> IndexClient:
            client = IndexClient(
                index_url=None if sources.no_index else sources.index_url or DEFAULT_INDEX_URL,
                extra_index_urls=() if sources.no_index else sources.extra_index_urls,
                find_links=sources.find_links,
                store=store,
                offline=given["offline"],
                refresh=given["refresh"],
                on_event=on_event,
            )
            return stack.enter_context(client)

        def open_index(sources: Sources) -> IndexClient:
            if sources not in opened:
                opened[sources] = client_of(sources)
            return opened[sources]

        @cache
        def fetcher() -> IndexClient:
            return client_of(Sources())

        yield _Network(open_index, lambda url: fetcher().requirements_file(url))


# -- a plan to output --------------------------------------------------------------------------


def _deliver(plan: Plan, output: _Output) -> int:
    """Write and print what was asked for; the exit code."""
    from pinfix.report.colour import coloured
    from pinfix.report.diff import git_patch, unified_diff

    if output.output is not None and any(file.changed for file in plan.files[1:]):
        others = ", ".join(file.path for file in plan.files[1:] if file.changed)
        raise UsageError(f"--output writes one file, and {others} would change too; leave it out")
    wanted: dict[str, bytes] = {}
    if output.diff_file is not None:
        wanted[output.diff_file] = git_patch(plan)
    if output.output not in (None, "-"):
        wanted[output.output] = plan.files[0].after
    writes_nothing = output.diff_only or output.check
    if output.output is None and not writes_nothing:
        wanted |= rewritten_files(plan)
    _write(wanted, plan, output)
    if output.output == "-":
        sys.stdout.buffer.write(plan.files[0].after)
    elif output.json != "-" and not output.check:
        diff = unified_diff(plan)
        click.echo(coloured(diff) if output.color else diff, nl=False, color=output.color)
    if not output.quiet and plan.changed and sys.stdout.isatty():
        click.echo(err=True)  # on a terminal diff and summary stand below each other
    _print_summary(plan, output)
    return 1 if writes_nothing and plan.changed else 0


def _keep_run(
    argv: Sequence[str],
    given: dict[str, Any],
    plan: Plan,
    output: _Output,
    used: dict[Sources, IndexClient],
) -> None:
    """Keep a run that changed nothing and wrote nothing, to be told again."""
    from pinfix import replay
    from pinfix.report.plan_json import plan_json
    from pinfix.report.summary import summary

    wrote = output.output or output.diff_file or output.json not in (None, "-")
    in_folders = [Path(path).is_dir() for path in given["files"]]
    remote = [is_remote(file.path) for file in plan.files]
    fresh_until = min((client.fresh_until for client in used.values()), default=0.0)
    # --refresh is to ask again; what lies in a folder may change without anything to see it by.
    if wrote or given["refresh"] or any(in_folders) or any(remote) or not fresh_until:
        return
    read = {os.path.abspath(file.path): file.before for file in plan.files}
    read |= {os.path.abspath(p): Path(p).read_bytes() for p in given["rules"] if Path(p).is_file()}
    names = {name for data in read.values() for name in variables(data.decode("latin-1"))}
    cache = cache_folder(given["cache_dir"])
    replay.keep(
        cache,
        replay.Run(
            argv=list(argv),
            folder=os.getcwd(),
            stdout=plan_json(plan) if output.json == "-" else "",
            stderr="" if output.quiet else summary(plan, verbose=output.verbose),
            fresh_until=fresh_until,
            files={path: replay.checksum(data) for path, data in read.items()},
            environ=replay.environ_digests(names, os.environ),
            store=replay.store_state(cache) if given["offline"] else None,
        ),
    )


def _write(wanted: dict[str, bytes], plan: Plan, output: _Output) -> None:
    """Write the files, and the plan as JSON to where that was asked for."""
    from pinfix.report.plan_json import plan_json
    from pinfix.writing import write_files

    if output.json not in (None, "-"):
        wanted = wanted | {output.json: plan_json(plan).encode()}
    write_files(wanted)
    if output.json == "-":
        click.echo(plan_json(plan), nl=False)


def _print_summary(plan: Plan, output: _Output) -> None:
    from pinfix.report.summary import summary

    if not output.quiet:
        click.echo(summary(plan, verbose=output.verbose), err=True, nl=False)


def _deliver_lock(plan: Plan, used: Sequence[Sources], path: str, output: _Output) -> int:
    """Write the closure; the files that it was made from stay as they are."""
    from packaging.pylock import is_valid_pylock_path

    from pinfix.credentials import without_credentials
    from pinfix.report.lock import IndexOptions, lock_pylock, lock_requirements

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
    _print_summary(plan, output)
    return 0


def _deliver_error(error: PinfixError, targets: Sequence[Target], output: _Output) -> None:
    from pinfix.report.plan_json import error_json
    from pinfix.writing import write_files

    click.echo(f"error: {error}", err=True)
    if output.json == "-":
        click.echo(error_json(error, targets), nl=False)
    elif output.json is not None:
        try:
            write_files({output.json: error_json(error, targets).encode()})
        except PinfixError as other:
            click.echo(f"error: {other}", err=True)


@contextmanager
def _progress(output: _Output) -> Iterator[Callable[[IndexEvent], None] | None]:
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
