"""What became of environments, kept from run to run: one that is as it was is not planned again.

For runs of many files, of which one was edited: ``pinfix.replay`` tells the same run again, this
spares the planning of all that did not change. A record is found by everything that its answer
depends on, and holds as long as what the index said is fresh. An outage is never kept.
"""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pinfix import errors, replay
from pinfix.errors import PinfixError
from pinfix.inputs import Failure, sources_of
from pinfix.network import Consulted
from pinfix.planning import plan
from pinfix.planning.plan import Plan
from pinfix.requirements.format_control import FormatControl
from pinfix.requirements.logical import variables_in
from pinfix.rulebook.rule import Rule
from pinfix.run import Planned
from pinfix.targets.target import Target

if TYPE_CHECKING:
    from pinfix.inputs import Sources
    from pinfix.network import Access
    from pinfix.requirements.tree import DocumentTree
    from pinfix.rulebook.own import OwnRules
    from pinfix.rulebook.packs import RuleBook
    from pinfix.run import Job

# Raise it whenever a record would be written or read differently.
FORMAT: Final = 1
# Some 10 kB each; beyond these, the oldest go.
MAX_RECORDS: Final = 2000
# How long an answer holds that was made offline, from a store that does not change.
A_DAY: Final = 86400.0
# What an answer is made of; nothing else is loaded from a record, whoever wrote it.
_PARTS: Final = {
    (part.__module__, part.__name__): part
    for part in (
        *(part for module in (plan, errors) for part in vars(module).values()),
        *(Failure, FormatControl),
    )
    if isinstance(part, type) and part.__module__.startswith("pinfix.")
} | {(errors.__name__, "remade"): errors.remade}


class KeptPlans:
    """The kept answers for the environments of one job."""

    def __init__(
        self, job: Job, book: RuleBook, access: Access, rule_files: Mapping[str, bytes | None]
    ) -> None:
        """``rule_files`` are the packs that are given by their paths."""
        self._job = job
        self._book = book
        self._access = access
        self._folder = Path(access.cache, replay.PLANS)
        # As it is before it is read: what another run writes meanwhile is seen the next time.
        self._store = replay.store_state(access.cache) if access.offline else None
        self._asked = _of_job(job, access, rule_files)

    def find(self, tree: DocumentTree) -> Planned | None:
        """The answer that is kept for an environment, if all that it depends on is as it was."""
        sources = self._sources(tree)
        if sources is None or self._access.refresh:
            return None
        try:
            body = replay.read_record(str(self._place(tree, sources)))
            answer, ambiguous, fresh_until, places, store = _Reader(
                body, self._job, self._book
            ).load()
        except (OSError, ValueError, LookupError, TypeError, StopIteration, pickle.UnpicklingError):
            return None
        if not replay.is_fresh(fresh_until) or store != self._store:
            return None
        if any(replay.place_state(path) != state for path, state in places.items()):
            return None
        return Planned(
            answer, Consulted(sources, ambiguous, fresh_until, frozenset(map(Path, places)))
        )

    def keep(self, answers: Iterable[tuple[DocumentTree, Planned]]) -> None:
        """Keep answers for the next run. Where that cannot be, nothing is lost."""
        for tree, planned in answers:
            self._keep(tree, planned)
        replay.prune(str(self._folder), MAX_RECORDS)

    def _keep(self, tree: DocumentTree, planned: Planned) -> None:
        asked = planned.consulted
        if asked is None or not is_lasting(planned.answer):
            return
        fresh_until = time.time() + A_DAY if self._access.offline else asked.fresh_until
        if not replay.is_fresh(fresh_until):
            return
        places = {str(path): replay.place_state(str(path)) for path in asked.local_paths}
        body = io.BytesIO()
        _Writer(body, self._job).dump(
            (planned.answer, dict(asked.ambiguous), fresh_until, places, self._store)
        )
        replay.write_record(str(self._place(tree, asked.sources)), body.getvalue())

    def _sources(self, tree: DocumentTree) -> Sources | None:
        try:
            return sources_of(self._job.sources, tree)
        except PinfixError:
            return None

    def _place(self, tree: DocumentTree, sources: Sources) -> Path:
        documents = [(document.path, document.data) for document in tree.documents]
        names = sorted({name for _, data in documents for name in variables_in(data)})
        asked = (
            self._asked,
            sources,
            [root.path for root in tree.roots],
            documents,
            [(name, self._job.environ.get(name)) for name in names],
        )
        return self._folder / hashlib.sha256(repr(asked).encode()).hexdigest()


def is_lasting(answer: Plan | Failure) -> bool:
    """Whether the same question has the same answer: an outage may be over the next time."""
    return isinstance(answer, Plan) or answer.error.exit_code in replay.REFUSALS


def _of_job(job: Job, access: Access, rule_files: Mapping[str, bytes | None]) -> str:
    """All that the answers depend on beside the environment itself."""
    policy, config = job.policy, access.config
    asked = (
        (FORMAT, replay.program(), os.getcwd()),
        [_of_target(target) for target in job.targets],
        (list(job.rules), sorted(rule_files.items()), _of_rules(job.own_rules)),
        (replace(policy, allow_ancient=frozenset()), sorted(policy.allow_ancient)),
        (access.offline, access.strategy),
        (config.cert, config.client_cert, config.proxy, config.keyring_provider),
        (list(job.configured), list(job.imposed), job.with_artifacts),
    )
    return hashlib.sha256(repr(asked).encode()).hexdigest()


def _of_rules(own: OwnRules | None) -> object:
    if own is None:
        return None
    rules = [
        [
            sorted(v) if isinstance(v := getattr(rule, f.name), frozenset) else str(v)
            for f in fields(rule)
        ]
        for rule in own.pack.rules
    ]
    return own.pack.name, own.pack.path, rules, sorted(own.disabled.items())


def _of_target(target: Target) -> tuple[object, ...]:
    return (
        (target.text, target.name, target.implementation, str(target.python_version)),
        (target.platform_tag, target.summary, sorted(target.environment.items())),
        list(map(str, target.tags)),
    )


class _Writer(pickle.Pickler):
    """Writes an answer; of its targets and rules only which of the job's they are."""

    def __init__(self, file: io.BytesIO, job: Job) -> None:
        super().__init__(file, protocol=5)
        self._targets = job.targets

    def persistent_id(self, obj: Any) -> tuple[str, object] | None:
        if isinstance(obj, Target):
            return "target", self._targets.index(obj)
        return ("rule", (obj.package, obj.id)) if isinstance(obj, Rule) else None


class _Reader(pickle.Unpickler):
    """Reads what ``_Writer`` wrote, and loads nothing but what an answer is made of."""

    def __init__(self, data: bytes, job: Job, book: RuleBook) -> None:
        super().__init__(io.BytesIO(data))
        self._targets = job.targets
        self._book = book

    def persistent_load(self, pid: Any) -> Target | Rule:
        kind, which = pid
        if kind == "target":
            target: Target = self._targets[which]
            return target
        package, rule_id = which
        return next(rule for rule in self._book.for_package(package) if rule.id == rule_id)

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _PARTS:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return _PARTS[module, name]
