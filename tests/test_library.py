"""pinfix as a library: what programs import, and what they can rely on."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

import pinfix
from tests.fake_index import CP311, CP313, PURE, index, project
from tests.served import served

TARGET = "cp313-manylinux"
WORLD = index(
    project("native", {"1.0": CP311, "2.0": [CP313, CP311]}),
    project("app", {"1.0": PURE}, requires=["native>=1"]),
    project("pydantic", {"1.10.27": PURE, "2.5.0": PURE}),
)


@pytest.fixture(autouse=True)
def _nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr() == ("", "")


def test_text_in_plan_out() -> None:
    plan = pinfix.rewrite("native==1.0  # fast\n", target=TARGET, index=WORLD, rules="none")
    (change,) = plan.changes
    assert plan.files[0].after == b"native==2.0  # fast\n"
    assert (change.package, change.before, change.after) == ("native", "native==1.0", "native==2.0")
    assert change.cause == "no wheel"
    assert "+native==2.0  # fast" in pinfix.unified_diff(plan)
    assert "| native | `native==1.0` | `native==2.0` |" in pinfix.markdown(plan)
    assert "requirements.txt:1: native==1.0 -> native==2.0" in pinfix.summary(plan)
    assert pinfix.plan_dict(plan)["changes"][0]["after"] == "native==2.0"


def test_bytes_keep_their_encoding_and_line_ends() -> None:
    text = "\ufeffnative==1.0\r\n".encode()
    plan = pinfix.rewrite(text, target=TARGET, index=WORLD, rules="none")
    assert plan.files[0].after == text.replace(b"1.0", b"2.0")


def test_nothing_to_change_is_a_plan_that_changes_nothing() -> None:
    plan = pinfix.rewrite("native==2.0\n", target=TARGET, index=WORLD)
    assert not plan.changed
    assert pinfix.unified_diff(plan) == ""


def test_several_targets_are_served_by_one_version() -> None:
    targets = [TARGET, pinfix.parse_target("cp311-manylinux")]
    plan = pinfix.rewrite("native==1.0\n", target=targets, index=WORLD, rules="none")
    assert plan.files[0].after == b"native==2.0\n"
    assert len(plan.targets) == 2


def test_default_rules_are_those_of_the_command_line() -> None:
    plan = pinfix.rewrite("pydantic==2.5.0\n", target=TARGET, index=WORLD)
    assert plan.files[0].after == b"pydantic==1.10.27\n"


def test_rules_are_a_name_names_or_a_book() -> None:
    book = pinfix.load_rule_book(["none"])
    for rules in ("none", ["known-breaks"], book):
        plan = pinfix.rewrite("pydantic==2.5.0\n", target=TARGET, index=WORLD, rules=rules)
        assert not plan.changed


def test_policy_is_obeyed() -> None:
    policy = pinfix.Policy(no_upgrade=True)
    with pytest.raises(pinfix.NoSolutionError, match="native"):
        pinfix.rewrite("native==1.0\n", target=TARGET, index=WORLD, policy=policy)


def test_moment_without_an_offset_is_in_utc() -> None:
    world = index(project("a", ["1", "2"], uploaded={"1": "2026-01-01", "2": "2026-03-01"}))
    policy = pinfix.Policy(exclude_newer=datetime(2026, 2, 1))
    plan = pinfix.rewrite("a\n", target=TARGET, index=world, policy=policy)
    assert [entry.version for entry in plan.closure] == ["1"]


def test_names_in_a_policy_may_be_spelled_as_people_do() -> None:
    world = index(project("old", {"1.0": CP313, "3.0": CP311}))
    with pytest.raises(pinfix.NoSolutionError, match="older"):
        pinfix.rewrite("old==3.0\n", target=TARGET, index=world)
    policy = pinfix.Policy(allow_ancient=frozenset({"Old"}))
    plan = pinfix.rewrite("old==3.0\n", target=TARGET, index=world, policy=policy)
    assert plan.files[0].after == b"old==1.0\n"


def test_path_names_the_file_in_the_plan_and_says_how_to_read_it() -> None:
    text = '[project]\nname = "mine"\nversion = "1"\ndependencies = ["native==1.0"]\n'
    plan = pinfix.rewrite(
        text, target=TARGET, index=WORLD, rules="none", path="backend/pyproject.toml"
    )
    assert plan.files[0].path == "backend/pyproject.toml"
    assert b'"native==2.0"' in plan.files[0].after


def test_included_files_are_those_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("base.txt").write_text("native==2.0\n")
    plan = pinfix.rewrite(
        "-r ./base.txt\n",
        target=TARGET,
        index=WORLD,
        rules="none",
        files={"./base.txt": "native==1.0\n"},
    )
    assert {file.path: file.after for file in plan.files} == {
        "requirements.txt": b"-r ./base.txt\n",
        "base.txt": b"native==2.0\n",
    }


@pytest.mark.parametrize("include", ["-r {}", "-c {}", "-r file://{}"])
def test_no_file_of_the_disk_is_read_for_a_text(include: str, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("a secret\n")
    text = include.format(tmp_path / "secret.txt")
    with pytest.raises(pinfix.InputError, match="not among the files given") as caught:
        pinfix.rewrite(text, target=TARGET, index=WORLD)
    assert "a secret" not in str(caught.value)


def test_environment_counts_only_when_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERSION", "1.0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    text = "native==1.0\n--extra-index-url https://${VERSION}.test/\n"
    with served(WORLD) as url:
        plan = pinfix.rewrite("native==1.0\n", target=TARGET, index=url, rules="none")
        assert plan.changed
        with pytest.raises(pinfix.NoSolutionError):
            pinfix.rewrite("native==1.0\n", target=TARGET, rules="none", environ=os.environ)
    with pytest.raises(pinfix.PinfixError, match=r"1\.0\.test|VERSION"):
        pinfix.rewrite(text, target=TARGET, index=pinfix.Sources(no_index=True), environ={})


def test_constraints_that_pip_is_configured_to_bind_a_text_too(tmp_path: Path) -> None:
    limits = tmp_path / "limits.txt"
    limits.write_text("-c more.txt\n")
    (tmp_path / "more.txt").write_text("native<2\n")
    environ = {"PIP_CONSTRAINT": str(limits), "HOME": str(tmp_path)}
    with pytest.raises(pinfix.NoSolutionError, match=r"more\.txt:1"):
        pinfix.rewrite("native==1.0\n", target=TARGET, index=WORLD, rules="none", environ=environ)


def test_served_index_by_its_address(tmp_path: Path) -> None:
    with served(WORLD) as url:
        plan = pinfix.rewrite(
            "app==1.0\nnative==1.0\n", target=TARGET, index=url, rules="none", cache_dir=tmp_path
        )
    assert plan.files[0].after == b"app==1.0\nnative==2.0\n"
    offline = pinfix.rewrite(
        "app==1.0\nnative==1.0\n",
        target=TARGET,
        index=url,
        rules="none",
        cache_dir=tmp_path,
        offline=True,
    )
    assert offline.files[0].after == plan.files[0].after


def test_without_a_cache_folder_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with served(WORLD) as url:
        pinfix.rewrite("native==1.0\n", target=TARGET, index=url, rules="none")
    assert list(tmp_path.iterdir()) == []


def test_offline_without_a_cache_folder_is_refused() -> None:
    with pytest.raises(pinfix.UsageError, match="cache_dir"):
        pinfix.rewrite("native==1.0\n", target=TARGET, offline=True)


def test_index_that_is_down_is_an_error_of_its_own() -> None:
    down = index(down=["native"])
    with pytest.raises(pinfix.IndexUnavailableError) as caught:
        pinfix.rewrite("native==1.0\n", target=TARGET, index=down)
    assert caught.value.exit_code == 4


def test_name_on_two_indexes_is_a_warning() -> None:
    with served(WORLD) as one, served(WORLD) as other:
        sources = pinfix.Sources(index_url=one, extra_index_urls=(other,))
        plan = pinfix.rewrite("native==2.0\n", target=TARGET, index=sources, rules="none")
    assert any("dependency confusion" in warning for warning in plan.warnings)


@pytest.mark.parametrize("target", ["", "cp313", [], "nonsense-manylinux"])
def test_target_that_is_none_is_refused(target: str | list[str]) -> None:
    with pytest.raises(pinfix.UsageError):
        pinfix.rewrite("native==1.0\n", target=target, index=WORLD)


def test_text_that_pip_would_refuse_says_where() -> None:
    with pytest.raises(pinfix.InputError) as caught:
        pinfix.rewrite("native==1.0\n???\n", target=TARGET, index=WORLD, path="req.txt")
    assert (caught.value.path, caught.value.line) == ("req.txt", 2)


def test_calls_may_run_beside_each_other(tmp_path: Path) -> None:
    with served(WORLD) as url, ThreadPoolExecutor(8) as pool:
        plans = pool.map(
            lambda _: pinfix.rewrite(
                "app==1.0\nnative==1.0\n",
                target=TARGET,
                index=url,
                rules="none",
                cache_dir=tmp_path,
            ),
            range(16),
        )
        assert {plan.files[0].after for plan in plans} == {b"app==1.0\nnative==2.0\n"}


def test_files_are_planned_and_written(tmp_path: Path) -> None:
    base = tmp_path / "base.txt"
    base.write_text("native==1.0\n")
    main = tmp_path / "requirements.txt"
    main.write_text("-r base.txt\npydantic==2.5.0\n")
    plan = pinfix.rewrite_files([main], target=TARGET, index=WORLD, rules=["known-breaks"])
    assert base.read_text() == "native==1.0\n"
    assert pinfix.write(plan) == (str(base),)
    assert base.read_text() == "native==2.0\n"


def test_rules_of_the_project_hold_for_its_files(tmp_path: Path) -> None:
    main = tmp_path / "requirements.txt"
    main.write_text("native==2.0\n")
    (tmp_path / "pinfix.toml").write_text(
        '[[rule]]\nid = "ours"\naction = "drop"\npackage = "native"\napplies = "always"\n'
        'reason = "we have our own"\nevidence = ["a test"]\n'
    )
    plan = pinfix.rewrite_files([main], target=TARGET, index=WORLD)
    assert [change.reason for change in plan.changes] == ["we have our own"]
    none = pinfix.rewrite_files(
        [main], target=TARGET, index=WORLD, rules=pinfix.load_rule_book(["none"])
    )
    assert not none.changed


def test_every_exported_name_is_there_and_no_other_is() -> None:
    for name in pinfix.__all__:
        assert getattr(pinfix, name) is not None
    assert set(pinfix.__all__) <= set(dir(pinfix))
    with pytest.raises(AttributeError, match="nonsense"):
        _ = pinfix.nonsense  # type: ignore[attr-defined]


def test_names_for_type_checkers_are_those_at_run_time() -> None:
    tree = ast.parse(Path(pinfix.__file__).read_text(encoding="utf-8"))
    typed = {
        node.module: tuple(alias.name for alias in node.names)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    assert typed == pinfix._MODULES
    assert {"__version__", *(name for names in typed.values() for name in names)} == set(
        pinfix.__all__
    )


def printed_by(code: str) -> str:
    """What a fresh interpreter prints."""
    root = str(Path(__file__).parent.parent)
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": root},
    ).stdout


def test_importing_pinfix_imports_nothing_else() -> None:
    code = "import sys; before = set(sys.modules); import pinfix; print(set(sys.modules) - before)"
    assert printed_by(code) == "{'pinfix'}\n"


def test_using_the_library_imports_no_command_line() -> None:
    code = "import sys, pinfix; pinfix.rewrite; print({'click', 'rich'} & set(sys.modules))"
    assert printed_by(code) == "set()\n"
