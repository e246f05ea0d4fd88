"""Migrate projects that use pydantic 2, and run their tests on pydantic 1.10.

How to run it, from the repository's root::

    python benchmarks/migrated_projects.py
    python benchmarks/migrated_projects.py --only craft-providers --keep /tmp/migrated

For each project of the table below:

1. Its source distribution is fetched from PyPI and unpacked twice.
2. Its tests run on pydantic 2, in an environment of their own.
3. ``pinfix.migrate.code`` rewrites the second copy, tests included, and nothing else is touched. The
   same tests run on pydantic 1.10.

Printed: for each project how many tests passed before, how many of these pass after, how many places
the migration listed, and how many tests pass where some of these were done by hand, as the table
has it. ``--failures`` adds the tests that passed before and do not any more.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

from plain_environment import plain_environment

from pinfix.migrate.code.migration import migrate_code

SECONDS = 1800  # for an installation, or a run of tests


@dataclass(frozen=True, slots=True)
class Project:
    """A project on PyPI whose source distribution has its tests.

    ``requirements`` are what it and its tests need beside pydantic, ``source`` is the folder to
    import it from, ``tests`` what pytest is told to run. ``by_hand`` is what a person does about
    places that the migration lists: a file, what stands there, and what is put in its place.
    """

    name: str
    version: str
    requirements: tuple[str, ...]
    source: str
    tests: tuple[str, ...]
    by_hand: tuple[tuple[str, str, str], ...] = ()


_PSR = "src/semantic_release/cli/config.py"
_PSR_TEST = "tests/unit/semantic_release/cli/test_config.py"
PROJECTS = (
    Project(
        "craft-providers",
        "3.8.0",
        (
            *("packaging", "pylxd", "pyyaml", "requests", "requests_unixsocket2"),
            *("freezegun", "logassert", "pyfakefs==6.2.0", "pytest==9.0.3", "pytest-mock"),
            *("pytest-rerunfailures", "pytest-subprocess==1.6.0", "pytest-time", "responses"),
        ),
        ".",
        ("tests/unit",),
        by_hand=(
            (
                "tests/unit/conftest.py",
                "from pydantic_core import InitErrorDetails",
                "from pydantic import BaseModel\nfrom pydantic.error_wrappers import ErrorWrapper",
            ),
            (
                "tests/unit/conftest.py",
                "ValidationError.from_exception_data(\n"
                '        "Field required", [InitErrorDetails(type="missing", loc=(10,), input={})]\n    )',
                'ValidationError([ErrorWrapper(ValueError("field required"), (10,))], BaseModel)',
            ),
        ),
    ),
    Project(
        "python-semantic-release",
        "10.7.0",
        (
            *("click<8.4", "click-option-group", "gitpython", "requests", "jinja2"),
            *("python-gitlab<9", "tomlkit", "dotty-dict", "rich~=15.0", "shellingham"),
            *("Deprecated", "filelock", "cj365-flatdict", "freezegun", "pyyaml", "pytest<10"),
            *("pytest-clarity", "pytest-cov", "pytest-env", "pytest-lazy-fixtures", "pytest-mock"),
            *("pytest-order", "pytest-xdist", "responses", "requests-mock"),
        ),
        "src",
        ("tests/unit/semantic_release/cli", "tests/unit/semantic_release/commit_parser"),
        by_hand=(
            (_PSR, "    RootModel,\n", ""),
            (_PSR, "    field_serializer,\n    field_validator,\n", ""),
            (_PSR, "import dataclass, is_dataclass", "import asdict, dataclass, is_dataclass"),
            (_PSR, "RootModel(opts_obj)", "asdict(opts_obj)"),
            (
                _PSR,
                "isinstance(opts_obj, (BaseModel, RootModel))",
                "isinstance(opts_obj, BaseModel)",
            ),
            (_PSR, "commit_author: Actor = Field(", "commit_author: Any = Field("),
            (
                _PSR,
                '@field_validator("commit_author", mode="plain")',
                '@validator("commit_author", always=True)',
            ),
            (
                _PSR,
                '    @field_serializer("commit_author", mode="plain")\n    @classmethod\n'
                "    def serialize_commit_author(cls, val: Actor) -> str:\n"
                '        return f"{val.name} <{val.email}>"\n',
                "    class Config:\n"
                '        json_encoders = {Actor: lambda val: f"{val.name} <{val.email}>"}\n',
            ),
            (_PSR_TEST, "from pydantic import RootModel, ", "from pydantic import "),
            (_PSR_TEST, "import os\n", "import os\nfrom dataclasses import asdict\n"),
            *(
                (_PSR_TEST, f"RootModel({options}()).model_dump()", f"asdict({options}())")
                for options in (
                    *("ConventionalCommitParserOptions", "EmojiParserOptions"),
                    *("ScipyParserOptions", "TagParserOptions", "CustomParserOpts"),
                )
            ),
        ),
    ),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", action="append", help="the projects to run, by name")
    parser.add_argument("--keep", type=Path, help="where to work, and leave what was made")
    parser.add_argument("--failures", action="store_true", help="name the tests that fail after")
    options = parser.parse_args()
    chosen = [one for one in PROJECTS if not options.only or one.name in options.only]
    with tempfile.TemporaryDirectory() as made:
        folder = options.keep or Path(made)
        for project in chosen:
            run_project(project, folder / project.name, failures=options.failures)
    return 0


def run_project(project: Project, folder: Path, *, failures: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    archive = fetch(project)
    before = unpack(archive, folder / "before")
    after = unpack(archive, folder / "after")
    files = {path.relative_to(after).as_posix(): path.read_bytes() for path in after.rglob("*.py")}
    migrated = migrate_code(files)
    for one in migrated:
        (after / one.path).write_bytes(one.after)
    commit(after)
    passed = run_tests(project, before, environment(project, folder / "two", "pydantic==2.*"))
    python = environment(project, folder / "one", "pydantic==1.10.*")
    changed = sum(one.changed for one in migrated)
    listed = sum(len(one.todo) for one in migrated)
    print(f"{project.name} {project.version}: {changed} files changed, {listed} places listed")
    print(f"    {len(passed)} tests passed with pydantic 2")
    still = run_tests(project, after, python)
    print(f"    {told(passed, still)} with pydantic 1.10, as migrated")
    if project.by_hand:
        do_by_hand(project, after)
        still = run_tests(project, after, python)
        print(
            f"    {told(passed, still)} with {len(project.by_hand)} edits by hand of listed places"
        )
    for name in sorted(passed - still) if failures else ():
        print("       ", name)


def told(passed: set[str], still: set[str]) -> str:
    """How many of the tests that passed still do."""
    return f"{len(passed & still)} of these ({len(passed & still) / max(len(passed), 1):.1%})"


def do_by_hand(project: Project, folder: Path) -> None:
    for name, old, new in project.by_hand:
        text = (folder / name).read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"{project.name}: {name} does not have {old!r}")
        (folder / name).write_text(text.replace(old, new), encoding="utf-8")
    commit(folder)


def fetch(project: Project) -> bytes:
    """The source distribution, as pip finds it."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*command, project.name, "-d", folder, f"{project.name}=={project.version}"],
            check=True,
            env=plain_environment(),
            timeout=SECONDS,
        )
        (archive,) = Path(folder).iterdir()
        return archive.read_bytes()


def unpack(archive: bytes, folder: Path) -> Path:
    """A fresh copy of the project's folder, with a repository of its own: its tests look for one."""
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        opened.extractall(folder, filter="data")
    (inside,) = folder.iterdir()
    subprocess.run(["git", "init", "-q"], cwd=inside, check=True)
    commit(inside)
    return inside


def commit(folder: Path) -> None:
    """Commit all there is: tests that copy the repository see it."""
    subprocess.run(["git", "add", "-A", "-f"], cwd=folder, check=True)
    author = ("-c", "user.name=nobody", "-c", "user.email=nobody@example.org")
    subprocess.run(
        ["git", *author, "commit", "-q", "--allow-empty", "-m", "as it is"], cwd=folder, check=True
    )


def environment(project: Project, folder: Path, pydantic: str) -> Path:
    """The interpreter of a fresh environment with what the project needs."""
    inside = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    subprocess.run(
        [inside, "-m", "pip", "install", "-q", pydantic, *project.requirements],
        check=True,
        env=plain_environment(),
        timeout=SECONDS,
    )
    return inside


def run_tests(project: Project, folder: Path, python: Path) -> set[str]:
    """The names of the tests that pass."""
    report = folder / "report.xml"
    env = plain_environment() | {"PYTHONPATH": str(folder / project.source)}
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
    ran = subprocess.run(
        [*command, *project.tests],
        check=False,
        cwd=folder,
        env=env,
        timeout=SECONDS,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    (folder / "tests.log").write_text(ran.stdout + ran.stderr)
    if not report.exists():
        return set()
    cases = ElementTree.parse(report).iter("testcase")
    return {f"{case.get('classname')}::{case.get('name')}" for case in cases if not list(case)}


if __name__ == "__main__":
    raise SystemExit(main())
