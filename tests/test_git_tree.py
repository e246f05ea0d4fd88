from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pinfix.git_tree import uncommitted
from pinfix.source_files import read_sources


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").write_text("x = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "all")
    return tmp_path


def test_a_clean_tree_has_nothing_to_lose(repository: Path) -> None:
    assert uncommitted(repository / "app", [repository / "app" / "main.py"]) == []


def test_what_was_changed_is_named(repository: Path) -> None:
    (repository / "app" / "main.py").write_text("x = 2\n")
    assert uncommitted(repository / "app", []) == ["app/main.py"]


def test_an_untracked_file_matters_where_it_is_written(repository: Path) -> None:
    (repository / "new é.py").write_text("")
    assert uncommitted(repository, []) == []
    assert uncommitted(repository, [repository / "new é.py"]) == ["new é.py"]


def test_a_renamed_file_is_named_once(repository: Path) -> None:
    git(repository, "mv", "app/main.py", "app/other.py")
    assert uncommitted(repository, []) == ["app/other.py"]


def test_outside_of_a_repository_nobody_knows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert uncommitted(tmp_path, [tmp_path / "x.py"]) == []


def test_the_sources_are_the_projects_own(tmp_path: Path) -> None:
    for path in ("main.py", "app/models.py", ".venv/x.py", "own/lib/y.py", "node_modules/z.py"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"# \xe9\n")
    (tmp_path / "own" / "pyvenv.cfg").touch()
    (tmp_path / "app" / "notes.txt").touch()
    assert read_sources(tmp_path) == {"main.py": b"# \xe9\n", "app/models.py": b"# \xe9\n"}
