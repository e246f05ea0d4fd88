"""Time pinfix beside other tools on the same files, in turn, and print a Markdown table.

How to run it, from the repository's root (the tools are found beside this Python, or on PATH)::

    python benchmarks/side_by_side.py
    python benchmarks/side_by_side.py --pairs 9 --only unpinned --mode warm --target cp312-manylinux
    python benchmarks/side_by_side.py --pairs 3 --only unpinned --tool pip --tool pip-compile --tool nab

The files: ``examples/render-fastapi/requirements.txt`` as it is (uv refuses it, and stops at the
first pin without a wheel), as pinfix leaves it, and its names without versions; pins that cannot
hold together; two lists of names with large closures; and a hundred files of the corpus. All tools
take wheels alone, for the same target (pip-compile: for this Python); pinfix runs with ``--rules
none``, since the others have no rules.

``cold`` starts with an empty cache folder each time. ``warm`` finds what a run before has left,
``offline`` as well and asks nobody; but pinfix has to work the answer out anew, as for a file that
was edited. ``again`` is ``offline`` for the same files as before, which pinfix remembers: the
everyday case of a hook; ``edited`` is that after the first of the files was edited. The runs
alternate (uv, pinfix, uv, …), so that what else the machine does meets all. Each figure is a median.
uv is told which Python to use: without that (``--tool uv-as-typed``), looking for one is most of its
time where many are installed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from plain_environment import plain_environment

from pinfix.targets.target import parse_target

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "render-fastapi" / "requirements.txt"
CORPUS = ROOT.parent / "shared" / "corpus"
MODES = ("cold", "warm", "offline", "again", "edited")
PIN = re.compile(r"==\S+")
MANY = 100
# Pins of the time before botocore 1.23 beside an aiobotocore that wants a later one.
CONFLICT = """\
boto3==1.26.0
aiobotocore==2.4.2
awscli==1.25.97
s3fs==2023.1.0
"""
LARGE = """\
jupyter
streamlit
mlflow
langchain
langchain-community
langchain-openai
chromadb
scrapy
django
celery
fastapi[standard]
flask
sentry-sdk
boto3
"""
LARGER = """\
apache-airflow[amazon,celery,cncf.kubernetes,google]
notebook
streamlit
mlflow
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of wall time, seconds of CPU, peak memory in MB, and the exit codes."""

    wall: float
    cpu: float
    memory: float
    codes: frozenset[int]


@dataclass(frozen=True, slots=True)
class Bench:
    """What is run: the files by name, the tools, how often, for which target."""

    work: Path
    tools: tuple[str, ...]
    pairs: int
    target: str
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """The runs of one case in one mode, by tool."""

    case: str
    mode: str
    runs: dict[str, list[Run]]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as folder:
        work = Path(folder)
        tools = ("uv", "pinfix", *(options.tool or ()))
        bench = Bench(work, tools, options.pairs, options.target, _environment(work))
        print(_heading())
        for case, files in _cases(bench, options.only):
            for mode in options.mode or MODES:
                print(_line(_measured(bench, case, files, mode)), flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="pinfix and other tools on the same files.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each tool (default: 5)")
    parser.add_argument("--target", default="cp313-manylinux", help="a manylinux target")
    parser.add_argument("--only", action="append", choices=CASES, help="one case; repeatable")
    parser.add_argument("--mode", choices=MODES, action="append", help="one mode; repeatable")
    parser.add_argument("--tool", choices=[*COMMANDS], action="append", help="one more tool")
    return parser.parse_args()


def _environment(work: Path) -> dict[str, str]:
    """The environment of all. Bytecode is kept, as an installed package's is, but not among ours."""
    kept = plain_environment()
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    kept["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
    kept["PYTHONPATH"] = str(ROOT)
    return kept | {"NO_COLOR": "1"}


# -- what is resolved --------------------------------------------------------------------------

CASES = ("as it is", "rewritten", "unpinned", "conflict", "large", "larger", "many")


def _cases(bench: Bench, only: Sequence[str] | None) -> Iterator[tuple[str, list[Path]]]:
    text = EXAMPLE.read_text(encoding="utf-8")
    texts = {
        "as it is": text,
        "rewritten": text,
        "unpinned": PIN.sub("", text),
        "conflict": CONFLICT,
        "large": LARGE,
        "larger": LARGER,
    }
    for case in only or CASES:
        if case == "many":
            if CORPUS.is_dir():
                yield case, list(_corpus_files(bench.work / "corpus"))
            else:
                print(f"many: there is no {CORPUS}", file=sys.stderr)
            continue
        file = bench.work / f"{case.replace(' ', '-')}.txt"
        file.write_text(texts[case], encoding="utf-8")
        if case == "rewritten":
            command = [sys.executable, "-m", "pinfix", file.name, "-t", bench.target]
            command += ["--rules", "none", "--cache-dir", str(bench.work / "cache-first")]
            subprocess.run(
                command, cwd=bench.work, env=bench.environment, check=True, capture_output=True
            )
        yield case, [file]


def _corpus_files(folder: Path) -> Iterator[Path]:
    """A copy of the corpus, and the first hundred of its files that pip can read."""
    shutil.copytree(CORPUS, folder)
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        readable = [row["file"] for row in rows if row["pip_parses"] == "OK"]
    yield from (folder / file for file in readable[:MANY])


# -- what is run -------------------------------------------------------------------------------


def _measured(bench: Bench, case: str, files: Sequence[Path], mode: str) -> Row:
    caches = {tool: bench.work / f"cache-{tool}-{case.replace(' ', '-')}" for tool in bench.tools}
    if mode != "cold":
        for tool in bench.tools:
            _run(bench, tool, files, "warm", caches[tool])
    remembers = mode in ("again", "edited")
    if remembers:
        _run(bench, "pinfix", files, "offline", caches["pinfix"])
    runs: dict[str, list[Run]] = {tool: [] for tool in bench.tools}
    for number in range(bench.pairs):
        if mode == "edited":
            with files[0].open("a", encoding="utf-8") as file:
                file.write(f"# {number}\n")
        for tool in bench.tools:
            if mode == "cold":
                shutil.rmtree(caches[tool], ignore_errors=True)
            elif not remembers:
                for known in ("runs", "plans"):
                    shutil.rmtree(caches[tool] / known, ignore_errors=True)
            runs[tool].append(_run(bench, tool, files, mode, caches[tool]))
    return Row(case, mode, runs)


def _run(bench: Bench, tool: str, files: Sequence[Path], mode: str, cache: Path) -> Run:
    """One run over all files; of tools that take one environment at a time, the sum of many."""
    offline = mode in ("offline", "again", "edited")
    if tool == "pinfix":
        names = [str(file) for file in files]
        return _timed(_pinfix(names, bench.target, offline, cache), bench.work, bench.environment)
    each = [
        _timed(
            COMMANDS[tool](str(file), bench.target, offline, cache), file.parent, bench.environment
        )
        for file in files
    ]
    return Run(
        sum(run.wall for run in each),
        sum(run.cpu for run in each),
        max(run.memory for run in each),
        frozenset().union(*(run.codes for run in each)),
    )


def _pinfix(files: Sequence[str], target: str, offline: bool, cache: Path) -> list[str]:
    command = [sys.executable, "-m", "pinfix", *files, "--diff", "--quiet", "--rules", "none"]
    command += ["--target", target, "--cache-dir", str(cache)]
    return [*command, *(["--offline"] if offline else [])]


def _uv(file: str, target: str, offline: bool, cache: Path) -> list[str]:
    full = parse_target(target)
    # manylinux_2_28_x86_64 is x86_64-manylinux_2_28 to uv.
    family, major, minor, machine = full.platform_tag.split("_", 3)
    command = [_beside("uv"), "pip", "compile", file, "--quiet", "--no-header"]
    command += ["--only-binary", ":all:", "--python-version", str(full.python_version)]
    command += ["--python-platform", f"{machine}-{family}_{major}_{minor}"]
    command += ["--python", sys.executable, "--cache-dir", str(cache)]
    return [*command, *(["--offline"] if offline else [])]


def _uv_as_typed(file: str, target: str, offline: bool, cache: Path) -> list[str]:
    """As a user types it, who names no ``--python``: uv then looks for one of that version."""
    command = _uv(file, target, offline, cache)
    place = command.index("--python")
    return [*command[:place], *command[place + 2 :]]


def _pip(file: str, target: str, offline: bool, cache: Path) -> list[str]:
    full = parse_target(target)
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
    command += ["--only-binary", ":all:", "--python-version", str(full.python_version)]
    # pip takes the platforms that it is told, and none that they imply.
    for platform in dict.fromkeys(tag.platform for tag in full.tags):
        command += ["--platform", platform]
    command += ["--target", str(cache / "never-written")]
    del offline  # pip has no such thing; its cache serves what is fresh
    return [*command, "--cache-dir", str(cache), "-r", file]


def _pip_compile(file: str, target: str, offline: bool, cache: Path) -> list[str]:
    del target, offline
    command = [_beside("pip-compile"), file, "--quiet", "--no-header", "--dry-run", "--rebuild"]
    command += ["--output-file", f"{file}.compiled"]
    command += ["--pip-args", f"--only-binary :all: --cache-dir {cache}"]
    return [*command, "--cache-dir", str(cache / "pip-tools")]


def _nab(file: str, target: str, offline: bool, cache: Path) -> list[str]:
    command = [
        _beside("nab"),
        "-q",
        "lock",
        _as_project(file),
        "--project-dist-policy",
        "wheel-only",
    ]
    command += ["--project-environment-python", str(parse_target(target).python_version)]
    command += ["--format", "requirements-without-hashes", "--output", "-"]
    return [*command, "--cache-dir", str(cache), *(["--offline"] if offline else [])]


def _as_project(file: str) -> str:
    """The requirements as a project's, for a tool that reads nothing else: a folder beside them."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    named = [line.partition(" #")[0].strip() for line in lines if not line.startswith("#")]
    folder = Path(file).parent / f"{Path(file).stem}-project"
    folder.mkdir(exist_ok=True)
    about = {"name": "bench", "version": "0", "dependencies": [text for text in named if text]}
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in about.items())
    (folder / "pyproject.toml").write_text(f"[project]\n{text}", encoding="utf-8")
    return str(folder / "pyproject.toml")


COMMANDS: dict[str, Callable[[str, str, bool, Path], list[str]]] = {
    "uv": _uv,
    "uv-as-typed": _uv_as_typed,
    "pip": _pip,
    "pip-compile": _pip_compile,
    "nab": _nab,
}


def _beside(tool: str) -> str:
    path = Path(sys.executable).with_name(tool)
    return str(path) if path.exists() else tool


def _timed(command: Sequence[str], folder: Path, environment: dict[str, str]) -> Run:
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    # ru_maxrss is in bytes on macOS, in KiB elsewhere.
    memory = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, memory, frozenset({process.returncode}))


# -- what is said ------------------------------------------------------------------------------


def _heading() -> str:
    return (
        "| requirements | mode | tool | wall ms | pinfix is (lowest to highest pair) | CPU ms "
        "| peak MB | exit codes |\n|---|---|---|---|---|---|---|---|"
    )


def _line(row: Row) -> str:
    """A line of the table for each tool; pinfix's wall time over that of each other one."""
    return "\n".join(f"| {' | '.join(_cells(row, tool))} |" for tool in row.runs)


def _cells(row: Row, tool: str) -> list[str]:
    runs, own = row.runs[tool], row.runs["pinfix"]
    ratios = [ours.wall / theirs.wall for ours, theirs in zip(own, runs, strict=True)]
    ratio = _median(run.wall for run in own) / _median(run.wall for run in runs)
    compared = f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    return [
        row.case,
        row.mode,
        tool,
        f"{_median(run.wall for run in runs) * 1e3:.0f}",
        "" if tool == "pinfix" else compared,
        f"{_median(run.cpu for run in runs) * 1e3:.0f}",
        f"{_median(run.memory for run in runs):.0f}",
        ",".join(map(str, sorted(frozenset().union(*(run.codes for run in runs))))),
    ]


def _median(figures: Iterable[float]) -> float:
    return statistics.median(figures)


if __name__ == "__main__":
    sys.exit(main())
