"""Where packages come from, as the command line has it: pip's configuration, several indexes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.fake_index import CP311, CP313, index, project
from tests.index.wheels import make_wheel
from tests.served import served

WORLD = index(project("foo", {"1.0": CP311, "1.1": CP313}), project("bar", ["1.0"]))
WHEEL = "Metadata-Version: 2.1\nName: demo\nVersion: {}\n"
PRIVATE = index(project("foo", {"2.0": CP313}))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(WORLD) as url:
        yield url


@pytest.fixture(scope="module")
def private() -> Iterator[str]:
    with served(PRIVATE) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("foo==1.0\nbar\n")
    return tmp_path


def run(
    folder: Path, *more: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    options = ["--target", "cp313-manylinux", "--cache-dir", "cache"]
    options += ["--check"] if "--json" in more else ["--diff"]
    return subprocess.run(
        [sys.executable, "-m", "pinfix", "requirements.txt", *options, *more],
        cwd=folder,
        env=os.environ | {"HOME": str(folder / "home"), **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )


def test_index_of_a_variable_is_asked(folder: Path, url: str) -> None:
    done = run(folder, env={"PIP_INDEX_URL": url})
    assert (done.returncode, "+foo==1.1" in done.stdout) == (1, True), done.stderr


def test_index_of_the_users_file_is_asked_and_another_one_once_it_changes(
    folder: Path, url: str, private: str
) -> None:
    file = folder / "home" / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True)
    file.write_text(f"[global]\nindex-url = {url}\n")
    env = {"PIP_CONFIG_FILE": ""}
    assert "+foo==1.1" in run(folder, env=env).stdout
    file.write_text(f"[global]\nindex-url = {url}\nextra-index-url = {private}\n")
    assert "+foo==2.0" in run(folder, env=env).stdout


def test_file_overrides_the_configured_indexes(folder: Path, url: str, private: str) -> None:
    (folder / "requirements.txt").write_text(f"--index-url {url}\nfoo==1.0\n")
    env = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_EXTRA_INDEX_URL": private}
    assert "+foo==1.1" in run(folder, env=env).stdout


def test_name_on_two_indexes_is_a_warning_and_first_index_the_way_out(
    folder: Path, url: str, private: str
) -> None:
    asked = ("--index-url", url, "--extra-index-url", private)
    best = run(folder, *asked)
    assert "+foo==2.0" in best.stdout
    assert f"warning: foo stands on each of {url}, {private}" in best.stderr
    assert "--index-strategy first-index" in best.stderr
    assert "bar" not in best.stderr.partition("warning:")[2]
    swapped = ("--index-url", private, "--extra-index-url", url)
    first = run(folder, *swapped, "--index-strategy", "first-index")
    assert "+foo==1.1" in first.stdout
    assert "stands on" not in first.stderr


LIMITED = index(
    project("foo", {"1.0": CP311, "1.1": CP313, "1.2": CP313}),
    project("bar", ["1.0", "2.0"], requires=["lib"]),
    project("lib", ["1.0", "2.0"]),
)


@pytest.fixture(scope="module")
def limited() -> Iterator[str]:
    with served(LIMITED) as url:
        yield url


def test_constraints_that_pip_is_configured_to_bind_and_stay_as_they_are(
    folder: Path, limited: str
) -> None:
    (folder / "limits.txt").write_text("foo<1.2\nlib==1.0\n")
    env = {"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": "limits.txt"}
    done = run(folder, "--json", "-", env=env)
    said = json.loads(done.stdout)
    assert [change["after"] for change in said["changes"]] == ["foo==1.1"]
    assert {one["name"]: one["version"] for one in said["closure"]}["lib"] == "1.0"
    assert "foo<1.2 (limits.txt:1)" in json.dumps(said["changes"])
    assert "limits.txt" not in {change["file"] for change in said["changes"]}
    # Told again, until the constraints change.
    assert run(folder, "--json", "-", env=env).stdout == done.stdout
    (folder / "limits.txt").write_text("lib==2.0\n")
    said = json.loads(run(folder, "--json", "-", env=env).stdout)
    assert [change["after"] for change in said["changes"]] == ["foo==1.2"]


def test_constraints_of_pips_file_bind_each_of_several_environments(
    folder: Path, limited: str
) -> None:
    (folder / "limits.txt").write_text("foo<1.2\n")
    (folder / "pip.conf").write_text(
        f"[install]\nindex-url = {limited}\nconstraint = {folder}/limits.txt\n"
    )
    (folder / "dev.txt").write_text("foo==1.0\nbar==1.0\n")
    done = run(folder, "dev.txt", env={"PIP_CONFIG_FILE": str(folder / "pip.conf")})
    assert done.stdout.count("+foo==1.1") == 2, done.stderr
    assert done.stdout.count("--- a/") == 2


def test_refusal_names_the_line_that_pip_is_configured_to(folder: Path, limited: str) -> None:
    (folder / "limits.txt").write_text("# of the platform team\nfoo<1.1\n")
    done = run(folder, env={"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": "limits.txt"})
    assert done.returncode == 3
    assert "limits.txt:2" in done.stderr


def test_own_constraints_file_that_pip_is_configured_to_as_well_is_rewritten(
    folder: Path, limited: str
) -> None:
    (folder / "requirements.txt").write_text("-c limits.txt\nfoo\n")
    (folder / "limits.txt").write_text("foo==1.0\n")
    done = run(folder, env={"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": "limits.txt"})
    assert "+foo==1.2" in done.stdout
    assert "+++ b/limits.txt" in done.stdout


@pytest.mark.parametrize("spelling", ["{}/limits.txt", "file://{}/limits.txt", "./limits.txt"])
def test_one_file_is_one_however_it_is_spelt(folder: Path, limited: str, spelling: str) -> None:
    (folder / "requirements.txt").write_text("-c limits.txt\nfoo\n")
    (folder / "limits.txt").write_text("foo==1.0\n")
    env = {"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": spelling.format(folder)}
    assert "+foo==1.2" in run(folder, env=env).stdout


def test_address_of_a_file_is_read(folder: Path, limited: str) -> None:
    (folder / "limits.txt").write_text("foo<1.2\n")
    env = {"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": f"file://{folder}/limits.txt"}
    assert "+foo==1.1" in run(folder, env=env).stdout


def test_environments_are_one_where_a_file_of_one_binds_all(folder: Path, limited: str) -> None:
    (folder / "dev.txt").write_text("-c limits.txt\nbar\n")
    (folder / "limits.txt").write_text("foo==1.0\n")
    done = run(folder, "dev.txt", env={"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": "limits.txt"})
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("+foo==1.2") == 2


def test_index_of_configured_constraints_is_overridden_by_the_file(
    folder: Path, limited: str
) -> None:
    (folder / "limits.txt").write_text("--index-url http://127.0.0.1:9/\nfoo<1.2\n")
    (folder / "requirements.txt").write_text(f"--index-url {limited}\nfoo==1.0\n")
    assert "+foo==1.1" in run(folder, env={"PIP_CONSTRAINT": "limits.txt"}).stdout


@pytest.mark.parametrize("scheme", ["ftp", "file", "http"])
def test_credentials_of_configured_constraints_are_neither_printed_nor_kept(
    folder: Path, limited: str, scheme: str
) -> None:
    place = f"{scheme}://user:s3cret@127.0.0.1:9/limits.txt"
    done = run(folder, env={"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": place})
    assert done.returncode in (2, 4)
    assert "limits.txt" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    kept = [path.read_bytes() for path in (folder / "cache").rglob("*") if path.is_file()]
    assert not any(b"s3cret" in data for data in kept)


def test_configured_constraints_that_are_not_there_are_an_error_as_for_pip(
    folder: Path, limited: str
) -> None:
    done = run(folder, env={"PIP_INDEX_URL": limited, "PIP_CONSTRAINT": "not-there.txt"})
    assert done.returncode == 2
    assert "not-there.txt" in done.stderr
    assert "PIP_CONSTRAINT" in done.stderr


def test_configured_folder_that_is_not_there_is_left_out(folder: Path, url: str) -> None:
    done = run(folder, env={"PIP_INDEX_URL": url, "PIP_FIND_LINKS": "/not/there"})
    assert "+foo==1.1" in done.stdout


def test_folder_of_wheels_is_told_again_until_another_wheel_comes_in(folder: Path) -> None:
    wheels = folder / "wheels"
    wheels.mkdir()
    (folder / "requirements.txt").write_text("demo\n")
    name = "demo-{}-py3-none-any.whl"
    (wheels / name.format("1.0")).write_bytes(make_wheel(WHEEL.format("1.0")))
    env = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}
    first = run(folder, env=env)
    assert first.returncode == 0, first.stderr
    (record,) = (folder / "cache" / "runs").iterdir()
    kept = record.stat().st_mtime_ns
    assert run(folder, env=env).stderr == first.stderr
    assert record.stat().st_mtime_ns == kept
    (wheels / name.format("1.1")).write_bytes(make_wheel(WHEEL.format("1.1")))
    assert run(folder, env=env).returncode == 0
    assert record.stat().st_mtime_ns > kept


def test_value_that_pip_would_refuse_is_refused(folder: Path) -> None:
    done = run(folder, env={"PIP_NO_INDEX": "perhaps"})
    assert done.returncode == 2
    assert "PIP_NO_INDEX" in done.stderr


def test_outage_names_the_address_and_is_no_missing_package(folder: Path) -> None:
    done = run(folder, env={"PIP_INDEX_URL": "http://127.0.0.1:9/simple/"})
    assert done.returncode == 4
    assert "http://127.0.0.1:9/simple/" in done.stderr
    assert "no such" not in done.stderr.lower()
