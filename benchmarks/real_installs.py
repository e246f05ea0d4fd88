"""Install rewritten files for real: plain pip, one environment for each Python, no compiler.

How to run it, from the repository's root::

    python benchmarks/real_installs.py --out build/installs
    python benchmarks/real_installs.py --python ~/.pyenv/versions/3.13.0/bin/python --only flasky

For each file of ``../shared/corpus`` that INDEX.tsv marks ALLPIN, until ``--files`` of them were
installed, and for each Python (``--python``, repeatable; default: 3.8 and newer below pyenv's root):

1. pinfix rewrites a scratch copy for this Python on this machine's Linux, with ``--rules none``.
   A file that it refuses on every Python is passed over; one that it refuses on some says so.
2. A fresh virtual environment gets the result by ``pip install -r``, with no compiler on PATH and
   without any option; its pip is the one that the Python came with.
3. ``pip check`` says whether all that was installed holds together.

Written to ``--out``: ``installs.md``, a row for each file and a column for each Python.
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
from functools import partial
from pathlib import Path

from corpus_table import CORPUS, pinned_files
from plain_environment import plain_environment

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
OLDEST = (3, 8)
PLATFORM = "manylinux_2_28_x86_64"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one file on one Python: ``installed`` is None where pinfix refused it."""

    installed: bool | None
    said: str


def main() -> int:
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    pythons = options.python or list(_pythons())
    rows: dict[str, list[Outcome]] = {}
    with ThreadPoolExecutor(options.jobs) as pool:
        for file in (entry.file for entry in pinned_files(options.only)):
            if sum(_counts(row) for row in rows.values()) >= options.files:
                break
            rows[file] = list(pool.map(partial(_outcome, options.out / "cache", file), pythons))
            said = ", ".join(_word(outcome) for outcome in rows[file])
            print(f"{file}: {said}", file=sys.stderr, flush=True)
            (options.out / "installs.md").write_text(_markdown(pythons, rows), encoding="utf-8")
    print(_markdown(pythons, rows), end="")
    return 1 if any(o.installed is False for row in rows.values() for o in row) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Rewritten files, installed for real.")
    parser.add_argument("--python", action="append", type=Path, metavar="PATH")
    parser.add_argument("--only", action="append", metavar="TEXT", help="files with TEXT in them")
    parser.add_argument("--files", type=int, default=12, metavar="N")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--out", type=Path, default=Path("build/installs"), metavar="DIR")
    return parser.parse_args()


def _pythons() -> Iterator[Path]:
    found = {_version(path): path for path in PYENV.glob("3.*/bin/python")}
    yield from (path for version, path in sorted(found.items()) if version >= OLDEST)


def _version(python: Path) -> tuple[int, ...]:
    return tuple(map(int, python.parts[-3].split(".")))


def _counts(row: Sequence[Outcome]) -> bool:
    """Whether a file was installed on most of the Pythons: it says something about each of them."""
    return 2 * sum(outcome.installed is not None for outcome in row) > len(row)


def _outcome(cache: Path, file: str, python: Path) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="real-installs-") as scratch:
        project = Path(file).parts[0]
        shutil.copytree(CORPUS / project, Path(scratch, project))
        copy = Path(scratch, file)
        major, minor = _version(python)[:2]
        fixed = _run(
            copy.parent,
            *(sys.executable, "-m", "pinfix", copy.name, "--rules", "none", "--quiet"),
            *("--target", f"cp{major}{minor}-{PLATFORM}", "--python", python.parts[-3]),
            *("--cache-dir", str(cache.resolve())),
        )
        if fixed.returncode != 0:
            return Outcome(None, _last_line(fixed.stderr))
        venv = Path(scratch, "venv")
        made = _run(Path(scratch), str(python), "-m", "venv", str(venv))
        if made.returncode != 0:
            return Outcome(False, _last_line(made.stderr))
        return _installed(venv, copy)


def _installed(venv: Path, file: Path) -> Outcome:
    pip = (str(venv / "bin" / "python"), "-m", "pip", "--disable-pip-version-check")
    done = _run(file.parent, *pip, "install", "-r", file.name, path=venv / "bin")
    if done.returncode != 0:
        return Outcome(False, _last_line(done.stderr))
    check = _run(file.parent, *pip, "check", path=venv / "bin")
    return Outcome(check.returncode == 0, _last_line(check.stdout))


def _run(folder: Path, *command: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """``path`` is all that is on PATH: no compiler, no Rust, no pg_config."""
    environ = plain_environment() | ({"PATH": str(path)} if path is not None else {})
    for name in ("CC", "CXX", "CARGO_HOME", "RUSTUP_HOME", "VIRTUAL_ENV", "PYTHONPATH"):
        if path is not None:
            environ.pop(name, None)
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:200]


def _word(outcome: Outcome) -> str:
    return {True: "installed", False: f"FAILED ({outcome.said})", None: "refused"}[
        outcome.installed
    ]


def _markdown(pythons: Sequence[Path], rows: dict[str, list[Outcome]]) -> str:
    head = ["file", *(python.parts[-3] for python in pythons)]
    lines = [head, ["---"] * len(head)]
    lines += [[f"`{file}`", *map(_word, row)] for file, row in rows.items() if _any(row)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _any(row: Sequence[Outcome]) -> bool:
    return any(outcome.installed is not None for outcome in row)


if __name__ == "__main__":
    sys.exit(main())
