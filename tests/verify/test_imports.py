"""Modules imported one by one, in an environment made by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pinfix.verify import imports
from pinfix.verify.environment import Environment
from pinfix.verify.imports import Imported, import_all

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the environment is laid out as on POSIX")
DJANGO = "class ImproperlyConfigured(Exception): pass\nraise ImproperlyConfigured('no settings')"
LIBRARY = (
    "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    return Environment(folder, folder / "bin" / "python", (packages,))


def install(environment: Environment, name: str, modules: dict[str, str], extra: str = "") -> None:
    packages = environment.packages[0]
    info = packages / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{extra}")
    (info / "RECORD").write_text("".join(f"{module}.py,,\n" for module in modules))
    for module, code in modules.items():
        (packages / f"{module}.py").write_text(code)


def imported(
    environment: Environment, folder: Path, name: str, modules: dict[str, str]
) -> list[Imported]:
    install(environment, name, modules)
    return [*import_all(environment, [name], os.environ, folder)]


def test_module_that_can_be_imported(environment: Environment, tmp_path: Path) -> None:
    (one,) = imported(environment, tmp_path, "fine", {"fine": ""})
    assert (one.module, one.failed, one.printed) == ("fine", False, "")


def test_what_an_import_prints_is_kept(environment: Environment, tmp_path: Path) -> None:
    code = "import warnings; warnings.warn('mind this'); print('hello')"
    (one,) = imported(environment, tmp_path, "loud", {"loud": code})
    assert not one.failed
    assert "hello" in one.printed
    assert "UserWarning: mind this" in one.printed


def test_exception_is_a_failure(environment: Environment, tmp_path: Path) -> None:
    (one,) = imported(environment, tmp_path, "broken", {"broken": "1 / 0"})
    assert one.failed
    assert "ZeroDivisionError" in one.done.stderr


def test_crash_is_a_failure(environment: Environment, tmp_path: Path) -> None:
    code = "import os; os.kill(os.getpid(), 9)"
    (one,) = imported(environment, tmp_path, "crash", {"crash": code})
    assert one.failed
    assert one.done.code == -9


def test_import_without_end_is_a_failure(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "IMPORT_SECONDS", 0.5)
    (one,) = imported(environment, tmp_path, "endless", {"endless": "while True: pass"})
    assert one.failed
    assert one.done.code is None


@pytest.mark.parametrize(
    ("name", "code", "excuse"),
    [("settings", DJANGO, "configured"), ("library", LIBRARY, "libGL.so.1")],
)
def test_what_this_machine_lacks_is_no_failure(
    environment: Environment, tmp_path: Path, name: str, code: str, excuse: str
) -> None:
    (one,) = imported(environment, tmp_path, name, {name: code})
    assert not one.failed
    assert excuse in one.excuse


def test_private_module_beside_a_public_one_may_fail(
    environment: Environment, tmp_path: Path
) -> None:
    public, private = imported(environment, tmp_path, "pair", {"pair": "", "_pair": "1 / 0"})
    assert not public.failed
    assert not private.failed
    assert "private" in private.excuse


@pytest.mark.parametrize(("extra", "failed"), [("Provides-Extra: more\n", False), ("", True)])
def test_module_that_wants_what_an_extra_would_bring_is_no_failure(
    environment: Environment, tmp_path: Path, extra: str, failed: bool
) -> None:
    name = f"optional{len(extra)}"
    install(environment, name, {name: "", f"{name}_more": "import nothing_there"}, extra)
    base, more = import_all(environment, [name], os.environ, tmp_path)
    assert not base.failed
    assert more.failed == failed


def test_module_that_lacks_something_is_a_failure_where_nothing_else_works(
    environment: Environment, tmp_path: Path
) -> None:
    install(environment, "lacking", {"lacking": "import nothing"}, "Provides-Extra: more\n")
    (one,) = import_all(environment, ["lacking"], os.environ, tmp_path)
    assert one.failed


def test_private_module_alone_may_not_fail(environment: Environment, tmp_path: Path) -> None:
    (one,) = imported(environment, tmp_path, "alone", {"_alone": "1 / 0"})
    assert one.failed


def test_what_was_not_asked_for_is_not_imported(environment: Environment, tmp_path: Path) -> None:
    install(environment, "other", {"other": ""})
    assert [*import_all(environment, ["nothing"], os.environ, tmp_path)] == []


def test_home_is_a_folder_that_goes_away(environment: Environment, tmp_path: Path) -> None:
    code = "from pathlib import Path; (Path.home() / 'mark').touch()"
    imported(environment, tmp_path, "homely", {"homely": code})
    assert (tmp_path / "mark").exists()
