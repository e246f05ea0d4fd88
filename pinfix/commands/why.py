"""``pinfix why PACKAGE``: who requires it, and what stands against each of its versions."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from pinfix.commands.completion import complete_file
from pinfix.commands.configured import configure
from pinfix.commands.options import (
    access_of,
    aim_of,
    cache_options,
    cutoff_option,
    fail,
    index_options,
    job_of,
    progress,
    python_option,
    rules_option,
    target_option,
    verbose_option,
)
from pinfix.errors import InputError, NoSolutionError, PinfixError, UsageError
from pinfix.inputs import sources_of as tree_sources
from pinfix.network import Network
from pinfix.pip_config import read_pip_config
from pinfix.report.printable import printable
from pinfix.rulebook.packs import load_rule_book
from pinfix.run import Job, plan_tree, read_trees

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.evidence.why import Why
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.own import OwnRules
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target


@click.command()
@click.argument("package", metavar="PACKAGE")
@click.option(
    "-r",
    "--requirement",
    "files",
    multiple=True,
    metavar="FILE",
    shell_complete=complete_file,
    help="Say who requires it there, and what pinfix would make of it; repeatable.",
)
@target_option
@python_option
@rules_option
@index_options
@cutoff_option
@cache_options
@verbose_option("Every version and every path on a line.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def why(package: str, **given: Any) -> None:
    """Why PACKAGE is at the version it is: who requires it, and what is to be said of each version.

    PACKAGE may name a version to look into, pydantic-core==2.14.1. With several targets there is an
    answer for each.
    """
    from pinfix.report.why import why_json, why_text

    try:
        own = configure(given).rules
        aim = aim_of(given)
        click.echo(aim.said, err=True, nl=False)
        answers = _answers(package, aim.targets, given, own)
    except PinfixError as error:
        fail(error)
    if given["as_json"]:
        click.echo(why_json(answers), nl=False)
        return
    width = get_terminal_size((100, 24)).columns
    texts = [
        why_text(found, after, verbose=given["verbose"], width=width) for found, after in answers
    ]
    click.echo(printable("\n".join(texts)), nl=False)


def _answers(
    package: str, targets: Sequence[Target], given: Mapping[str, Any], own: OwnRules | None
) -> list[tuple[Why, str]]:
    """The answer for each target, and what pinfix makes of the package there."""
    name, asked = _named(package)
    config = read_pip_config(os.environ)
    job = job_of(given, given["files"], targets, config, own)
    book = load_rule_book(job.rules, own)
    with (
        progress(quiet=given["as_json"]) as on_event,
        Network(access_of(given, config), on_event) as network,
    ):
        trees: list[DocumentTree | None] = [*read_trees(job, network.fetch)]
        return [
            _answer(name, asked, target, job, book, tree, network)
            for target in targets
            for tree in trees or [None]
        ]


def _answer(
    name: NormalizedName,
    asked: Sequence[Version],
    target: Target,
    job: Job,
    book: RuleBook,
    tree: DocumentTree | None,
    network: Network,
) -> tuple[Why, str]:
    from pinfix.evidence.as_written import AsWritten
    from pinfix.evidence.why import why as why_of
    from pinfix.planning.rules_in_force import RulesInForce
    from pinfix.requirements.format_control import read_format_control
    from pinfix.resolve.facts import Facts
    from pinfix.resolve.judge import Judge

    index = network.open_index(job.sources if tree is None else tree_sources(job.sources, tree))
    facts = Facts(index, [target], None if tree is None else read_format_control(tree.options))
    if not facts.package(name).versions:
        raise InputError(f"{name} is not on the index", hint="Is its name spelt right?")
    judge = Judge(facts, job.policy, RulesInForce(book, facts).caps)
    written = None if tree is None else AsWritten(tree, facts)
    found = why_of(name, facts, judge, index, written, asked)
    return found, "" if tree is None else _after(name, target, job, book, tree, network)


def _after(
    name: NormalizedName,
    target: Target,
    job: Job,
    book: RuleBook,
    tree: DocumentTree,
    network: Network,
) -> str:
    """What pinfix would make of a package."""
    try:
        plan = plan_tree(tree, job.for_target(target), book, network.open_index)
    except NoSolutionError as error:
        return f"there is no solution. {str(error).splitlines()[0]}"
    entry = next((entry for entry in plan.closure if entry.name == name), None)
    if entry is None:
        return f"nothing requires {name} any more" if plan.changed else f"nothing requires {name}"
    return f"{name} {entry.version}"


def _named(package: str) -> tuple[NormalizedName, list[Version]]:
    """The package, and the versions that were named with it. Raises UsageError."""
    try:
        requirement = Requirement(package)
        versions = [Version(one.version) for one in requirement.specifier if one.operator == "=="]
    except (InvalidRequirement, InvalidVersion) as error:
        raise _no_package(package) from error
    if requirement.url is not None:
        raise _no_package(package)
    return canonicalize_name(requirement.name), versions


def _no_package(text: str) -> UsageError:
    return UsageError(
        f"{text} is no package: give a name, or NAME==VERSION to look into one version"
    )
