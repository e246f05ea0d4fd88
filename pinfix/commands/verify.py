"""``pinfix verify FILE...``: install what is written for real, import it, and say what came of it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from pinfix.commands.configured import configure, require_files
from pinfix.commands.options import (
    access_of,
    aim_of,
    cache_options,
    cutoff_option,
    files_argument,
    index_options,
    job_of,
    progress,
    python_option,
    target_option,
)
from pinfix.commands.verifying import verify_plans
from pinfix.errors import PinfixError
from pinfix.inputs import expand
from pinfix.inputs import sources_of as tree_sources
from pinfix.network import Network
from pinfix.pip_config import read_pip_config
from pinfix.planning.verified import Step, Verification, is_proven
from pinfix.report.printable import printable
from pinfix.report.summary import change_phrase
from pinfix.rulebook.packs import load_rule_book
from pinfix.run import Job, plan_tree, read_trees

if TYPE_CHECKING:
    from pinfix.inputs import Sources
    from pinfix.network import Access
    from pinfix.planning.plan import Plan

EXIT_CODES = """\b
Exit codes:
  0  nothing failed; what could not be proven here is said
  1  the file does not install, or what it installs does not work
  2  bad input or usage
  3  no solution
  4  the index could not be reached, or answered nonsense
"""


@click.command(epilog=EXIT_CODES)
@files_argument
@target_option
@python_option
@index_options
@cutoff_option
@cache_options
@click.option("--json", metavar="PATH|-", help="Also write what came of it as JSON; - is stdout.")
@click.pass_context
def verify(ctx: click.Context, /, **given: Any) -> None:
    """Install FILE... for real, as it is, and say what came of it.

    With the target's Python on this machine: a fresh virtual environment without a compiler in
    reach gets the whole closure by pip-sync, every module is imported, and pip check has its say.
    For another platform every wheel is downloaded and checked. What was proven is kept.
    """
    from pinfix.report.verification import verification_text
    from pinfix.report.verification_json import verifications_json

    try:
        configure(given)
        require_files(given["files"])
        verifications = _verifications(given)
    except PinfixError as error:
        click.echo(printable(f"error: {error}"), err=True)
        _write_json(given["json"], verifications_json([], error))
        ctx.exit(error.exit_code)
    if given["json"] != "-":
        click.echo(printable("\n".join(map(verification_text, verifications))), nl=False)
    _write_json(given["json"], verifications_json(verifications))
    ctx.exit(0 if is_proven(verifications) else 1)


def _write_json(place: str | None, text: str) -> None:
    if place == "-":
        click.echo(text, nl=False)
    elif place is not None:
        from pinfix.writing import write_files

        write_files({place: text.encode()})


def _verifications(given: dict[str, Any]) -> list[Verification]:
    configure(given)
    require_files(given["files"])
    aim = aim_of(given)
    click.echo(aim.said, err=True, nl=False)
    given["files"], took = expand(given["files"])
    for sentence in took:
        click.echo(sentence, err=True)
    config = read_pip_config(os.environ)
    access = access_of(given, config)
    # As pip sees the file, which knows no rules: what would break is to be seen.
    job = job_of(given | {"rules": ("none",)}, given["files"], aim.targets, config)
    plans = _plans(job, access, quiet=not sys.stderr.isatty())
    refused = [_refusal(plan) for plan, _ in plans if plan.changed]
    proven = verify_plans([one for one in plans if not one[0].changed], access, quiet=False)
    return [*refused, *proven]


def _plans(job: Job, access: Access, *, quiet: bool) -> list[tuple[Plan, Sources]]:
    """The plan of each environment on each target, and where it was made from."""
    book = load_rule_book(job.rules)
    with progress(quiet=quiet) as on_event, Network(access, on_event) as network:
        return [
            (
                plan_tree(tree, job.for_target(target), book, network.open_index),
                tree_sources(job.sources, tree),
            )
            for tree in read_trees(job, network.fetch)
            for target in job.targets
        ]


def _refusal(plan: Plan) -> Verification:
    """What pip could not install as it is: nothing is tried of it."""
    evidence = tuple(
        f"{change.file}:{change.line}: {change_phrase(change)}: {change.reason}"
        for change in plan.changes
    )
    said = "it cannot be installed as it is without a compiler; pinfix fix would change it"
    names = tuple(file.path for file in plan.files)
    return Verification(
        names, plan.targets[0].name, None, (Step("file", "failed", said, evidence),)
    )
