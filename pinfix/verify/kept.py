"""Verifications, kept by what they depend on: what was proven once is not installed again.

Only what did not fail is kept: a failure may pass with the network that caused it.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pinfix import __version__
from pinfix.planning.verified import Step, Verification

if TYPE_CHECKING:
    from pinfix.targets.target import Target
    from pinfix.verify.interpreters import Python
    from pinfix.verify.wheels import PlannedFile

# Raise it whenever something else would be proven.
PROGRAM: Final = 1
_FOLDER: Final = "verified"


def digest_of(
    files: Iterable[PlannedFile], target: Target, python: Python | None, direct: Iterable[str]
) -> str:
    """What a verification depends on: all files of the closure, the target, the Python, pinfix."""
    wanted = [
        *(__version__, PROGRAM, target.name, str(target.python_version)),
        None if python is None else [str(python.path), python.version],
        sorted([one.name, one.version, one.filename, one.sha256, *one.extras] for one in files),
        sorted(direct),
    ]
    return hashlib.sha256(json.dumps(wanted).encode()).hexdigest()


class KeptVerifications:
    """A folder of verifications in pinfix's cache folder."""

    def __init__(self, cache: str) -> None:
        self._folder = Path(cache, _FOLDER)

    def find(self, digest: str, files: tuple[str, ...]) -> Verification | None:
        """The verification of this digest, told of these files; None for none, or a broken one."""
        try:
            text = (self._folder / f"{digest}.json").read_text(encoding="utf-8")
            return replace(_read(json.loads(text)), files=files)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, digest: str, verification: Verification) -> None:
        """Keep it, if it did not fail; a folder that cannot be written is no reason to stop."""
        if verification.failed:
            return
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        text = json.dumps(asdict(replace(verification, since=now)))
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self._folder / f"{digest}.json")


def _read(document: dict[str, Any]) -> Verification:
    steps = (
        Step(one["name"], one["result"], one["said"], tuple(one["evidence"]))
        for one in document["steps"]
    )
    return Verification(
        (), document["target"], document["python"], tuple(steps), str(document["since"])
    )
