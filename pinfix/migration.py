"""A project's migration, planned: its pins, the code that they reach, and its deploy files."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from packaging.version import Version

from pinfix.errors import NoSolutionError
from pinfix.evidence.modules import modules_named, modules_of
from pinfix.inputs import sources_of
from pinfix.migrate.code.migration import migrate_code
from pinfix.migrate.code.usages import usages
from pinfix.migrate.deploy import migrate_deploy
from pinfix.migrate.imports import imports_of
from pinfix.migrate.keep import gone, lost_imports, reduced
from pinfix.migrate.migration import Migration
from pinfix.network import Network
from pinfix.planning.plan import merge_plans
from pinfix.records import record
from pinfix.rulebook.packs import load_rule_book
from pinfix.run import plan_tree, read_trees

if TYPE_CHECKING:
    from pinfix.index.client import IndexEvent
    from pinfix.migrate.changes import FileMigration
    from pinfix.network import Access
    from pinfix.planning.plan import Plan
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.packs import RuleBook
    from pinfix.run import Job

Part = Literal["pins", "code", "deploy"]
PARTS: tuple[Part, ...] = get_args(Part)
_PYDANTIC_2 = Version("2")


@record
class ProjectText:
    """What a migration reads beside requirements.

    ``sources`` are by their paths from ``folder``, ``deploy`` by theirs from ``root``; ``deployed``
    is the folder of the requirements below the latter.
    """

    folder: Path
    sources: Mapping[str, bytes]
    root: Path
    deploy: Mapping[str, bytes]
    deployed: str = ""


@record
class Wanted:
    """What is to be migrated: ``keep`` names the only requirements that stay, None for all.

    ``python`` (X.Y) is the Python that the deploy files are to name, None for the one they do.
    """

    parts: Collection[Part] = PARTS
    keep: Sequence[str] | None = None
    python: str | None = None


def plan_migration(
    job: Job,
    access: Access,
    text: ProjectText,
    wanted: Wanted,
    on_event: Callable[[IndexEvent], None] | None = None,
) -> Migration:
    """Plan the pins, and from what becomes of them the code and the deploy files. Writes nothing.

    Raises as ``plan_job`` does, and UsageError for a requirement to keep that is not there.
    """
    with Network(access, on_event) as network:
        book = load_rule_book(job.rules, job.own_rules)
        trees = read_trees(job, network.fetch)
        if wanted.keep is None:
            made = Migration(_planned(trees, job, book, network))
        else:
            made = _last_resort(wanted.keep, trees, job, book, text, network)
    plan = made.plan
    code: tuple[FileMigration, ...] = ()
    deploy: tuple[FileMigration, ...] = ()
    if "code" in wanted.parts:
        code = _shown(text.folder, _code(plan, text.sources))
    if "deploy" in wanted.parts:
        kept_sdists, python = plan.kept_sdists, wanted.python
        rewritten = migrate_deploy(
            text.deploy, kept_sdists=kept_sdists, python=python, folder=text.deployed
        )
        deploy = _shown(text.root, rewritten)
    if "pins" not in wanted.parts:
        untouched = tuple(replace(file, after=file.before) for file in plan.files)
        plan = replace(plan, files=untouched, changes=())
    return replace(made, plan=plan, code=code, deploy=deploy)


def _last_resort(
    keep: Sequence[str],
    trees: Sequence[DocumentTree],
    job: Job,
    book: RuleBook,
    text: ProjectText,
    network: Network,
) -> Migration:
    """The plan for what is kept alone, and the imports that only what is left out would bring."""
    smaller = _reduced(trees, keep)
    left_job = replace(job, contents={**job.contents, **smaller})
    plan = _planned(read_trees(left_job, network.fetch), left_job, book, network)
    left_out = {name: wish for tree in trees for name, wish in gone(tree, keep)}
    index = network.open_index(sources_of(job.sources, trees[0]))
    left = modules_of(plan.closure, index)
    try:
        brought = modules_of(_planned(trees, job, book, network).closure, index)
    except NoSolutionError:
        # No versions of all of them go together, which is what the last resort is for.
        brought = modules_named(left_out, index)
    taken = {name: at for name, at in brought.items() if name not in left or name in left_out}
    lost = tuple(lost_imports(imports_of(text.sources), left, taken))
    return Migration(
        _from_before(plan, trees), left_out=tuple(left_out), lost=lost, reduced=smaller
    )


def _reduced(trees: Sequence[DocumentTree], keep: Sequence[str]) -> dict[str, bytes]:
    return {path: data for tree in trees for path, data in reduced(tree, keep).items()}


def _shown(folder: Path, files: Sequence[FileMigration]) -> tuple[FileMigration, ...]:
    """The files by their paths from the working folder."""
    return tuple(replace(file, path=os.path.relpath(folder / file.path)) for file in files)


def _planned(trees: Sequence[DocumentTree], job: Job, book: RuleBook, network: Network) -> Plan:
    return merge_plans([plan_tree(tree, job, book, network.open_index) for tree in trees])


def _from_before(kept: Plan, trees: Sequence[DocumentTree]) -> Plan:
    """The smaller plan, of which each file was what it is on disk."""
    before = {document.path: document.data for tree in trees for document in tree.documents}
    files = tuple(replace(file, before=before[file.path]) for file in kept.files)
    return replace(kept, files=files)


def _code(plan: Plan, sources: Mapping[str, bytes]) -> tuple[FileMigration, ...]:
    """The code on what becomes of its packages: where pydantic is 1, it is written for that.

    Of what else a rule moved or took away, the uses that differ are listed.
    """
    versions = {entry.name: Version(entry.version) for entry in plan.closure}
    pydantic = versions.get("pydantic")
    made: tuple[FileMigration, ...] = ()
    if pydantic is not None and pydantic < _PYDANTIC_2:
        made = migrate_code(
            sources,
            drop_email="email-validator" not in versions,
            has_dotenv="python-dotenv" in versions,
        )
    ruled = {change.package for change in plan.changes if change.rule is not None}
    files = {file.path: file for file in made}
    for listed in usages(sources, sorted(ruled)):
        known = files.get(listed.path, listed)
        files[listed.path] = replace(known, todo=tuple(sorted({*known.todo, *listed.todo})))
    return tuple(files[path] for path in sorted(files))
