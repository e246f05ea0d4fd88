"""A project's migration, planned: its pins, the code that they reach, and its deploy files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from packaging.version import Version

from pinfix.evidence.modules import modules_of
from pinfix.inputs import sources_of
from pinfix.migrate.code import migrate_code, usages
from pinfix.migrate.deploy import migrate_deploy
from pinfix.migrate.imports import imports_of
from pinfix.migrate.keep import LostImport, gone, lost_imports, reduced
from pinfix.network import Network
from pinfix.planning.plan import merge_plans
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
# The packages whose use in code is listed where a rule took them, or an extra of them, away.
_LISTED = ("pyjwt", "python-jose", "orjson", "passlib")
_PYDANTIC_2 = Version("2")


@dataclass(frozen=True, slots=True)
class ProjectText:
    """What a migration reads beside requirements: paths are from the project's folder.

    ``deployed`` is the folder of the requirements below that of the deploy files.
    """

    sources: Mapping[str, bytes]
    deploy: Mapping[str, bytes]
    deployed: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be migrated: ``keep`` names the only requirements that stay, None for all.

    ``python`` (X.Y) is the Python that the deploy files are to name, None for the one they do.
    """

    parts: Collection[Part] = PARTS
    keep: Sequence[str] | None = None
    python: str | None = None


@dataclass(frozen=True, slots=True)
class Migration:
    """What would be done. ``plan`` is there whatever is asked for; ``lost`` are imports that fail."""

    plan: Plan
    code: tuple[FileMigration, ...]
    deploy: tuple[FileMigration, ...]
    lost: tuple[LostImport, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether there is anything to write."""
        return self.plan.changed or any(file.changed for file in (*self.code, *self.deploy))


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
        plan = _planned(trees, job, book, network)
        lost: tuple[LostImport, ...] = ()
        if wanted.keep is not None:
            contents = {
                path: data for tree in trees for path, data in reduced(tree, wanted.keep).items()
            }
            smaller = replace(job, contents=contents)
            kept = _planned(read_trees(smaller, network.fetch), smaller, book, network)
            lost = _lost(trees, plan, kept, text, wanted.keep, network, job)
            plan = _from_before(kept, plan)
    code = _code(plan, text.sources) if "code" in wanted.parts else ()
    deploy = (
        migrate_deploy(
            text.deploy, kept_sdists=plan.kept_sdists, python=wanted.python, folder=text.deployed
        )
        if "deploy" in wanted.parts
        else ()
    )
    if "pins" not in wanted.parts:
        plan = replace(
            plan, files=tuple(replace(f, after=f.before) for f in plan.files), changes=()
        )
    return Migration(plan, code, deploy, lost)


def _planned(trees: Sequence[DocumentTree], job: Job, book: RuleBook, network: Network) -> Plan:
    return merge_plans([plan_tree(tree, job, book, network.open_index) for tree in trees])


def _from_before(kept: Plan, plan: Plan) -> Plan:
    """The smaller plan, of which each file was what it is on disk."""
    before = {file.path: file.before for file in plan.files}
    files = tuple(replace(file, before=before[file.path]) for file in kept.files)
    return replace(kept, files=files)


def _lost(
    trees: Sequence[DocumentTree],
    plan: Plan,
    kept: Plan,
    text: ProjectText,
    keep: Sequence[str],
    network: Network,
    job: Job,
) -> tuple[LostImport, ...]:
    """The project's imports that only what is left out would bring."""
    index = network.open_index(sources_of(job.sources, trees[0]))
    left = modules_of(kept.closure, index)
    named = {name for tree in trees for name in gone(tree, keep)}
    taken = [entry for entry in plan.closure if entry.name not in left or entry.name in named]
    before = modules_of(taken, index)
    return tuple(lost_imports(imports_of(text.sources), left, before))


def _code(plan: Plan, sources: Mapping[str, bytes]) -> tuple[FileMigration, ...]:
    """The code on what becomes of its packages: where pydantic is 1, it is written for that."""
    versions = {entry.name: Version(entry.version) for entry in plan.closure}
    pydantic = versions.get("pydantic")
    fired = {change.rule.id for change in plan.changes if change.rule is not None}
    made: tuple[FileMigration, ...] = ()
    if pydantic is not None and pydantic < _PYDANTIC_2:
        made = migrate_code(sources, drop_email="email-validator" not in versions)
    ruled = {change.package for change in plan.changes if change.rule is not None and fired}
    listed = usages(sources, [name for name in _LISTED if name in ruled])
    return _joined(made, listed)


def _joined(
    made: Sequence[FileMigration], listed: Sequence[FileMigration]
) -> tuple[FileMigration, ...]:
    """The files with what is to be done by hand from both."""
    files = {file.path: file for file in made}
    for file in listed:
        known = files.get(file.path)
        files[file.path] = (
            file if known is None else replace(known, todo=tuple(sorted({*known.todo, *file.todo})))
        )
    return tuple(files[path] for path in sorted(files))


def written(migration: Migration, folder: Path) -> dict[str, bytes]:
    """What has to be written, by path: requirements as they were named, the rest below ``folder``."""
    files = {file.path: file.after for file in migration.plan.files if file.changed}
    others = {
        str(folder / file.path): file.after
        for file in (*migration.code, *migration.deploy)
        if file.changed
    }
    return files | others
