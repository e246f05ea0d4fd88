"""Whether a closure works on a target: installed and imported here, or looked into, and what is left."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pinfix.errors import VerifyError
from pinfix.planning.verified import Step, Verification
from pinfix.records import record
from pinfix.verify.environment import (
    Environment,
    check,
    make_environment,
    sync,
    sync_command,
    versions,
    without_compilers,
)
from pinfix.verify.imports import Imported, import_all
from pinfix.verify.interpreters import Python, find_python
from pinfix.verify.kept import KeptVerifications, digest_of
from pinfix.verify.pip_settings import pip_environ
from pinfix.verify.process import telling_lines, traceback_lines
from pinfix.verify.wheels import PlannedFile, Shelf, look_into, planned_files

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from pinfix.inputs import Sources
    from pinfix.pip_config import PipConfig
    from pinfix.planning.plan import Plan
    from pinfix.targets.target import Target


@record
class Means:
    """What there is to verify with.

    ``environ`` are the variables of the process, ``cache`` is pinfix's cache folder; ``tell`` is
    called with what is being done now.
    """

    environ: Mapping[str, str]
    config: PipConfig
    cache: str
    offline: bool = False
    refresh: bool = False
    tell: Callable[[str], object] = str


def verify(
    plan: Plan, target: Target, sources: Sources, shelf: Shelf, means: Means
) -> Verification:
    """What comes of installing a plan's closure on a target, or of the same closure before.

    The plan needs its artifacts. Raises UsageError where pip-tools is missing, VerifyError where it
    must not be installed (offline) and was not before, IndexUnavailableError.
    """
    names = tuple(file.path for file in plan.files)
    files = planned_files(plan, target)
    found = find_python(target, [file.filename for file in files], means.environ)
    python = found if isinstance(found, Python) else None
    kept = KeptVerifications(means.cache)
    digest = digest_of(files, target, python, plan.direct)
    # Without hashes the same names may be other files by now.
    may_be_kept = all(file.sha256 for file in files)
    known = kept.find(digest, names) if may_be_kept and not means.refresh else None
    if known is not None:
        return known
    if means.offline:
        raise VerifyError(
            f"{', '.join(names)} was not verified on {target.name} before, and --offline downloads "
            "nothing to do it\nRun once without --offline; what was proven is kept."
        )
    if isinstance(found, Python):
        steps = [*_installed(files, plan, found, target, sources, means)]
    else:
        means.tell(f"Downloading {len(files)} files for {target.name}…")
        steps = [*look_into(files, target, shelf)]
        steps.append(Step("install", "not proven", f"nothing was installed or imported: {found}"))
    steps += _outside(plan)
    made = Verification(
        names, target.name, None if python is None else python.version, tuple(steps)
    )
    if may_be_kept:
        kept.keep(digest, made)
    return made


def _outside(plan: Plan) -> Iterator[Step]:
    if plan.direct:
        said = "installed from outside the index, which was not done here"
        yield Step("outside", "not proven", said, plan.direct)


def _installed(
    files: Sequence[PlannedFile],
    plan: Plan,
    python: Python,
    target: Target,
    sources: Sources,
    means: Means,
) -> Iterator[Step]:
    """The steps of an installation; the first that fails is the last, but for the check."""
    sync_command()
    means.tell(f"Making an environment of Python {python.version}…")
    # A folder without links in its path, as what runs in it calls itself.
    with tempfile.TemporaryDirectory(prefix="pinfix-verify-", ignore_cleanup_errors=True) as made:
        folder = Path(made).resolve()
        hidden = {f"{folder}/": "", str(folder): "."}
        environment = make_environment(python, folder / "venv", means.environ)
        if not isinstance(environment, Environment):
            said = f"no virtual environment of {python.path}"
            yield Step("environment", "failed", said, telling_lines(environment.stderr, hidden))
            return
        yield _environment_step(python, target)
        own = {"TMPDIR": str(folder), "TEMP": str(folder), "TMP": str(folder)}
        environ = without_compilers(environment, means.environ) | own
        environ = pip_environ(sources, means.config, folder, environ)
        means.tell(f"Installing {len(files)} packages on Python {python.version}…")
        hashed = all(file.sha256 for file in files)
        # With a single hash pip wants those of all.
        lines = [file.pin if hashed else replace(file, sha256=None).pin for file in files]
        built = [file.name for file in files if not file.is_wheel]
        before = versions(environment)
        done = sync(environment, lines, built, environ, folder)
        if not done.ok:
            said = f"pip-sync could not install the {len(files)} packages"
            yield Step("install", "failed", said, telling_lines(done.stdout + done.stderr, hidden))
            return
        yield _install_step(files, environment, before, hashed=hashed)
        home = folder / "home"
        home.mkdir()
        names = [file.name for file in files]
        imported = []
        for one in import_all(environment, names, means.environ, home):
            means.tell(f"Imported {one.module} of {one.package}")
            imported.append(one)
        yield from _import_steps(imported, hidden)
        checked = check(environment, environ, folder)
        if checked.ok:
            yield Step("check", "ok", "pip check finds no requirement that is not met")
        else:
            lines_said = telling_lines(checked.stdout + checked.stderr, hidden)
            yield Step("check", "failed", "pip check finds what does not fit together", lines_said)


def _environment_step(python: Python, target: Target) -> Step:
    said = f"Python {python.version} ({python.path}), a fresh environment, no compiler in reach"
    if python.version != str(target.python_version):
        said += f"; the target's is {target.python_version}"
    return Step("environment", "ok", said)


def _install_step(
    files: Sequence[PlannedFile],
    environment: Environment,
    before: Mapping[NormalizedName, str],
    *,
    hashed: bool,
) -> Step:
    wanted = {file.name for file in files}
    more = [
        f"{name} {version}, which the plan does not have"
        for name, version in versions(environment).items()
        if name not in wanted and name not in before
    ]
    if more:
        return Step("install", "failed", "pip installs more than was planned", tuple(more))
    how = "by its hash" if hashed else "by its version: the index does not say every sha256"
    built = ", ".join(file.name for file in files if not file.is_wheel)
    of_source = f"; built from plain Python source: {built}" if built else ""
    return Step("install", "ok", f"{_count(files, 'package')} by pip-sync, each {how}{of_source}")


def _import_steps(imported: Sequence[Imported], hidden: Mapping[str, str]) -> Iterator[Step]:
    """Whether all could be imported; what that printed is the evidence."""
    failed = [one for one in imported if one.failed]
    told: list[str] = []
    for one in failed:
        lines = traceback_lines(one.done.stderr, hidden) or ("it says nothing",)
        told += _told(f"import {one.module} ({one.package}) fails{_how(one)}:", lines)
    printed: dict[tuple[str, ...], list[str]] = {}
    for one in imported:
        if one.done.ok and one.printed.strip():
            lines = telling_lines(one.printed, hidden)
            printed.setdefault(lines, []).append(f"{one.module} ({one.package})")
    for lines, names in printed.items():
        told += _told(f"import {', '.join(names)} prints:", lines)
    if failed:
        listed = ", ".join(one.module for one in failed)
        said = f"{len(failed)} of {_count(imported, 'module')} cannot be imported: {listed}"
        yield Step("import", "failed", said, tuple(told))
    else:
        tried = [one for one in imported if not one.excuse]
        yield Step("import", "ok", f"{_count(tried, 'module')} can be imported", tuple(told))
    excused = tuple(
        f"import {one.module} ({one.package}): {one.excuse}" for one in imported if one.excuse
    )
    if excused:
        yield Step("import", "not proven", "not everything could be imported here", excused)


def _told(head: str, lines: Iterable[str]) -> list[str]:
    return [head, *(f"    {line}" for line in lines)]


def _how(one: Imported) -> str:
    """How a program ended that did not end by an exception."""
    code = one.done.code
    if code is not None and code < 0:
        return f" (it was ended by signal {-code})"
    return "" if code in (1, None) else f" (exit code {code})"


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
