"""The whole story on one screen: read, rules, resolve, plan; ``writing`` does the rest."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.errors import NoSolutionError, PinfixError
from pinfix.inputs import Failure, Sources, environments, sources_of
from pinfix.network import Access, Consulted, Network
from pinfix.parallel import each_in_processes, is_worth_it
from pinfix.planning.plan import Plan, merge_plans
from pinfix.requirements.tree import is_remote
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS, load_rule_book

if TYPE_CHECKING:
    from pinfix.index.client import IndexEvent
    from pinfix.index.protocol import Index
    from pinfix.requirements.lines import OptionLine
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.own import OwnRules
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: files, targets, rules, and the policy pins move under.

    ``environ`` is what ``${NAME}`` in the files stands for, ``configured`` what pip is configured
    to, as if it stood before all that the files say. ``own_rules`` are the project's.
    """

    files: Sequence[str]
    targets: Sequence[Target]
    rules: Sequence[str] = DEFAULT_PACKS
    policy: Policy = field(default_factory=Policy)
    sources: Sources = field(default_factory=Sources)
    environ: Mapping[str, str] = field(default_factory=dict)
    configured: Sequence[OptionLine] = ()
    own_rules: OwnRules | None = None

    def for_target(self, target: Target) -> Job:
        """The same job for one target alone."""
        return replace(self, targets=[target])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: one plan of all that can be done, None for nothing, and what cannot.

    ``consulted`` is what was asked of which indexes.
    """

    plan: Plan | None
    failures: tuple[Failure, ...]
    consulted: tuple[Consulted, ...] = ()

    @property
    def exit_code(self) -> int:
        """The highest of the failures' exit codes; 0 without any."""
        return max((failure.error.exit_code for failure in self.failures), default=0)


def plan_job(
    job: Job,
    open_index: Callable[[Sources], Index],
    fetch: Callable[[str], bytes] | None = None,
) -> Plan:
    """Read the files and plan what has to change in them. Writes nothing.

    ``fetch`` gets what files include by an address. Raises InputError, UsageError, NoSolutionError
    or IndexUnavailableError for the first file that nothing can be done with.
    """
    trees = read_trees(job, fetch)
    book = load_rule_book(job.rules, job.own_rules)
    return merge_plans([plan_tree(tree, job, book, open_index) for tree in trees])


def read_trees(job: Job, fetch: Callable[[str], bytes] | None = None) -> list[DocumentTree]:
    """The files of a job, one tree for each environment. Raises the first file's error."""
    trees, failures = _read(job, fetch)
    for failure in failures:
        raise failure.error
    return trees


def plan_each(
    job: Job, access: Access, on_event: Callable[[IndexEvent], None] | None = None
) -> Outcome:
    """As ``plan_job``, but what cannot be done for one file keeps no other from being done.

    Many environments are shared among processes, one for each core.
    """
    with Network(access, on_event) as network:
        trees, failures = _read(job, network.fetch)
        plan_one = partial(plan_or_failure, job=job, book=load_rule_book(job.rules, job.own_rules))
        shared = is_worth_it(trees)
        if not shared:
            planned = [plan_one(tree, network) for tree in trees]
            consulted = network.consulted
    if shared:  # the store closed: no process may inherit it
        importlib.import_module("pinfix.planning.planner")  # once, before there are processes

        planned, consulted = each_in_processes(plan_one, trees, access)
    plans = [one for one in planned if isinstance(one, Plan)]
    failures += [one for one in planned if isinstance(one, Failure)]
    failures.sort(key=lambda failure: job.files.index(failure.files[0]))
    return Outcome(merge_plans(plans) if plans else None, tuple(failures), consulted)


def plan_tree(
    tree: DocumentTree, job: Job, book: RuleBook, open_index: Callable[[Sources], Index]
) -> Plan:
    """The plan for one environment. Raises as ``plan_job`` does."""
    index = open_index(sources_of(job.sources, tree))
    # On their way while the planner is imported.
    index.prefetch_listings(
        dict.fromkeys(line.name for _, line in tree.requirements() if line.name)
    )
    from pinfix.planning.planner import make_plan

    try:
        return make_plan(tree, job.targets, book, _policy(job.policy, tree), index)
    except NoSolutionError as error:
        if not book.clashes:
            raise
        said = (f"hint: {clash}." for clash in book.clashes)
        raise NoSolutionError("\n".join([str(error), *said])) from error


def plan_or_failure(
    tree: DocumentTree, network: Network, *, job: Job, book: RuleBook
) -> Plan | Failure:
    """The plan for one environment, or why there is none."""
    try:
        return plan_tree(tree, job, book, network.open_index)
    except PinfixError as error:
        return Failure(tuple(document.path for document in tree.roots), error)


def _read(
    job: Job, fetch: Callable[[str], bytes] | None
) -> tuple[list[DocumentTree], list[Failure]]:
    def read(path: str) -> bytes:
        return fetch(path) if fetch and is_remote(path) else Path(path).read_bytes()

    return environments(job.files, cache(read), job.environ, job.configured)


def rewritten_files(plan: Plan) -> dict[str, bytes]:
    """What has to be written, by path: the files that change. See ``writing.write_files``."""
    return {file.path: file.after for file in plan.files if file.changed}


def _policy(given: Policy, tree: DocumentTree) -> Policy:
    pre = any(option.option == "--pre" for option in tree.options)
    return replace(given, allow_prereleases=True, pip_prereleases=True) if pre else given
