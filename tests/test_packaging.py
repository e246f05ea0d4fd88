"""The wheel that is shipped, and what it pulls in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from contextlib import closing
from email.parser import HeaderParser
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

import pinfix
from pinfix.report.diff import unified_diff
from pinfix.run import Job, plan_job
from pinfix.targets.target import parse_target

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_CONSUMER = """\
import pinfix

plan = pinfix.rewrite("a==1", target=["cp313-render", pinfix.parse_target("cp312-alpine")])
reveal_type(plan.files[0].after)
reveal_type(pinfix.markdown(plan))
for change in plan.changes:
    reveal_type(change.reason)
try:
    pinfix.rewrite("a==1")
except pinfix.NoSolutionError as error:
    raise SystemExit(error.exit_code)
pinfix.nonsense
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution."""
    folder = tmp_path_factory.mktemp("sdist")
    _build("--sdist", "--outdir", str(folder), str(ROOT))
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment that has the wheel."""
    environment = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    scripts = environment / ("Scripts" if sys.platform == "win32" else "bin")
    _pip("install", "--only-binary", ":all:", str(wheel), python=scripts / "python")
    return scripts


def test_version_of_the_package_is_the_project_version() -> None:
    assert pinfix.__version__ == PROJECT["version"]


def test_changelog_has_a_section_for_the_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## \[?{re.escape(PROJECT['version'])}\b", text, re.MULTILINE)


def test_hooks_name_the_command_and_run_alone() -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^- id: (\S+)", text, re.MULTILINE) == ["pinfix", "pinfix-check"]
    assert re.findall(r"^  entry: (.*)", text, re.MULTILINE) == ["pinfix fix", "pinfix fix --check"]
    # Two at once would write the files they share.
    assert text.count("require_serial: true") == 2


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("requirements.txt", True),
        ("backend/requirements.txt", True),
        ("requirements-dev.txt", True),
        ("requirements/base.txt", True),
        ("requirements/base.in", True),
        ("requirements.in", True),
        ("dev-requirements.txt", True),
        ("services/api/pyproject.toml", True),
        ("my-pyproject.toml", False),
        ("requirements.txt.bak", False),
        ("docs/my-requirements.md", False),
        ("notrequirements.txt", False),
    ],
)
def test_hooks_take_requirements_files(path: str, taken: bool) -> None:
    text = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    for pattern in re.findall(r"^  files: (.*)", text, re.MULTILINE):
        assert bool(re.search(pattern, path)) is taken


@pytest.mark.live
def test_wheel_is_pure_and_holds_the_rules_and_the_type_marker(wheel: Path) -> None:
    tags = {str(tag) for tag in parse_wheel_filename(wheel.name)[3]}
    names = set(zipfile.ZipFile(wheel).namelist())
    assert tags == {"py3-none-any"}
    assert {f"pinfix/rules/{pack.name}" for pack in (ROOT / "rules").glob("*.toml")} <= names
    assert "pinfix/py.typed" in names
    assert {name.partition("/")[0] for name in names} == {"pinfix", _dist_info(wheel)}


@pytest.mark.live
def test_metadata_of_the_wheel_is_valid_and_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"{_dist_info(wheel)}/METADATA")
    metadata = Metadata.from_email(text, validate=True)
    assert metadata.license_expression == "MIT"
    assert metadata.license_files == ["LICENSE"]
    assert str(metadata.requires_python) == PROJECT["requires-python"]
    assert metadata.description_content_type == "text/markdown"
    assert HeaderParser().parsestr(text.decode())["Name"] == "pinfix"
    of_extras = {
        str(Requirement(f"{line}; extra == '{extra}'"))
        for extra, lines in PROJECT["optional-dependencies"].items()
        for line in lines
    }
    assert {str(r) for r in metadata.requires_dist or []} == of_extras | {
        str(Requirement(line)) for line in PROJECT["dependencies"]
    }


@pytest.mark.live
@pytest.mark.install
def test_installed_wheel_runs_and_finds_its_rules(scripts: Path, tmp_path: Path) -> None:
    version = subprocess.run(
        [scripts / "pinfix", "--version"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    packs = subprocess.run(
        [scripts / "python", "-c", "from pinfix.rulebook.packs import *; print(*shipped_packs())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert version.stdout.split()[-1] == PROJECT["version"]
    assert packs.stdout.split() == sorted(pack.stem for pack in (ROOT / "rules").glob("*.toml"))


@pytest.mark.live
@pytest.mark.install
def test_installed_wheel_is_typed_for_who_imports_it(scripts: Path, tmp_path: Path) -> None:
    (tmp_path / "bot.py").write_text(_CONSUMER, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "bot.py"]
    checked = subprocess.run(
        [*command, "--python-executable", str(scripts / "python")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    revealed = re.findall(r'bot\.py:\d+: note: Revealed type is "(.*)"', checked.stdout)
    assert checked.returncode == 1
    assert [name.replace("builtins.", "") for name in revealed] == ["bytes", "str", "str"]
    assert re.findall(r"error: .*\[(.*)\]", checked.stdout) == ["call-arg", "attr-defined"]


@pytest.mark.live
@pytest.mark.install
def test_source_distribution_holds_all_and_builds_the_same_wheel(
    sdist: Path, tmp_path: Path
) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if tracked.returncode:
        pytest.skip("this is no checkout")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        archive.extractall(tmp_path, filter="data")
    assert set(tracked.stdout.splitlines()) - names == set()
    assert names - set(tracked.stdout.splitlines()) == {"PKG-INFO"}
    wheels = []
    for number, source in enumerate((ROOT, tmp_path / sdist.name.removesuffix(".tar.gz"))):
        folder = tmp_path / f"wheel{number}"
        _build("--wheel", "--outdir", str(folder), str(source))
        wheels.append(next(folder.iterdir()))
    assert wheels[0].name == wheels[1].name
    assert wheels[0].read_bytes() == wheels[1].read_bytes()


@pytest.mark.live
@pytest.mark.install
def test_source_distribution_is_reproducible(sdist: Path, tmp_path: Path) -> None:
    _build("--sdist", "--outdir", str(tmp_path), str(ROOT))
    assert (tmp_path / sdist.name).read_bytes() == sdist.read_bytes()


@pytest.mark.live
@pytest.mark.install
def test_tests_of_the_source_distribution_run(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    tests = ("test_packaging.py", "test_library.py", "test_pull_request_bot.py", "cases")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(f"tests/{name}" for name in tests)],
        cwd=tmp_path / sdist.name.removesuffix(".tar.gz"),
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.live
@pytest.mark.parametrize("python", ["cp310", "cp313", "cp314"])
def test_pinfix_on_pinfix_whole_closure_installs_from_pure_wheels(
    python: str, tmp_path: Path
) -> None:
    from pinfix.index.client import IndexClient

    requirements = tmp_path / "requirements.txt"
    requirements.write_text("".join(f"{line}\n" for line in PROJECT["dependencies"]))
    job = Job([str(requirements)], [parse_target(f"{python}-any")], rules=["none"])
    with closing(IndexClient()) as client:
        plan = plan_job(job, lambda _: client)
    assert not plan.kept_sdists
    assert not plan.changed, unified_diff(plan)
    assert all(f.endswith("-none-any.whl") for e in plan.closure for f in e.files.values())
    everywhere = {r.name for r in map(Requirement, PROJECT["dependencies"]) if r.marker is None}
    assert everywhere <= {entry.name for entry in plan.closure}


def _dist_info(wheel: Path) -> str:
    return f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"


def _build(*arguments: str) -> None:
    command = [sys.executable, "-m", "build", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _pip(*arguments: str, python: Path | str = sys.executable) -> None:
    command = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
