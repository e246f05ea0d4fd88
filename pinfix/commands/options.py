"""Options that several commands take, and what they come to."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click
from packaging.utils import canonicalize_name

from pinfix.commands.completion import (
    complete_file,
    complete_folder,
    complete_pack,
    complete_target,
)
from pinfix.cutoff import parse_cutoff
from pinfix.errors import PinfixError, UsageError
from pinfix.inputs import Sources, is_source
from pinfix.network import Access
from pinfix.records import record
from pinfix.report.printable import printable
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.run import Job
from pinfix.start import cache_folder
from pinfix.targets.host import find_target

if TYPE_CHECKING:
    from pinfix.index.client import IndexEvent
    from pinfix.pip_config import PipConfig
    from pinfix.planning.plan import Inferred
    from pinfix.project_files import ProjectFiles
    from pinfix.rulebook.own import OwnRules
    from pinfix.targets.target import Target

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Decorator = Callable[[Decorated], Decorated]


def _all(*options: Decorator[Any]) -> Decorator[Any]:
    """The options, in this order in the help."""

    def decorate(command: Decorated) -> Decorated:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


class Flag(click.Option):
    """A flag with its opposite, for where it is configured; the help leaves the opposite out."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        return record and (record[0].partition(" / ")[0], record[1])


files_argument = click.argument(
    "files", nargs=-1, metavar="[FILE]...", shell_complete=complete_file
)
target_option = click.option(
    "-t",
    "--target",
    "targets",
    multiple=True,
    metavar="TAG",
    shell_complete=complete_target,
    help="Python and platform to install on, e.g. cp313-manylinux, cp312-musllinux_1_2_aarch64, "
    "cp313-render, host. Repeat it for one version that serves several. Default: what the project's "
    "own files deploy with.",
)
python_option = click.option(
    "--python",
    metavar="X.Y.Z",
    help="The target's full Python version (default: the newest known).",
)
rules_option = click.option(
    "--rules",
    multiple=True,
    metavar="NAME|PATH|none",
    shell_complete=complete_pack,
    help=f"Rule pack to apply; repeatable (default: {' and '.join(DEFAULT_PACKS)}).",
)
_moves = (
    click.option(
        "--prefer",
        type=click.Choice(["newest", "nearest"]),
        default="newest",
        show_default=True,
        help="Where a pin that cannot stay moves to.",
    ),
    click.option(
        "--no-upgrade/--upgrade", cls=Flag, help="Never move a pin above its old version."
    ),
    click.option(
        "--allow-ancient",
        multiple=True,
        metavar="NAME",
        help="Take a version of NAME even if it is far older than what was asked for or is current.",
    ),
    click.option("--relax-ranges/--no-relax-ranges", cls=Flag, help="Let ranges move as pins do."),
)
_split = click.option(
    "--split/--no-split",
    cls=Flag,
    help="Where no one version serves all targets, write a line for each, with markers.",
)
_admissions = (
    click.option(
        "--strict-wheels/--no-strict-wheels",
        cls=Flag,
        help="Refuse plain Python source distributions too.",
    ),
    click.option(
        "--allow-prereleases/--no-allow-prereleases", cls=Flag, help="Let pre-releases in."
    ),
)
policy_options = _all(*_moves, _split, *_admissions)
# For a command whose plans are each for one target.
one_target_policy_options = _all(*_moves, *_admissions)
index_options = _all(
    click.option("-i", "--index-url", metavar="URL", help="Index to use instead of PyPI."),
    click.option("--extra-index-url", multiple=True, metavar="URL", help="Index to use as well."),
    click.option(
        "--index-strategy",
        type=click.Choice(["best-match", "first-index"]),
        default="best-match",
        show_default=True,
        help="Of several indexes: the best of all, as pip, or each package from the first that "
        "has it.",
    ),
    click.option(
        "-f", "--find-links", multiple=True, metavar="URL|DIR", help="Page or folder of files."
    ),
)
cutoff_option = click.option(
    "--exclude-newer",
    metavar="DATE|AGE",
    help="Take nothing uploaded since: 2026-11-01, 2026-11-01T12:00Z, or 7d before now.",
)
cache_options = _all(
    click.option("--offline/--no-offline", cls=Flag, help="Use only what the cache holds."),
    click.option(
        "--refresh", is_flag=True, help="Ask the index again, however fresh the cache is."
    ),
    click.option(
        "--cache-dir",
        metavar="DIR",
        shell_complete=complete_folder,
        help="Where to keep what the index said.",
    ),
)


def verbosity_options(
    quiet: str = "No summary.",
    verbose: str = "The evidence behind each change.",
    coloured: str = "the diff",
) -> Decorator[Any]:
    """How much is said, and how it looks."""
    return _all(
        click.option("-q", "--quiet/--no-quiet", cls=Flag, help=quiet),
        verbose_option(verbose),
        click.option(
            "--color",
            type=click.Choice(["auto", "always", "never"]),
            default="auto",
            show_default=True,
            help=f"Colour {coloured} (auto: on a terminal, unless NO_COLOR is set).",
        ),
    )


def verbose_option(told: str) -> Decorator[Any]:
    """Whether all is told."""
    return click.option("-v", "--verbose/--no-verbose", cls=Flag, help=told)


@record
class Aim:
    """The targets. Where they were inferred: what was said of them, from which lines and files."""

    targets: Sequence[Target]
    said: str = ""
    inferred: tuple[Inferred, ...] = ()
    project: ProjectFiles | None = None


def aim_of(given: Mapping[str, Any]) -> Aim:
    """The targets that were named, else those that the project deploys with.

    Raises UsageError for a name that is none, and for files that do not agree.
    """
    if given["targets"]:
        return Aim(targets_of(given["targets"], given["python"]))
    from pinfix.project_files import read_project

    project = read_project(given["files"])
    concluded, inferred = project.inferred()
    if concluded.questions:
        raise UsageError("\n".join(concluded.questions))
    targets: Sequence[Target] = [meant.target for meant in concluded.targets]
    if given["python"] is not None:
        targets = targets_of([meant.text for meant in concluded.targets], given["python"])
    said = "".join(f"{printable(line)}\n" for line in concluded.said)
    return Aim(targets, said, inferred, project)


def targets_of(texts: Sequence[str], python: str | None) -> list[Target]:
    """The targets that were named; ``python`` is about those of its X.Y.

    Raises UsageError for a name that is none.
    """
    names = [name for text in texts for name in text.split(",") if name]
    if not names:
        raise UsageError("--target is empty; it takes a tag such as cp313-manylinux")
    if python is None or len(names) == 1:
        return [find_target(name, python=python) for name in names]
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


def policy_of(given: Mapping[str, Any]) -> Policy:
    """How pins may move: of ``policy_options``, or those for one target, and ``cutoff_option``."""
    return Policy(
        prefer=given["prefer"],
        no_upgrade=given["no_upgrade"],
        relax_ranges=given["relax_ranges"],
        split=given.get("split", False),
        strict_wheels=given["strict_wheels"],
        allow_prereleases=given["allow_prereleases"],
        exclude_newer=cutoff_of(given["exclude_newer"]),
        allow_ancient=frozenset(map(canonicalize_name, given["allow_ancient"])),
    )


def job_of(
    given: Mapping[str, Any],
    files: Sequence[str],
    targets: Sequence[Target],
    config: PipConfig,
    own_rules: OwnRules | None = None,
) -> Job:
    """What is to be done with these files. A command without ``policy_options`` has the defaults.

    Raises UsageError.
    """
    moves = "prefer" in given
    return Job(
        files,
        targets,
        given["rules"] or DEFAULT_PACKS,
        policy_of(given) if moves else Policy(exclude_newer=cutoff_of(given["exclude_newer"])),
        sources_of(given),
        dict(os.environ),
        config.options,
        config.constraints,
        own_rules,
    )


def cutoff_of(text: str | None) -> datetime | None:
    """The moment after which nothing counts."""
    return None if text is None else parse_cutoff(text, datetime.now(timezone.utc))


def sources_of(given: Mapping[str, Any]) -> Sources:
    """Where packages come from: of ``index_options``. Raises UsageError for what is no place."""
    index = [] if given["index_url"] is None else [given["index_url"]]
    refuse_no_source([*index, *given["extra_index_url"], *given["find_links"]])
    return Sources(given["index_url"], given["extra_index_url"], given["find_links"])


def refuse_no_source(values: Sequence[str]) -> None:
    """Raise UsageError for the first that is no place where packages come from."""
    for value in values:
        if not is_source(value):
            raise UsageError(f"{value} is neither a URL nor a folder")


def access_of(given: Mapping[str, Any], config: PipConfig) -> Access:
    """How indexes may be asked: of ``index_options`` and ``cache_options``."""
    return Access(
        cache_folder(given["cache_dir"]),
        config,
        offline=given["offline"],
        refresh=given["refresh"],
        strategy=given["index_strategy"],
    )


@contextmanager
def progress(*, quiet: bool) -> Iterator[Callable[[IndexEvent], None] | None]:
    """A line on a terminal that says what is being fetched; nothing where stderr is piped."""
    if quiet or not sys.stderr.isatty():
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


def in_colour(choice: str) -> bool:
    """What ``--color`` comes to: on a terminal, unless NO_COLOR is set."""
    auto = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return {"auto": auto, "always": True, "never": False}[choice]


def fail(error: PinfixError) -> NoReturn:
    """Say what went wrong, and end with the error's own exit code."""
    click.echo(printable(f"error: {error}"), err=True)
    sys.exit(error.exit_code)
