"""The whole of what a build's log says: what failed and why, what was compiled, and where."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal

from pinfix.buildlog.causes import Cause
from pinfix.buildlog.cleaning import read_lines
from pinfix.buildlog.cures import CuresReader, FalseCure
from pinfix.buildlog.failures import PackagesReader
from pinfix.buildlog.findings import Built, Failure
from pinfix.buildlog.host import Host, HostReader
from pinfix.records import record

Verdict = Literal[
    "compiled-and-failed",
    "compiled-and-succeeded",
    "nothing-compiled",
    "failed-for-another-reason",
    "nothing-recognised",
]
REQUIREMENTS: Final = "requirements.txt"
PYPROJECT: Final = "pyproject.toml"
# Other versions, or other packages, help against these; a network or a full disk they do not mend.
_ABOUT_VERSIONS: Final = frozenset(
    {
        Cause.NO_WHEEL,
        Cause.REQUIRES_PYTHON,
        Cause.NO_MATCHING_VERSION,
        Cause.CONFLICT,
        Cause.MISSING_AT_RUN_TIME,
    }
)
_BY_PROJECT: Final = re.compile(
    r"(?:\b(?:uv (?:sync|run|lock|add|build)|poetry (?:install|add|update)|pdm install)\b|^\s*ChefBuildError\b)"
)


@record
class Diagnosis:
    """What a log comes to.

    ``wheels`` counts the packages that came as wheels; ``file`` is the file that was installed, as
    the log names it, or the one that is usual.
    """

    failures: tuple[Failure, ...]
    built_from_source: tuple[Built, ...]
    wheels: int
    host: Host
    verdict: Verdict
    false_cures: tuple[FalseCure, ...]
    file: str

    @property
    def mendable(self) -> bool:
        """Whether other versions would help."""
        if self.verdict == "compiled-and-succeeded":
            return True
        return any(one.building or one.cause in _ABOUT_VERSIONS for one in self.failures)

    @property
    def compiled(self) -> tuple[Built, ...]:
        """What was built from source and is not known to be plain Python."""
        return tuple(one for one in self.built_from_source if one.compiled is not False)


def diagnose(chunks: Iterable[bytes]) -> Diagnosis:
    """Read a log, which is given in pieces of any size and held a line at a time."""
    packages, host, cures = PackagesReader(), HostReader(), CuresReader()
    seen_project_tool = False
    for line in read_lines(chunks):
        packages.feed(line)
        host.feed(line)
        cures.feed(line)
        seen_project_tool = seen_project_tool or _BY_PROJECT.search(line.text) is not None
    found = packages.packages()
    usual = PYPROJECT if seen_project_tool else REQUIREMENTS
    return Diagnosis(
        found.failures,
        found.built,
        found.wheels,
        host.host(),
        _verdict(found.failures, found.built, done=found.installed or found.wheels > 0),
        cures.cures(),
        _here(found.files[0]) if found.files else usual,
    )


def _here(path: str) -> str:
    """A file of another machine as it is likely to be called on this one."""
    plain = path.replace("\\", "/").removeprefix("./")
    return plain.rpartition("/")[2] if plain.startswith(("/", "~")) or ":" in plain else plain


def _verdict(failures: tuple[Failure, ...], built: tuple[Built, ...], *, done: bool) -> Verdict:
    if any(one.building for one in failures):
        return "compiled-and-failed"
    if failures:
        return "failed-for-another-reason"
    if any(one.compiled is not False for one in built):
        return "compiled-and-succeeded"
    return "nothing-compiled" if done or built else "nothing-recognised"
