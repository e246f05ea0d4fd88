"""The whole story on one screen: read, rules, resolve, plan; ``writing`` does the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.inputs import Sources, environments, sources_of
from pinfix.planning.plan import merge_plans
from pinfix.planning.planner import make_plan
from pinfix.requirements.tree import is_remote
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS, load_rule_book

if TYPE_CHECKING:
    from pinfix.index.protocol import Index
    from pinfix.planning.plan import Plan
    from pinfix.requirements.lines import OptionLine
    from pinfix.requirements.tree import DocumentTree
    from pinfix.targets.target import Target


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: files, targets, rules, and the policy pins move under.

    ``environ`` is what ``${NAME}`` in the files stands for, ``configured`` what pip is configured
    to, as if it stood before all that the files say.
    """

    files: Sequence[str]
    targets: Sequence[Target]
    rules: Sequence[str] = DEFAULT_PACKS
    policy: Policy = field(default_factory=Policy)
    sources: Sources = field(default_factory=Sources)
    environ: Mapping[str, str] = field(default_factory=dict)
    configured: Sequence[OptionLine] = ()


def plan_job(
    job: Job,
    open_index: Callable[[Sources], Index],
    fetch: Callable[[str], bytes] | None = None,
) -> Plan:
    """Read the files and plan what has to change in them. Writes nothing.

    ``fetch`` gets what files include by an address. Raises InputError, UsageError, NoSolutionError
    or IndexUnavailableError.
    """

    def read(path: str) -> bytes:
        return fetch(path) if fetch and is_remote(path) else Path(path).read_bytes()

    trees = environments(job.files, cache(read), job.environ, job.configured)
    book = load_rule_book(job.rules)
    plans = [
        make_plan(
            tree,
            job.targets,
            book,
            _policy(job.policy, tree),
            open_index(sources_of(job.sources, tree)),
        )
        for tree in trees
    ]
    return plans[0] if len(plans) == 1 else merge_plans(plans)


def rewritten_files(plan: Plan) -> dict[str, bytes]:
    """What has to be written, by path: the files that change. See ``writing.write_files``."""
    return {file.path: file.after for file in plan.files if file.changed}


def _policy(given: Policy, tree: DocumentTree) -> Policy:
    pre = any(option.option == "--pre" for option in tree.options)
    return replace(given, allow_prereleases=True, pip_prereleases=True) if pre else given
