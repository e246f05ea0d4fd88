"""Time pinfix and ``uv pip compile`` on the same files, in turn, and print a Markdown table.

How to run it, from the repository's root (uv is found beside this Python, or on PATH)::

    python benchmarks/side_by_side.py
    python benchmarks/side_by_side.py --pairs 9 --only unpinned --target cp312-manylinux

Three files, made from ``examples/render-fastapi/requirements.txt``: as it is (uv refuses it, and
stops at the first pin without a wheel), as pinfix leaves it, and its names without versions. Both
take wheels alone, for the same target; pinfix runs with ``--rules none``, since uv has no rules.

``cold`` starts with an empty cache folder each time. ``warm`` finds what a run before has left.
``offline`` is warm, and asks nobody. The runs alternate (uv, pinfix, uv, ...), so that what else
the machine does meets both. Each figure is a median.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pinfix.targets.target import parse_target

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "render-fastapi" / "requirements.txt"
MODES = ("cold", "warm", "offline")
TOOLS = ("uv", "pinfix")
PIN = re.compile(r"==\S+")


@dataclass(frozen=True, slots=True)
class Run:
    """One run: seconds of wall time, seconds of CPU, peak memory in MB, and the exit code."""

    wall: float
    cpu: float
    memory: float
    code: int


@dataclass(frozen=True, slots=True)
class Row:
    """The runs of one file in one mode, by tool."""

    file: str
    mode: str
    runs: dict[str, list[Run]]


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="side-by-side-") as folder:
        work = Path(folder)
        environment = _environment(work)
        files = _files(work, options.target, environment)
        rows = [
            _measured(work, file, mode, options, environment)
            for name, file in files.items()
            if options.only in (None, name)
            for mode in options.mode or MODES
        ]
    print(markdown(rows))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="pinfix and uv on the same files, in turn.")
    parser.add_argument("--pairs", type=int, default=5, help="runs of each tool (default: 5)")
    parser.add_argument("--target", default="cp313-manylinux", help="a manylinux target")
    parser.add_argument("--only", choices=["as it is", "rewritten", "unpinned"], help="one file")
    parser.add_argument("--mode", choices=MODES, action="append", help="one mode; repeatable")
    return parser.parse_args()


def _environment(work: Path) -> dict[str, str]:
    """The environment of both. Bytecode is kept, as an installed package's is, but not among ours."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
    kept["PYTHONPATH"] = str(ROOT)
    return kept | {"UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1"}


def _files(work: Path, target: str, environment: dict[str, str]) -> dict[str, Path]:
    """The example as it is, as pinfix leaves it, and without its versions."""
    files = {name: work / f"{name.replace(' ', '-')}.txt" for name in ("as it is", "unpinned")}
    text = EXAMPLE.read_text(encoding="utf-8")
    files["as it is"].write_text(text, encoding="utf-8")
    files["unpinned"].write_text(PIN.sub("", text), encoding="utf-8")
    files["rewritten"] = work / "rewritten.txt"
    shutil.copy(files["as it is"], files["rewritten"])
    command = [sys.executable, "-m", "pinfix", "rewritten.txt", "-t", target, "--rules", "none"]
    subprocess.run(command, cwd=work, env=environment, check=True, capture_output=True)
    return files


def _measured(
    work: Path, file: Path, mode: str, options: argparse.Namespace, environment: dict[str, str]
) -> Row:
    commands = {tool: _command(tool, file, options.target, mode) for tool in TOOLS}
    caches = {tool: work / f"cache-{tool}" for tool in TOOLS}
    if mode != "cold":
        for tool in TOOLS:
            online = [word for word in commands[tool] if word != "--offline"]
            _timed([*online, "--cache-dir", str(caches[tool])], work, environment)
    runs: dict[str, list[Run]] = {tool: [] for tool in TOOLS}
    for _ in range(options.pairs):
        for tool in TOOLS:
            if mode == "cold":
                shutil.rmtree(caches[tool], ignore_errors=True)
            command = [*commands[tool], "--cache-dir", str(caches[tool])]
            runs[tool].append(_timed(command, work, environment))
    return Row(file.stem.replace("-", " "), mode, runs)


def _command(tool: str, file: Path, target: str, mode: str) -> list[str]:
    offline = ["--offline"] if mode == "offline" else []
    if tool == "pinfix":
        started = [sys.executable, "-m", "pinfix", file.name, "--diff", "--quiet"]
        return [*started, "--rules", "none", "--target", target, *offline]
    full = parse_target(target)
    # manylinux_2_28_x86_64 is x86_64-manylinux_2_28 to uv.
    family, major, minor, machine = full.platform_tag.split("_", 3)
    command = [_uv_path(), "pip", "compile", file.name, "--quiet", "--no-header", "--no-config"]
    command += ["--only-binary", ":all:", "--python-version", str(full.python_version)]
    command += ["--python-platform", f"{machine}-{family}_{major}_{minor}"]
    # Named, so that uv need not look for one: that would be most of its time.
    return [*command, "--python", sys.executable, *offline]


def _uv_path() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


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
    return Run(wall, usage.ru_utime + usage.ru_stime, memory, process.returncode)


def markdown(rows: Iterable[Row]) -> str:
    """The table: medians of each tool, and pinfix's wall time over uv's."""
    lines = [
        "| file | mode | uv, ms | pinfix, ms | ratio (lowest to highest pair) "
        "| CPU ms, uv / pinfix | peak MB, uv / pinfix | exit codes |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(row))} |" for row in rows)])


def _cells(row: Row) -> list[str]:
    uv, pinfix = (row.runs[tool] for tool in TOOLS)
    wall, cpu, memory = (
        [statistics.median(getattr(run, figure) for run in row.runs[tool]) for tool in TOOLS]
        for figure in ("wall", "cpu", "memory")
    )
    ratios = [theirs.wall / ours.wall for ours, theirs in zip(uv, pinfix, strict=True)]
    codes = (",".join(map(str, sorted({run.code for run in runs}))) for runs in (uv, pinfix))
    return [
        row.file,
        row.mode,
        f"{wall[0] * 1e3:.0f}",
        f"{wall[1] * 1e3:.0f}",
        f"{wall[1] / wall[0]:.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
        f"{cpu[0] * 1e3:.0f} / {cpu[1] * 1e3:.0f}",
        f"{memory[0]:.0f} / {memory[1]:.0f}",
        " / ".join(codes),
    ]


if __name__ == "__main__":
    sys.exit(main())
