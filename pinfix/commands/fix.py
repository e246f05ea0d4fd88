"""``pinfix fix FILE...``: rewrite the pins that cannot be installed from wheels on the target."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pinfix import replay
from pinfix.commands.configured import configure, require_files
from pinfix.commands.options import (
    access_of,
    aim_of,
    cache_options,
    cutoff_option,
    files_argument,
    in_colour,
    index_options,
    job_of,
    policy_options,
    progress,
    python_option,
    rules_option,
    target_option,
    verbosity_options,
)
from pinfix.cutoff import is_age
from pinfix.delivery import Output, deliver, deliver_error, deliver_failures, deliver_lock, keep_run
from pinfix.errors import PinfixError, UnprovenError, VulnerableError
from pinfix.inputs import confusable, expand
from pinfix.pip_config import read_pip_config
from pinfix.run import Job, plan_each
from pinfix.start import runs_folder

if TYPE_CHECKING:
    from pinfix.commands.options import Aim
    from pinfix.configuration import Configuration
    from pinfix.network import Access
    from pinfix.pip_config import PipConfig
    from pinfix.planning.plan import Plan
    from pinfix.run import Outcome
    from pinfix.targets.target import Target

EXIT_CODES = """\b
Exit codes:
  0  done, also when changes were written
  1  only from --check and --diff: something would change
  2  bad input or usage
  3  no solution
  4  the index could not be reached, or answered nonsense
"""


class _Fix(click.Command):
    """A command whose --audit can do without a value, whatever word follows it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, ["--audit=tell" if a == "--audit" else a for a in args])


@click.command(cls=_Fix, epilog=EXIT_CODES)
@files_argument
@target_option
@python_option
@rules_option
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
    "--markdown",
    metavar="PATH|-",
    help="Also write the changes and their reasons as a table for a pull request; - is stdout.",
)
@click.option(
    "--audit",
    is_flag=False,
    flag_value="tell",
    type=click.Choice(["tell", "refuse", "off"]),
    default="off",
    help="Have pip-audit say which known vulnerabilities the changes bring in or take away; "
    "=refuse writes nothing that brings one in.",
)
@click.option(
    "--verify",
    is_flag=True,
    help="Install the result for real and import it before anything is written (see pinfix verify).",
)
@policy_options
@index_options
@cutoff_option
@cache_options
@verbosity_options()
@click.pass_context
def fix(ctx: click.Context, /, **given: Any) -> None:
    """Rewrite the pins in FILE... that cannot be installed from wheels on the target.

    The diff goes to stdout, the summary with the reason for every change to stderr.
    """
    output = _output(given)
    targets: Sequence[Target] = ()
    try:
        configuration = configure(given)
        require_files(given["files"])
        output = _output(given)  # as configured
        aim = aim_of(given)
        targets = aim.targets
        if not output.quiet:
            click.echo(aim.said, err=True, nl=False)
        in_folders = any(map(os.path.isdir, given["files"]))
        given["files"], took = expand(given["files"])
        for sentence in took if not output.quiet else ():
            click.echo(sentence, err=True)
        config = read_pip_config(os.environ)
        job = _job(given, targets, config, configuration)
        access = access_of(given, config)
        runs = runs_folder(ctx.obj or (), os.environ)
        if given["refresh"]:
            replay.forget(runs)  # they were made of answers that are asked for again
        with progress(quiet=output.quiet) as on_event:
            outcome = plan_each(job, access, on_event)
        if outcome.plan is None or (outcome.failures and output.needs_all):
            said = deliver_failures(outcome.failures, targets, output)
        else:
            plan = _annotated(outcome.plan, outcome, aim, config)
            if given["audit"] != "off":
                plan = _audited(plan, refuse=given["audit"] == "refuse")
            if given["verify"]:
                plan = _verified(plan, outcome, access, quiet=output.quiet)
            if output.lock is not None:
                deliver_lock(plan, outcome.consulted, output.lock, output)
                return
            said = deliver(plan, output, outcome.failures)
        # What lies in a folder may change without anything to see it by.
        if ctx.obj is not None and not (_asks_again(given) or in_folders):
            keep_run(
                runs,
                ctx.obj,
                outcome,
                output,
                replace(said, stderr=said.stderr if output.quiet else aim.said + said.stderr),
                files=given["files"],
                config=config,
                configuration=configuration,
                project=aim.project,
                access=access,
                hourly=is_age(given["exclude_newer"] or ""),
            )
        ctx.exit(said.code)
    except PinfixError as error:
        deliver_error(error, targets, output)
        ctx.exit(error.exit_code)


def _annotated(plan: Plan, outcome: Outcome, aim: Aim, config: PipConfig) -> Plan:
    """The plan with what is to be said beside it: of the indexes, of pip, of the target."""
    shared = [one.ambiguous for one in outcome.consulted]
    needed = {entry.name for entry in plan.closure}
    warnings = (*plan.warnings, *confusable(needed, shared))
    return replace(plan, warnings=warnings, inferred=aim.inferred)


def _asks_again(given: Mapping[str, Any]) -> bool:
    """Whether the run is to ask somebody anew, whatever was said before."""
    return bool(given["refresh"] or given["audit"] != "off" or given["verify"])


def _audited(plan: Plan, *, refuse: bool) -> Plan:
    """The plan with what is known of vulnerabilities. Raises VulnerableError where it is refused."""
    from pinfix.audit import audit
    from pinfix.report.audit import vulnerability_phrase

    found = audit(plan)
    if refuse and found.brought_in:
        listed = "\n".join(f"    {vulnerability_phrase(one)}" for one in found.brought_in)
        raise VulnerableError(
            f"the changes would bring in what is known to be vulnerable:\n{listed}\n"
            "hint: Without =refuse they are made, and this is said."
        )
    return replace(plan, audit=found)


def _verified(plan: Plan, outcome: Outcome, access: Access, *, quiet: bool) -> Plan:
    """The plan with what came of installing it. Raises UnprovenError where that failed."""
    from pinfix.commands.verifying import verify_plans
    from pinfix.planning.verified import is_proven
    from pinfix.report.verification import failure_text

    found = verify_plans(outcome.plans, access, quiet=quiet)
    if not is_proven(found):
        raise UnprovenError(failure_text(found))
    return replace(plan, verifications=tuple(found))


def _job(
    given: dict[str, Any],
    targets: Sequence[Target],
    config: PipConfig,
    configuration: Configuration,
) -> Job:
    return replace(
        job_of(given, given["files"], targets, config, configuration.rules),
        with_artifacts=given["lock"] is not None or given["verify"],
    )


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
        given[name]
        for name in ("output", "lock", "json", "markdown", "diff_file")
        if given[name] is not None
    ]
    places = [*named, *given["files"]]
    if len({os.path.realpath(path) for path in places}) < len(named) + len(
        {os.path.realpath(path) for path in given["files"]}
    ):
        raise click.UsageError("Two outputs, or an output and a FILE, are the same place.")
    return Output(
        output=given["output"],
        lock=given["lock"],
        diff_only=given["diff_only"],
        check=given["check"],
        diff_file=given["diff_file"],
        json=given["json"],
        markdown=given["markdown"],
        annotate=os.environ.get("GITHUB_ACTIONS") == "true",
        quiet=given["quiet"],
        verbose=given["verbose"],
        color=in_colour(given["color"]),
    )
