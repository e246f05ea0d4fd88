"""The hooks, run by pre-commit itself on real repositories, against an index of their own."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fake_index import CP311, CP313, index, project
from tests.served import served

pytestmark = [
    pytest.mark.live,
    pytest.mark.install,
    pytest.mark.skipif(
        importlib.util.find_spec("pre_commit") is None or shutil.which("git") is None,
        reason="pre-commit and git are needed",
    ),
]

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("pinfix", "rules", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
WHO = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
CLOSED = "http://127.0.0.1:9/simple/"


def git(folder: Path, *words: str) -> str:
    command = ["git", *WHO, *words]
    run = subprocess.run(
        command, cwd=folder, env=environ(), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout.strip()


def environ(**more: str) -> dict[str, str]:
    """Without what a hook that runs these tests would tell of its own repository."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | more


@dataclass
class Hooks:
    """The repository with the hooks, and where pre-commit keeps its environments."""

    repository: Path
    revision: str
    home: Path


@dataclass
class Checkout:
    """Somebody's repository that uses a hook."""

    folder: Path
    hooks: Hooks
    cache: Path
    variables: dict[str, str] = field(default_factory=dict)

    def use(self, hook: str = "pinfix", *args: str) -> None:
        hooks = [{"id": hook, "args": ["--target", "cp313-manylinux", *args]}]
        repo = {"repo": str(self.hooks.repository), "rev": self.hooks.revision, "hooks": hooks}
        self.write(".pre-commit-config.yaml", json.dumps({"repos": [repo]}))

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        git(self.folder, "add", name)

    def read(self, name: str = "requirements.txt") -> str:
        return (self.folder / name).read_text()

    def environ(self) -> dict[str, str]:
        return environ(
            PRE_COMMIT_HOME=str(self.hooks.home),
            PINFIX_CACHE_DIR=str(self.cache),
            PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **self.variables,
        )

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.folder, env=self.environ(), capture_output=True, text=True, check=False
        )

    def run(self) -> subprocess.CompletedProcess[str]:
        return self.call(sys.executable, "-m", "pre_commit", "run", "--all-files")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Hooks:
    """The hooks as they are in this checkout, committed or not."""
    repository = tmp_path_factory.mktemp("pinfix")
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, repository / name)
    git(repository, "init", "-q")
    git(repository, "add", "--all")
    git(repository, "commit", "-q", "-m", "as it is")
    return Hooks(
        repository, git(repository, "rev-parse", "HEAD"), tmp_path_factory.mktemp("pre-commit")
    )


@pytest.fixture
def url() -> Iterator[str]:
    with served(WORLD) as url:
        yield url


@pytest.fixture
def checkout(hooks: Hooks, url: str, tmp_path: Path) -> Checkout:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    made = Checkout(folder, hooks, tmp_path / "cache", {"PINFIX_INDEX_URL": url})
    made.use()
    return made


def test_a_clean_repository_passes(checkout: Checkout) -> None:
    checkout.write("requirements.txt", "foo==1.1\n")
    checkout.write("pyproject.toml", "[tool.ruff]\nline-length = 100\n")
    run = checkout.run()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "Passed" in run.stdout
    assert git(checkout.folder, "diff") == ""


def test_a_dirty_one_is_rewritten_and_fails_once(checkout: Checkout) -> None:
    checkout.write("requirements.txt", "foo==1.0  # ours\r\nbar==1.0\r\n")
    run = checkout.run()
    assert run.returncode == 1
    assert "files were modified by this hook" in run.stdout
    assert "requirements.txt:1: foo==1.0 -> foo==1.1" in run.stdout
    assert (
        checkout.folder / "requirements.txt"
    ).read_bytes() == b"foo==1.1  # ours\r\nbar==1.0\r\n"
    assert checkout.run().returncode == 0


def test_check_fails_and_changes_nothing(checkout: Checkout) -> None:
    checkout.use("pinfix-check")
    checkout.write("requirements.txt", "foo==1.0\n")
    run = checkout.run()
    assert run.returncode == 1
    assert "exit code: 1" in run.stdout
    assert "files were modified" not in run.stdout
    assert checkout.read() == "foo==1.0\n"


def test_a_commit_waits_for_what_was_rewritten(checkout: Checkout) -> None:
    checkout.write("requirements.txt", "foo==1.0\n")
    assert checkout.call(sys.executable, "-m", "pre_commit", "install").returncode == 0
    commit = ("git", *WHO, "commit", "-q", "-m", "first")
    assert checkout.call(*commit).returncode == 1
    git(checkout.folder, "add", "requirements.txt")
    again = checkout.call(*commit)
    assert again.returncode == 0, again.stderr
    assert git(checkout.folder, "show", "HEAD:requirements.txt") == "foo==1.1"


def test_many_files_are_each_right_in_one_go(checkout: Checkout) -> None:
    names = [f"services/{number:03}/requirements.txt" for number in range(150)]
    for name in names:
        (checkout.folder / name).parent.mkdir(parents=True)
        (checkout.folder / name).write_text("-r ../base.txt\nbar==1.0\n")
    checkout.write("services/base.txt", "foo==1.0\n")
    checkout.write("requirements/dev.in", "foo==1.0\n")
    checkout.write("requirements/notes.md", "foo==1.0\n")
    git(checkout.folder, "add", "--all")
    run = checkout.run()
    assert run.returncode == 1
    assert checkout.read("services/base.txt") == "foo==1.1\n"
    assert checkout.read("requirements/dev.in") == "foo==1.1\n"
    assert checkout.read("requirements/notes.md") == "foo==1.0\n"
    assert {checkout.read(name) for name in names} == {"-r ../base.txt\nbar==1.0\n"}
    assert checkout.run().returncode == 0


def test_offline_the_cache_is_enough(hooks: Hooks, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "-q")
    with served(WORLD) as url:
        online = Checkout(folder, hooks, tmp_path / "cache", {"PINFIX_INDEX_URL": url})
        online.use()
        online.write("requirements.txt", "foo==1.1\n")
        assert online.run().returncode == 0
    online.variables["PINFIX_OFFLINE"] = "1"
    online.write("requirements.txt", "foo==1.0\n")
    assert online.run().returncode == 1
    assert online.read() == "foo==1.1\n"
    assert online.run().returncode == 0


def test_without_a_cache_offline_says_so(checkout: Checkout) -> None:
    checkout.variables["PINFIX_OFFLINE"] = "1"
    checkout.write("requirements.txt", "foo==1.0\n")
    run = checkout.run()
    assert run.returncode == 1
    assert "exit code: 4" in run.stdout
    assert checkout.read() == "foo==1.0\n"


def test_a_broken_index_fails_with_its_address(checkout: Checkout) -> None:
    checkout.variables["PINFIX_INDEX_URL"] = CLOSED
    checkout.write("requirements.txt", "foo==1.0\n")
    run = checkout.run()
    assert run.returncode == 1
    assert "exit code: 4" in run.stdout
    assert f"error: {CLOSED}foo/: " in run.stdout
    assert checkout.read() == "foo==1.0\n"


def test_the_configuration_is_that_of_the_repository(checkout: Checkout) -> None:
    checkout.write("requirements.txt", "foo==1.0\n")
    checkout.write("pinfix.toml", 'targts = ["cp313-manylinux"]\n')
    run = checkout.run()
    assert 'pinfix.toml:1: pinfix.toml has no key "targts"' in run.stdout
