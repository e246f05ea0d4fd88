"""One plan for each of many targets: the same files, the same rules, the same index."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pinfix.errors import NoSolutionError, PinfixError
from pinfix.inputs import Failure, confusable
from pinfix.network import Access, Consulted, Network, together
from pinfix.parallel import each_in_processes, is_worth_it
from pinfix.planning.matrix import Cell, Matrix
from pinfix.planning.plan import Plan, merge_plans
from pinfix.rulebook.packs import load_rule_book
from pinfix.run import Job, plan_environment, read_trees

if TYPE_CHECKING:
    from pinfix.index.client import IndexEvent
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.packs import RuleBook
    from pinfix.targets.target import Target

# A target's cell, or what ends the run, and what was asked for it.
_Answer = tuple["Cell | PinfixError", tuple[Consulted, ...]]


def make_matrix(
    job: Job, access: Access, on_event: Callable[[IndexEvent], None] | None = None
) -> Matrix:
    """The job's files planned for each of its targets by itself. Writes nothing.

    Raises as ``plan_job`` does, but for what has no solution on a target: its cell says so. Many
    targets are shared among processes, one for each core.
    """
    first, *others = dict.fromkeys(job.targets)
    with Network(access, on_event) as network:
        trees = read_trees(job, network.fetch)
        plan_one = partial(
            _planned_cell, trees=trees, job=job, book=load_rule_book(job.rules, job.own_rules)
        )
        # It asks for nearly all that the others need: the store has it for all processes.
        answers = [plan_one(first, network)]
        shared = not access.refresh and is_worth_it(others) and _is_good(answers)
        if not shared:
            answers += [plan_one(target, network) for target in others if _is_good(answers)]
    if shared:  # the store closed: no process may inherit it
        importlib.import_module("pinfix.planning.planner")  # once, before there are processes

        answers += each_in_processes(plan_one, others, access)
    for answer, _ in answers:
        if isinstance(answer, PinfixError):
            raise answer
    cells = {cell.target: cell for cell, _ in answers if isinstance(cell, Cell)}
    needed = frozenset().union(*(cell.needed for cell in cells.values()))
    consulted = together(one for _, asked in answers for one in asked)
    return Matrix(
        files=tuple(document.path for tree in trees for document in tree.roots),
        cells=tuple(replace(cells[target], target=target) for target in _columns(job.targets)),
        warnings=tuple(confusable(needed, [one.ambiguous for one in consulted])),
    )


def _is_good(answers: Sequence[_Answer]) -> bool:
    """Whether it makes sense to go on: what fails for one target for good fails for all."""
    return not any(isinstance(answer, PinfixError) for answer, _ in answers)


def _columns(targets: Sequence[Target]) -> list[Target]:
    """Each row and column once; two names of one target, such as presets, are two columns."""
    places = {(Cell(target).python, Cell(target).platform): target for target in reversed(targets)}
    return list(reversed(places.values()))


def _planned_cell(
    target: Target, network: Network, *, trees: Sequence[DocumentTree], job: Job, book: RuleBook
) -> _Answer:
    """What one target would have changed in all files, or the error that ends the run."""
    every = [
        plan_environment(tree, network, job=job.for_target(target), book=book) for tree in trees
    ]
    asked = tuple(one.consulted for one in every if one.consulted is not None)
    return cell_of(target, [one.answer for one in every]), asked


def cell_of(target: Target, outcomes: Sequence[Plan | Failure]) -> Cell | PinfixError:
    """What became of each environment on one target, as its cell."""
    failures = [one for one in outcomes if isinstance(one, Failure)]
    for failure in failures:
        if not isinstance(failure.error, NoSolutionError):
            return failure.error
    if failures:
        several = len(outcomes) > 1
        said = (str(failure if several else failure.error) for failure in failures)
        return Cell(target, refusal="\n".join(said))
    plan = merge_plans([one for one in outcomes if isinstance(one, Plan)])
    return Cell(
        target,
        plan.changes,
        warnings=plan.warnings,
        kept_sdists=plan.kept_sdists,
        needed=frozenset(entry.name for entry in plan.closure),
    )
