"""The whole story on one screen: read, rules, resolve, plan; ``writing`` does the rest."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from errno import ENOENT
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix import replay
from pinfix.errors import NoSolutionError, PinfixError, to_keep
from pinfix.inputs import Failure, Sources, environments, sought_places, sources_of
from pinfix.network import Access, Consulted, Network, together
from pinfix.parallel import each_in_processes, is_worth_it
from pinfix.planning.plan import Plan, merge_plans
from pinfix.records import record
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


@record
class Job:
    """What is to be done: files, targets, rules, and the policy pins move under.

    ``environ`` is what ``${NAME}`` in the files stands for, ``configured`` what pip is configured
    to, as if it stood before all that the files say, ``imposed`` the constraints files that it is
    configured to. ``own_rules`` are the project's;
    ``with_artifacts`` is as for ``make_plan``. ``contents`` are in the place of what lies at a path;
    with ``only_contents`` nothing else is read from the disk, but for what is ``imposed``.
    """

    files: Sequence[str]
    targets: Sequence[Target]
    rules: Sequence[str] = DEFAULT_PACKS
    policy: Policy = field(default_factory=Policy)
    sources: Sources = field(default_factory=Sources)
    environ: Mapping[str, str] = field(default_factory=dict)
    configured: Sequence[OptionLine] = ()
    imposed: Sequence[str] = ()
    own_rules: OwnRules | None = None
    contents: Mapping[str, bytes] = field(default_factory=dict)
    only_contents: bool = False
    with_artifacts: bool = True

    def for_target(self, target: Target) -> Job:
        """The same job for one target alone."""
        return replace(self, targets=[target])


@record
class Outcome:
    """What became of a job: one plan of all that can be done, None for nothing, and what cannot.

    ``plans`` are those of each environment, with where its packages come from.
    ``consulted`` is what was asked of which indexes, ``read`` what was read or looked for, None for
    what is not there, ``sought`` where a folder of packages was looked for. ``store`` is the store
    as it was before (see ``replay.store_state``).
    """

    plan: Plan | None
    plans: tuple[tuple[Plan, Sources], ...]
    failures: tuple[Failure, ...]
    consulted: tuple[Consulted, ...]
    read: Mapping[str, bytes | None]
    sought: frozenset[str]
    store: Sequence[int]

    @property
    def exit_code(self) -> int:
        """The highest of the failures' exit codes; 0 without any."""
        return max((failure.error.exit_code for failure in self.failures), default=0)


@record
class Planned:
    """What became of one environment, and what it asked; None where its sources are no sources."""

    answer: Plan | Failure
    consulted: Consulted | None


def plan_job(
    job: Job,
    open_index: Callable[[Sources], Index],
    fetch: Callable[[str], bytes] | None = None,
    book: RuleBook | None = None,
) -> Plan:
    """Read the files and plan what has to change in them. Writes nothing.

    ``fetch`` gets what files include by an address; a ``book`` is in the place of the job's rules.
    Raises InputError, UsageError, NoSolutionError or IndexUnavailableError for the first file that
    nothing can be done with.
    """
    trees = read_trees(job, fetch)
    book = book or load_rule_book(job.rules, job.own_rules)
    return merge_plans([plan_tree(tree, job, book, open_index) for tree in trees])


def read_trees(job: Job, fetch: Callable[[str], bytes] | None = None) -> list[DocumentTree]:
    """The files of a job, one tree for each environment. Raises the first file's error."""
    trees, failures = _read(job, fetch, {})
    for failure in failures:
        raise failure.error
    return trees


def plan_each(
    job: Job, access: Access, on_event: Callable[[IndexEvent], None] | None = None
) -> Outcome:
    """As ``plan_job``, but what cannot be done for one file keeps no other from being done.

    Of many environments those that are as they were are not planned again, and the others are
    shared among processes, one for each core.
    """
    if access.refresh:
        replay.forget(access.cache)
    store = replay.store_state(access.cache)
    rule_files = {path: Path(path).read_bytes() for path in job.rules if Path(path).is_file()}
    read: dict[str, bytes | None] = {**rule_files}
    with Network(access, on_event) as network:
        book = load_rule_book(job.rules, job.own_rules)
        trees, failures = _read(job, network.fetch, read)
        # A run of one is told again as a whole, or not at all.
        kept = None
        if len(trees) > 1:
            from pinfix.kept_plans import KeptPlans

            kept = KeptPlans(job, book, access, rule_files)
        known = [kept and kept.find(tree) for tree in trees]
        left = [tree for tree, found in zip(trees, known, strict=True) if found is None]
        plan_one = partial(plan_environment, job=job, book=book)
        shared = is_worth_it(left)
        if not shared:
            planned = [plan_one(tree, network) for tree in left]
    if shared:  # the store closed: no process may inherit it
        importlib.import_module("pinfix.planning.planner")  # once, before there are processes

        planned = each_in_processes(plan_one, left, access, weight=_lines)
    if kept is not None:
        kept.keep(zip(left, planned, strict=True))
    anew = iter(planned)
    every = [found or next(anew) for found in known]
    plans = [
        (one.answer, one.consulted.sources)
        for one in every
        if isinstance(one.answer, Plan) and one.consulted is not None
    ]
    failures += [one.answer for one in every if isinstance(one.answer, Failure)]
    failures.sort(key=lambda failure: job.files.index(failure.files[0]))
    return Outcome(
        plan=merge_plans([plan for plan, _ in plans]) if plans else None,
        plans=tuple(plans),
        failures=tuple(failures),
        consulted=together(one.consulted for one in every if one.consulted is not None),
        read=read,
        sought=frozenset(path for tree in trees for path in sought_places(tree)),
        store=store,
    )


def _lines(tree: DocumentTree) -> int:
    """How much there is to plan, at a guess."""
    return sum(1 for _ in tree.requirements())


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

    policy = _policy(job.policy, tree)
    try:
        return make_plan(tree, job.targets, book, policy, index, with_artifacts=job.with_artifacts)
    except NoSolutionError as error:
        if not book.clashes:
            raise
        said = (f"hint: {clash}." for clash in book.clashes)
        raise NoSolutionError("\n".join([str(error), *said])) from error


def plan_environment(tree: DocumentTree, network: Network, *, job: Job, book: RuleBook) -> Planned:
    """The plan for one environment, or why there is none, and what was asked for it."""
    files = tuple(document.path for document in tree.roots)
    network.forget()
    try:
        sources = sources_of(job.sources, tree)
    except PinfixError as error:
        return Planned(Failure(files, error), None)
    answer: Plan | Failure
    try:
        answer = plan_tree(tree, job, book, network.open_index)
        needed = {entry.name for entry in answer.closure}
    except PinfixError as error:
        answer, needed = Failure(files, to_keep(error)), set()
    # All that one process asked for; of this environment are only the packages that it needs.
    asked = network.consulted(sources)
    ambiguous = {name: places for name, places in asked.ambiguous.items() if name in needed}
    return Planned(answer, replace(asked, ambiguous=ambiguous))


def _read(
    job: Job, fetch: Callable[[str], bytes] | None, noted: dict[str, bytes | None]
) -> tuple[list[DocumentTree], list[Failure]]:
    """The environments; all that is read for them, or is not there, is ``noted``."""

    def read(path: str, *, only_contents: bool = job.only_contents) -> bytes:
        noted[path] = None
        if path in job.contents:
            return job.contents[path]
        if fetch and is_remote(path):
            data = fetch(path)
        elif only_contents:
            raise FileNotFoundError(ENOENT, "it is not among the files given", path)
        else:
            data = Path(path).read_bytes()
        noted[path] = data
        return data

    return environments(
        job.files,
        cache(read),
        job.environ,
        job.configured,
        job.imposed,
        cache(partial(read, only_contents=False)),
    )


def rewritten_files(plan: Plan) -> dict[str, bytes]:
    """What has to be written, by path: the files that change. See ``writing.write_files``."""
    return {file.path: file.after for file in plan.files if file.changed}


def _policy(given: Policy, tree: DocumentTree) -> Policy:
    pre = any(option.option == "--pre" for option in tree.options)
    return replace(given, allow_prereleases=True, pip_prereleases=True) if pre else given
