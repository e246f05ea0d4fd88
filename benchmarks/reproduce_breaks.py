"""Break what `known-breaks` says breaks: each claim of a rule pack, in fresh environments.

How to run it, from the repository's root::

    python benchmarks/reproduce_breaks.py
    python benchmarks/reproduce_breaks.py --only passlib-bcrypt-5 --only httpx-cgi --python 3.13
    python benchmarks/reproduce_breaks.py --rules ./mine.toml --jobs 4

For each ``[[rule.claim]]`` of the pack that has something to run:

1. A fresh virtual environment of the claim's Python gets what ``breaks`` lists, wheels only, with
   the newest of all else that these let in; another one gets what ``works`` lists.
2. ``run`` is run in both, in an empty folder: it must fail in the first, with ``error`` among the
   last lines of stderr, and succeed in the second.

Environments are made by uv where it is on PATH, else by venv and the pip of that Python; neither
leaves setuptools or pip in them. A Python is looked for as ``pythonX.Y`` on PATH, then below pyenv's
root; a claim whose Python is not there is not run, and the last line says how many these were.

Printed: a row for each claim, with the line that stderr ended in. Exit code 1 where a claim differs.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from plain_environment import plain_environment

from pinfix.rulebook.claim import Breaks
from pinfix.rulebook.parse import parse_pack

PACK = Path(__file__).parents[1] / "rules" / "known-breaks.toml"
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
LAST_LINES = 5  # of stderr: an exception's message may have several
SECONDS = 900  # for an installation, or a run


@dataclass(frozen=True, slots=True)
class Claim:
    """What the rule of this id says breaks."""

    rule: str
    what: Breaks

    @property
    def breaks(self) -> str:
        return " ".join(map(str, self.what.breaks))

    @property
    def works(self) -> str:
        return " ".join(map(str, self.what.works))


@dataclass(frozen=True, slots=True)
class Ended:
    """How ``run`` ended; ``code`` is None where it was not run, since the installation failed."""

    code: int | None
    stderr: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a claim: ``holds`` is None where there is no such Python."""

    holds: bool | None
    version: str
    broke: str
    worked: str


def main() -> int:
    options = _options()
    claims = [claim for claim in _claims(options.rules) if _is_asked(claim, options)]
    if not claims:
        print("no such claim", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = list(pool.map(_outcome, claims))
    print(_markdown(claims, outcomes))
    print(_summary(claims, outcomes))
    return 1 if any(outcome.holds is False for outcome in outcomes) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What breaks, broken; what works, at work.")
    parser.add_argument("--rules", type=Path, default=PACK, metavar="PATH")
    parser.add_argument("--only", nargs="+", action="extend", metavar="ID")
    parser.add_argument("--python", metavar="X.Y", help="only the claims about this Python")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    return parser.parse_args()


def _is_asked(claim: Claim, options: argparse.Namespace) -> bool:
    is_named = options.only is None or claim.rule in options.only
    return is_named and options.python in (None, claim.what.python)


def _claims(path: Path) -> Iterator[Claim]:
    pack = parse_pack(path.read_text(encoding="utf-8"), str(path))
    for rule, claims in pack.claims.items():
        yield from (Claim(rule, claim) for claim in claims if isinstance(claim, Breaks))


def _outcome(claim: Claim) -> Outcome:
    outcome = _tried(claim)
    said = {True: "as written", False: "DIFFERS", None: "not run"}[outcome.holds]
    print(f"{claim.rule} on {claim.what.python}: {said}", file=sys.stderr, flush=True)
    return outcome


def _tried(claim: Claim) -> Outcome:
    what = claim.what
    python = _python(what.python)
    if python is None:
        return Outcome(None, what.python, "not run: no such Python here", "")
    broken, working = (_ended(python, pins, what.run) for pins in (what.breaks, what.works))
    error = next((line for line in _last_lines(broken.stderr) if what.error in line), None)
    if broken.code is None:
        broke = f"NOT INSTALLED: {_last_line(broken.stderr)}"
    elif broken.code == 0:
        broke = "DID NOT FAIL"
    elif error is None:
        broke = f"FAILED OTHERWISE: {_last_line(broken.stderr)}"
    else:
        broke = error
    worked = "yes"
    if working.code != 0:
        how = "NOT INSTALLED" if working.code is None else "FAILED"
        worked = f"{how}: {_last_line(working.stderr)}"
    holds = bool(broken.code) and error is not None and working.code == 0
    return Outcome(holds, _version(python), broke, worked)


def _python(version: str) -> Path | None:
    """The interpreter of this version, "3.13": the one on PATH, or the newest of pyenv's."""
    on_path = shutil.which(f"python{version}")
    pyenv = sorted(PYENV.glob(f"{version}.*/bin/python"), key=_patch, reverse=True)
    found = [Path(on_path)] if on_path else []
    # A shim of pyenv's is on PATH for every version, and starts only those that are chosen.
    return next((path for path in (*found, *pyenv) if _version(path)), None)


def _patch(python: Path) -> int:
    patch = python.parts[-3].rpartition(".")[2]
    return int(patch) if patch.isdigit() else -1


def _version(python: Path) -> str:
    code = "import platform; print(platform.python_version())"
    return _run(Path.cwd(), str(python), "-c", code).stdout.strip()


def _ended(python: Path, pins: Sequence[Requirement], code: str) -> Ended:
    with tempfile.TemporaryDirectory(prefix="reproduce-breaks-") as scratch:
        venv, folder = Path(scratch, "venv"), Path(scratch, "folder")
        folder.mkdir()
        for command in _installation(python, venv, pins):
            done = _run(folder, *command)
            if done.returncode != 0:
                return Ended(None, done.stderr)
        ran = _run(folder, str(venv / "bin" / "python"), "-c", code, path=venv / "bin")
        return Ended(ran.returncode, ran.stderr.replace(scratch + os.sep, ""))


def _installation(
    python: Path, venv: Path, pins: Sequence[Requirement]
) -> Iterator[tuple[str, ...]]:
    wheels = ("--quiet", "--only-binary", ":all:", *map(str, pins))
    uv = shutil.which("uv")
    if uv is not None:
        yield (uv, "venv", "--quiet", "--python", str(python), str(venv))
        yield (uv, "pip", "install", "--python", str(venv / "bin" / "python"), *wheels)
    else:
        yield (str(python), "-m", "venv", "--without-pip", str(venv))
        inside = ("--python", str(venv / "bin" / "python"))
        yield (str(python), "-m", "pip", *inside, "install", *wheels)


def _run(folder: Path, *command: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``path`` goes in front of PATH: commands that an environment brings along."""
    environ = plain_environment()
    for name in ("PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "VIRTUAL_ENV"):
        environ.pop(name, None)
    if path is not None:
        environ["PATH"] = os.pathsep.join((str(path), environ.get("PATH", os.defpath)))
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 124, "", f"no end after {SECONDS} seconds")


def _last_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][-LAST_LINES:]


def _last_line(text: str) -> str:
    return (_last_lines(text) or ["(silent)"])[-1]


def _markdown(claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> str:
    head = ["rule", "Python", "breaks", "with", "works", "so it did"]
    lines = [head, ["---"] * len(head)]
    for claim, outcome in zip(claims, outcomes, strict=True):
        tried = [claim.breaks, outcome.broke, claim.works, outcome.worked]
        lines.append([f"`{claim.rule}`", outcome.version, *tried])
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")[:200]


def _summary(claims: Sequence[Claim], outcomes: Sequence[Outcome]) -> str:
    rules = len({claim.rule for claim in claims})
    held, differed, left_out = (
        sum(outcome.holds is holds for outcome in outcomes) for holds in (True, False, None)
    )
    return (
        f"\n{len(claims)} claims of {rules} rules: {held} as written, {differed} differ, "
        f"{left_out} not run for want of their Python."
    )


if __name__ == "__main__":
    sys.exit(main())
