"""Whole-run cases: a folder with ``case.toml`` and input files, run over the frozen index.

``case.toml`` holds ``about`` (what the case shows), ``files``, ``targets``, and optionally
``python`` (the full version, for all targets), ``rules`` (as ``--rules``), ``policy`` and
``verbose`` (whether the summary is told with its evidence).
``expected/`` holds what must come of it: ``exit``, ``diff``, ``summary`` or ``error``, and each
changed file under ``files/``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from pinfix.errors import PinfixError
from pinfix.index.protocol import Index
from pinfix.planning.plan import Plan
from pinfix.report.diff import unified_diff
from pinfix.report.summary import summary
from pinfix.resolve.demand import Policy
from pinfix.rulebook.packs import DEFAULT_PACKS
from pinfix.run import Job, plan_job
from pinfix.targets.host import find_target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent
FROZEN = FOLDER / "index.json.xz"


@dataclass(frozen=True)
class Case:
    """One folder of cases."""

    name: str
    files: list[str]
    targets: list[str]
    about: str
    python: str | None = None
    rules: tuple[str, ...] = DEFAULT_PACKS
    policy: dict[str, Any] = field(default_factory=dict)
    verbose: bool = False

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def job(self) -> Job:
        allowed = frozenset(map(canonicalize_name, self.policy.get("allow_ancient", ())))
        return Job(
            files=self.files,
            targets=[find_target(target, python=self.python) for target in self.targets],
            rules=self.rules,
            policy=Policy(**{**self.policy, "allow_ancient": allowed}),
        )

    def plan(self, index: Index) -> Plan:
        """The plan, made inside the folder so that messages name files as a user would."""
        with inside(self.folder):
            return plan_job(self.job(), lambda _sources: index)

    def outcome(self, index: Index) -> dict[str, bytes]:
        """What the case comes to: the content of each file of ``expected/``, by its name."""
        try:
            plan = self.plan(index)
        except PinfixError as error:
            return {"exit": f"{error.exit_code}\n".encode(), "error": f"{error}\n".encode()}
        told = {
            "exit": b"0\n",
            "diff": unified_diff(plan).encode(),
            "summary": summary(plan, verbose=self.verbose).encode(),
        }
        return told | {f"files/{f.path}": f.after for f in plan.files if f.changed}

    def expected(self) -> dict[str, bytes]:
        folder = self.folder / "expected"
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Makes ``folder`` the current one for as long as the context lasts."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def cases() -> Iterator[Case]:
    """Every case, by name."""
    for path in sorted(FOLDER.glob("*/case.toml")):
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        said["rules"] = tuple(said.get("rules", DEFAULT_PACKS))
        yield Case(path.parent.name, **said)
