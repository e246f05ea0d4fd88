"""pinfix for programs: a text in, a plan out. Prints nothing, and reads no file that is not named."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timezone
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from pinfix.configuration import read_configuration
from pinfix.errors import InputError, UsageError
from pinfix.inputs import Sources, confusable
from pinfix.network import Access, Network
from pinfix.pip_config import PipConfig, read_pip_config
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS, RuleBook, load_rule_book
from pinfix.run import Job, plan_job, rewritten_files
from pinfix.targets.host import find_target
from pinfix.targets.target import Target
from pinfix.writing import write_files

if TYPE_CHECKING:
    from pinfix.index.client import IndexStrategy
    from pinfix.index.protocol import Index
    from pinfix.planning.plan import Plan
    from pinfix.rulebook.own import OwnRules

_UNCONFIGURED = PipConfig((), (), None, None, None, None, "disabled", {})


def rewrite(
    text: str | bytes,
    *,
    target: str | Target | Sequence[str | Target],
    rules: str | Sequence[str] | RuleBook = DEFAULT_PACKS,
    index: Index | Sources | str | None = None,
    policy: Policy | None = None,
    path: str = "requirements.txt",
    files: Mapping[str, str | bytes] | None = None,
    index_strategy: IndexStrategy = "best-match",
    cache_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    refresh: bool = False,
    environ: Mapping[str, str] | None = None,
    artifacts: bool = False,
) -> Plan:
    """Plan what has to change in a requirements file so that its closure installs from wheels.

    ``text`` is the file's content and ``path`` what it is called in the plan: a name that ends in
    ``pyproject.toml`` is read as one. ``files`` are those that it includes by ``-r`` and ``-c``, by
    path; no other file of the disk is read. The new content is ``plan.files[0].after``, as bytes.

    ``target`` is a tag such as ``cp313-manylinux``, or several that one version is to serve.
    ``rules`` are names of rule packs or paths, ``"none"``, or a rule book.

    ``index`` is the URL or the folder of an index, ``Sources`` (several indexes, flat links), or an
    ``Index`` of your own, which then answers for whatever the text says of indexes; None is PyPI. An
    index or a page of links that the text names is asked, as pip would ask it.

    What indexes say is kept in ``cache_dir`` between calls, by default nowhere. ``offline`` uses
    only what is there, ``refresh`` asks anew. With ``environ=os.environ``, ``${NAME}`` in the text
    stands for that variable, and pip's configuration and keyring are obeyed, as by the command line.
    ``artifacts`` lists every file of a release, with its hashes, in the plan's closure.

    Each call opens and closes what it needs, and may run beside others in threads. Raises
    InputError, UsageError, NoSolutionError or IndexUnavailableError, all of them PinfixError.
    """
    included = {os.path.normpath(name): content for name, content in (files or {}).items()}
    contents = {name: _data(content, name) for name, content in {**included, path: text}.items()}
    config = _UNCONFIGURED if environ is None else read_pip_config(environ)
    job = Job(
        files=[path],
        targets=_targets(target),
        policy=_policy(policy),
        sources=_sources(index),
        environ=environ or {},
        configured=config.options,
        imposed=config.constraints,
        contents=contents,
        only_contents=True,
        with_artifacts=artifacts,
    )
    access = _access(config, cache_dir, index_strategy, offline=offline, refresh=refresh)
    return _planned(job, _book(rules), index, access)


def rewrite_files(
    files: Sequence[str | os.PathLike[str]],
    *,
    target: str | Target | Sequence[str | Target],
    rules: str | Sequence[str] | RuleBook = DEFAULT_PACKS,
    index: Index | Sources | str | None = None,
    policy: Policy | None = None,
    index_strategy: IndexStrategy = "best-match",
    cache_dir: str | os.PathLike[str] | None = None,
    offline: bool = False,
    refresh: bool = False,
    environ: Mapping[str, str] | None = None,
    artifacts: bool = False,
) -> Plan:
    """Plan for files of the disk, and what they include. Writes nothing: see ``write``.

    Files that belong together (by ``-r`` and ``-c``, or one compiled from another) are one
    environment; the project's own rules, in its ``pyproject.toml`` or ``pinfix.toml``, are in force
    unless ``rules`` is a rule book, and what else is configured there is the command line's. All
    else is as for ``rewrite``, which it raises errors as.
    """
    paths = [os.fspath(path) for path in files]
    config = _UNCONFIGURED if environ is None else read_pip_config(environ)
    job = Job(
        files=paths,
        targets=_targets(target),
        policy=_policy(policy),
        sources=_sources(index),
        environ=environ or {},
        configured=config.options,
        imposed=config.constraints,
        with_artifacts=artifacts,
    )
    access = _access(config, cache_dir, index_strategy, offline=offline, refresh=refresh)
    return _planned(job, _book(rules, read_configuration(paths).rules), index, access)


def write(plan: Plan) -> tuple[str, ...]:
    """Write the files that the plan changes, each whole or not at all; their paths.

    Raises InputError for a file that cannot be written.
    """
    changed = rewritten_files(plan)
    write_files(changed)
    return tuple(changed)


def _planned(job: Job, book: RuleBook, index: Index | Sources | str | None, access: Access) -> Plan:
    if not (index is None or isinstance(index, Sources | str)):
        found = index
        return plan_job(job, lambda _: found, book=book)
    with Network(access) as network:
        asked: list[Sources] = []

        def open_index(sources: Sources) -> Index:
            asked.append(sources)
            return network.open_index(sources)

        plan = plan_job(job, open_index, network.fetch, book=book)
        shared = [network.consulted(sources).ambiguous for sources in asked]
    needed = {entry.name for entry in plan.closure}
    return replace(plan, warnings=(*plan.warnings, *confusable(needed, shared)))


def _targets(given: str | Target | Sequence[str | Target]) -> list[Target]:
    several = [given] if isinstance(given, str | Target) else given
    if not several:
        raise UsageError("there is no target; name one, such as cp313-manylinux")
    return [one if isinstance(one, Target) else find_target(one) for one in several]


def _book(given: str | Sequence[str] | RuleBook, own: OwnRules | None = None) -> RuleBook:
    if isinstance(given, RuleBook):
        return given
    return load_rule_book([given] if isinstance(given, str) else given, own)


def _policy(given: Policy | None) -> Policy:
    """The policy with names as indexes write them; a moment without an offset is in UTC."""
    if given is None:
        return Policy()
    cutoff = given.exclude_newer
    if cutoff is not None and cutoff.tzinfo is None:
        cutoff = cutoff.replace(tzinfo=timezone.utc)
    names = frozenset(map(canonicalize_name, given.allow_ancient))
    return replace(given, exclude_newer=cutoff, allow_ancient=names)


def _sources(index: Index | Sources | str | None) -> Sources:
    if isinstance(index, Sources):
        return index
    return Sources(index_url=index) if isinstance(index, str) else Sources()


def _access(
    config: PipConfig,
    cache_dir: str | os.PathLike[str] | None,
    strategy: IndexStrategy,
    *,
    offline: bool,
    refresh: bool,
) -> Access:
    if offline and cache_dir is None:
        raise UsageError("offline needs a cache_dir: without one nothing is kept")
    keep = cache_dir is not None
    folder = os.fspath(cache_dir) if cache_dir is not None else ""
    return Access(folder, config, offline, refresh, strategy, keep)


def _data(content: str | bytes, path: str) -> bytes:
    try:
        return content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise InputError(f"the text is no Unicode: {error}", path=path) from error
