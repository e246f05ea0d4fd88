"""Run pinfix over real, fully pinned requirements files, and let uv judge every answer.

How to run it, from the repository's root (uv is found beside this Python, or on PATH)::

    python benchmarks/corpus_table.py --out build/corpus --put-back
    python benchmarks/corpus_table.py --target cp313-manylinux --only flasky --only freqtrade

For each file of ``../shared/corpus`` that INDEX.tsv marks ALLPIN, and for each target, with
``--rules none``:

1. pinfix rewrites a scratch copy; exit code, time and what it said are kept.
2. Exit 0: ``uv pip compile --only-binary :all:`` must resolve the result for the same Python and
   platform. Plain Python source distributions that the plan keeps are exceptions (``--no-binary``).
3. Exit 2 or 3: the refusal must be true. uv must refuse the file as it was (or pip must be unable
   to read it); and after exit 3, which says that no pins at all would do, uv must refuse the names
   without their versions too.
4. A second run must change nothing.
5. Beside the changes nothing may differ: the lines of the file before and after are compared.
6. With ``--put-back``: one changed package at a time gets its old pin back, and uv must then refuse;
   and one at a time may be anything newer than it is, and uv must then refuse too.

Written to ``--out``: ``table.md`` (the table, then the failing cases) and ``table.json``
(every case).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from plain_environment import plain_environment
from requirement_text import (
    ask_for_newer,
    lines_beside,
    put_back,
    read_text,
    readable_by_uv,
    without_versions,
)

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"
TARGETS = (
    "cp311-manylinux",
    "cp313-manylinux",
    "cp314-manylinux",
    "cp315-manylinux",
    "cp313-musllinux",
    "cp313-windows",
    "cp313-macosx",
)
# What uv calls the platforms that the targets above stand for; macOS is 13.0 by the environment.
UV_PLATFORMS = {
    "manylinux": "x86_64-manylinux_2_28",
    "musllinux": "x86_64-unknown-linux-musl",
    "windows": "x86_64-pc-windows-msvc",
    "macosx": "aarch64-apple-darwin",
}
COLUMNS = (
    "target",
    "files",
    "uv resolves the file as it is",
    "uv resolves what pinfix leaves",
    "of these changed",
    "refused truly (exit 3)",
    "refused truly (exit 2)",
    "needless changes",
    "stale changes",
    "lines beside",
    "tracebacks",
    "failures",
    "median s",
    "max s",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the run was asked for. ``seconds`` bounds every single subprocess."""

    cache: Path
    rules: str
    seconds: int
    put_back: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the corpus: ``readable`` is False where pip itself refuses to read it."""

    file: str
    readable: bool


@dataclass(slots=True)
class Case:
    """One file on one target, and what came of it. ``problems`` is empty where all holds."""

    file: str
    target: str
    exit_code: int = -1
    seconds: float = 0.0
    said: str = ""
    plan: dict[str, Any] = field(default_factory=dict)
    resolved_before: bool = False
    resolved_after: bool = False
    names_resolve: bool = False
    tried_back: int = 0
    needless: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether pinfix changed anything in the file or in those that it includes."""
        return bool(self.plan.get("changes"))

    @property
    def traceback(self) -> bool:
        """Whether pinfix ended in an error that it did not raise on purpose."""
        return "Traceback" in self.said


@dataclass(frozen=True, slots=True)
class Answer:
    """What a subprocess answered; ``code`` is -1 where it took too long."""

    code: int
    seconds: float
    out: str
    err: str


def main() -> int:
    options = _options()
    out: Path = options.out
    out.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        cache=(options.cache_dir or out / "cache").resolve(),
        rules=options.rules,
        seconds=options.seconds,
        put_back=options.put_back,
    )
    asked = [
        (entry, target)
        for target in options.target or TARGETS
        for entry in pinned_files(options.only)
    ]
    cases: list[Case] = []
    with ThreadPoolExecutor(options.jobs) as pool:
        for case in pool.map(partial(_judged, settings), *zip(*asked, strict=True)):
            cases.append(case)
            print(_progress_line(case), file=sys.stderr, flush=True)
            _write(out, cases)
    print(markdown(cases), end="")
    return 1 if any(case.problems for case in cases) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="pinfix on real files, judged by uv.")
    parser.add_argument("--target", action="append", metavar="TAG", help="default: seven of them")
    parser.add_argument("--only", action="append", metavar="TEXT", help="files with TEXT in them")
    parser.add_argument("--rules", default="none", metavar="NAME|PATH|none")
    parser.add_argument("--put-back", action="store_true", help="try every changed pin's old one")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--seconds", type=int, default=300, help="for each subprocess")
    parser.add_argument("--cache-dir", type=Path, metavar="DIR", help="default: OUT/cache")
    parser.add_argument("--out", type=Path, default=Path("build/corpus"), metavar="DIR")
    return parser.parse_args()


def pinned_files(only: Sequence[str] | None) -> Iterator[Entry]:
    """The fully pinned files of the corpus, in the order of its index."""
    with (CORPUS / "INDEX.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            wanted = not only or any(text in row["file"] for text in only)
            if wanted and "ALLPIN" in row["features"].split():
                yield Entry(row["file"], row["pip_parses"] == "OK")


# -- one case ----------------------------------------------------------------------------------


def _judged(settings: Settings, entry: Entry, target: str) -> Case:
    case = Case(entry.file, target)
    with tempfile.TemporaryDirectory(prefix="corpus-table-") as scratch:
        original = _copy(entry.file, Path(scratch, "original"))
        rewritten = _copy(entry.file, Path(scratch, "rewritten"))
        _run_pinfix(settings, case, rewritten)
        case.resolved_before = _uv(settings, case, original, kept=()).code == 0
        if case.exit_code == 0:
            _judge_result(settings, case, original, rewritten)
        elif case.exit_code in (2, 3) and not case.traceback:
            _judge_refusal(settings, case, entry, original)
        else:
            case.problems.append(f"exit {case.exit_code}: {_last_line(case.said)}")
    return case


def _copy(file: str, to: Path) -> Path:
    """A copy of the file with its project, as UTF-8, which is all that uv is sure to read."""
    project = Path(file).parts[0]
    shutil.copytree(CORPUS / project, to / project)
    return to / file


def _run_pinfix(settings: Settings, case: Case, file: Path) -> None:
    answer, case.plan = _pinfix(settings, case.target, file)
    case.exit_code, case.seconds, case.said = answer.code, answer.seconds, answer.err


def _pinfix(settings: Settings, target: str, file: Path) -> tuple[Answer, dict[str, Any]]:
    plan = file.parent / "pinfix-plan.json"
    command = [sys.executable, "-m", "pinfix", file.name, "--target", target]
    command += ["--rules", settings.rules, "--json", plan.name, "--cache-dir", str(settings.cache)]
    answer = _answer(settings, command, file.parent)
    if not plan.exists():
        return answer, {}
    found: dict[str, Any] = json.loads(plan.read_text(encoding="utf-8"))
    plan.unlink()
    return answer, found


def _judge_result(settings: Settings, case: Case, original: Path, rewritten: Path) -> None:
    answer = _uv(settings, case, rewritten)
    case.resolved_after = answer.code == 0
    if not case.resolved_after:
        case.problems.append(f"uv does not resolve the result: {_one_line(answer.err)}")
    again, plan = _pinfix(settings, case.target, rewritten)
    if again.code != 0 or plan.get("changes"):
        case.problems.append(f"a second run is not silent: {_second_run(again, plan)}")
    for file in dict.fromkeys(change["file"] for change in case.plan["changes"]):
        case.beside += lines_beside(original.parent, rewritten.parent, case.plan["changes"], file)
    if case.beside:
        case.problems.append(f"lines beside the changes differ: {_one_line(' '.join(case.beside))}")
    if settings.put_back and case.resolved_after:
        _judge_changes(settings, case, original, rewritten)


def _second_run(answer: Answer, plan: dict[str, Any]) -> str:
    moves = [f"{c['before']} -> {c['after']}" for c in plan.get("changes", ())]
    return f"exit {answer.code}; {'; '.join(moves) or _one_line(answer.err)}"


def _judge_refusal(settings: Settings, case: Case, entry: Entry, original: Path) -> None:
    if case.exit_code == 2:
        if case.resolved_before and entry.readable and not _pip_chokes(settings, original):
            case.problems.append(f"refused, and uv and pip read it: {_one_line(case.said)}")
        return
    if case.resolved_before:
        case.problems.append(f"refused, and uv resolves the file as it is: {_one_line(case.said)}")
    for text_file in original.parent.glob("*.txt"):
        text_file.write_text(without_versions(read_text(text_file)), encoding="utf-8")
    # Only a pre-release that something names is one that pinfix may take.
    case.names_resolve = _uv(settings, case, original, "--prerelease", "explicit").code == 0
    # What uv was not asked about: too old a version, and the file's own --no-binary.
    meant = "--allow-ancient" in case.said or "out of --no-binary" in case.said
    if case.names_resolve and not meant:
        case.problems.append(f"refused, and uv resolves the names alone: {_one_line(case.said)}")


def _pip_chokes(settings: Settings, file: Path) -> bool:
    """Whether pip cannot make sense of a file; not having a wheel for this Python is no such thing."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet"]
    answer = _answer(settings, [*command, "--only-binary=:all:", "-r", file.name], file.parent)
    return answer.code != 0 and bool(re.search(r"Traceback|Invalid|ParseError", answer.err))


def _judge_changes(settings: Settings, case: Case, original: Path, rewritten: Path) -> None:
    moves = [c for c in case.plan["changes"] if c["before"] and c["after"]]
    for package in dict.fromkeys(change["package"] for change in moves):
        back = [change for change in moves if change["package"] == package]
        kept = {c["file"]: (rewritten.parent / c["file"]).read_bytes() for c in back}
        for change in back:
            put_back(original.parent, rewritten.parent, change)
        case.tried_back += 1
        move = f"{back[0]['before']} -> {back[0]['after']}"
        if _uv(settings, case, rewritten).code == 0:
            case.needless.append(move)
        for name, data in kept.items():
            (rewritten.parent / name).write_bytes(data)
        for change in back:
            ask_for_newer(rewritten.parent, change)
        # Not from source: uv would build one version of it after the other.
        kept_sdists = [name for name in case.plan["kept_sdists"] if name != package]
        newer = _uv(settings, case, rewritten, "--prerelease", "explicit", kept=kept_sdists)
        if newer.code == 0:
            found = re.search(rf"(?mi)^{re.escape(package)}(?:\[.*\])?==\S+", newer.out)
            case.stale.append(f"{move}, and uv has {found[0] if found else 'a newer one'}")
        for name, data in kept.items():
            (rewritten.parent / name).write_bytes(data)
    if case.stale:
        case.problems.append(f"stale: {'; '.join(case.stale)}")
    if case.needless:
        case.problems.append(f"needless: {'; '.join(case.needless)}")


# -- subprocesses ------------------------------------------------------------------------------


def _uv(
    settings: Settings, case: Case, file: Path, *more: str, kept: Sequence[str] | None = None
) -> Answer:
    """What uv makes of a file on the case's target. The Python is the one that pinfix took."""
    python = next((t["python"] for t in case.plan.get("targets", ())), None)
    command = [_uv_path(), "pip", "compile", "--no-header", "--quiet", "--no-config"]
    command += ["--python-version", python or _python_of(case.target)]
    platform = UV_PLATFORMS[case.target.partition("-")[2]]
    command += ["--python-platform", platform, "--python-preference", "only-system"]
    command += ["--only-binary", ":all:", *more]
    for name in case.plan.get("kept_sdists", ()) if kept is None else kept:
        command += ["--no-binary", name]
    copy = file.with_name(f"uv-{file.name}")
    copy.write_bytes(readable_by_uv(read_text(file)).encode())
    answer = _answer(settings, [*command, copy.name], file.parent)
    copy.unlink()
    return answer


def _uv_path() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"


def _python_of(target: str) -> str:
    found = re.match(r"[a-z]+(\d)(\d+)", target)
    return f"{found[1]}.{found[2]}" if found else "3.13"


def _answer(settings: Settings, command: Sequence[str], folder: Path) -> Answer:
    environment = plain_environment() | {"NO_COLOR": "1", "MACOSX_DEPLOYMENT_TARGET": "13.0"}
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            timeout=settings.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Answer(-1, settings.seconds, "", f"no answer within {settings.seconds} s")
    seconds = round(time.perf_counter() - started, 2)
    out, err = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    return Answer(done.returncode, seconds, out, err)


# -- the report --------------------------------------------------------------------------------


def markdown(cases: Sequence[Case]) -> str:
    """The table, a row for each target; then each case that fails, with the reason."""
    targets = dict.fromkeys(case.target for case in cases)
    rows = [COLUMNS, ["---"] * len(COLUMNS)]
    rows += [_row(target, [c for c in cases if c.target == target]) for target in targets]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    failing = [case for case in cases if case.problems]
    if failing:
        lines += ["", "Failing cases:", ""]
    lines += [f"- {c.target} `{c.file}`: {p}" for c in failing for p in c.problems]
    refused = [case for case in cases if case.exit_code in (2, 3)]
    if refused:
        lines += ["", "Refusals, to be read by eye:", ""]
    lines += [f"- {c.target} `{c.file}` (exit {c.exit_code}): {_one_line(c.said)}" for c in refused]
    return "\n".join(lines) + "\n"


def _row(target: str, cases: Sequence[Case]) -> list[str]:
    after = [case for case in cases if case.resolved_after]
    seconds = [case.seconds for case in cases]
    counts = (
        len(cases),
        sum(case.resolved_before for case in cases),
        len(after),
        sum(case.changed for case in after),
        sum(case.exit_code == 3 and not case.problems for case in cases),
        sum(case.exit_code == 2 and not case.problems for case in cases),
        sum(len(case.needless) for case in cases),
        sum(len(case.stale) for case in cases),
        sum(bool(case.beside) for case in cases),
        sum(case.traceback for case in cases),
        sum(bool(case.problems) for case in cases),
    )
    times = (statistics.median(seconds), max(seconds))
    return [target, *map(str, counts), *(f"{value:.1f}" for value in times)]


def _write(out: Path, cases: Sequence[Case]) -> None:
    (out / "table.md").write_text(markdown(cases), encoding="utf-8")
    known = json.dumps([asdict(case) for case in cases], indent=1, ensure_ascii=False)
    (out / "table.json").write_text(known + "\n", encoding="utf-8")


def _progress_line(case: Case) -> str:
    verdict = "; ".join(case.problems) or "holds"
    return f"{case.target} {case.file}: exit {case.exit_code}, {case.seconds} s: {verdict}"


def _one_line(text: str, limit: int = 400) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def _last_line(text: str) -> str:
    return _one_line(text.strip().rpartition("\n")[2])


if __name__ == "__main__":
    sys.exit(main())
