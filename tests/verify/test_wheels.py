"""A platform that is not here: wheels downloaded and held against the plan, and what is not proven."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix.cli import cli
from tests.verify.shelf import served_wheels, wheel

WINDOWS = "cp313-win_amd64"
MUSL = "cp313-musllinux_1_2_s390x"  # no machine that the tests run on


def verify(
    tmp_path: Path, url: str, text: str, target: str = WINDOWS, *more: str, command: str = "verify"
) -> Result:
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    given = [command, str(file), "-t", target, "-i", url, "--cache-dir", str(tmp_path / "cache")]
    return CliRunner().invoke(cli, [*given, *more], catch_exceptions=False)


@pytest.mark.parametrize(
    ("target", "tag"),
    [(WINDOWS, "cp313-cp313-win_amd64"), (MUSL, "cp313-abi3-musllinux_1_1_s390x")],
)
def test_wheels_that_are_as_planned(tmp_path: Path, target: str, tag: str) -> None:
    wheels = dict([wheel("a", requires=("b>=1",), tag=tag), wheel("b")])
    with served_wheels(wheels) as index:
        result = verify(tmp_path, index.url, "a==1.0\n", target)
    assert result.exit_code == 0, result.output
    assert "every wheel checked, nothing installed" in result.stdout
    assert "2 wheels" in result.stdout
    assert "not proven: nothing was installed or imported: " in result.stdout


def test_wrong_hash_is_a_failure(tmp_path: Path) -> None:
    filename, data = wheel("a")
    with served_wheels({filename: data}, hashes={filename: "0" * 64}) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1, result.output
    assert "FAILED" in result.stdout
    assert f"the listing says {'0' * 64}" in result.stdout


def test_requirements_that_the_index_did_not_tell_of_are_a_failure(tmp_path: Path) -> None:
    filename, data = wheel("a", requires=("b>=2",))
    beside = b"Metadata-Version: 2.1\nName: a\nVersion: 1.0\n\n"
    with served_wheels({filename: data}, metadata={filename: beside}) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1, result.output
    assert "its METADATA and that of the index differ in b>=2" in result.stdout
    assert "a 1.0 requires b>=2, which is missing" in result.stdout


def test_metadata_of_another_package_is_a_failure(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a", metadata_of="z")])) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1, result.output
    assert "its METADATA is of z 1.0" in result.stdout


def test_tags_that_the_wheel_contradicts_are_a_failure(tmp_path: Path) -> None:
    tag = "cp313-cp313-win_amd64"
    with served_wheels(dict([wheel("a", tag=tag, wheel_tag="cp312-cp312-win_amd64")])) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1, result.output
    assert "its WHEEL says cp312-cp312-win_amd64" in result.stdout


def test_second_run_downloads_nothing_and_says_when_it_was_proven(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a")])) as index:
        first = verify(tmp_path, index.url, "a==1.0\n")
        before = len(index.asked)
        second = verify(tmp_path, index.url, "a==1.0\n")
        again = [path for path, _ in index.asked[before:] if path.startswith("/files/")]
        refreshed = verify(tmp_path, index.url, "a==1.0\n", WINDOWS, "--refresh")
    assert first.exit_code == second.exit_code == refreshed.exit_code == 0
    assert ", as of " not in first.stdout
    assert ", as of " in second.stdout
    assert ", as of " not in refreshed.stdout
    assert again == []


def test_failure_is_not_kept(tmp_path: Path) -> None:
    filename, data = wheel("a")
    with served_wheels({filename: data}, hashes={filename: "0" * 64}) as index:
        for _ in range(2):
            assert verify(tmp_path, index.url, "a==1.0\n").exit_code == 1
    assert not [*tmp_path.glob("cache/verified/*")]


def test_offline_tells_what_was_proven_and_refuses_the_rest(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a")])) as index:
        assert verify(tmp_path, index.url, "a==1.0\n").exit_code == 0
        kept = verify(tmp_path, index.url, "a==1.0\n", WINDOWS, "--offline")
        other = verify(tmp_path, index.url, "a==1.0\n", "cp312-win_amd64", "--offline")
    assert kept.exit_code == 0
    assert other.exit_code == 4
    assert "was not verified on cp312-win_amd64 before, and --offline downloads" in other.stderr


def test_broken_record_is_no_record(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a")])) as index:
        verify(tmp_path, index.url, "a==1.0\n")
        (record,) = tmp_path.glob("cache/verified/*.json")
        record.write_text("{}")
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 0
    assert ", as of " not in result.stdout


def test_file_that_would_be_compiled_is_refused_with_its_reason(tmp_path: Path) -> None:
    wheels = dict([wheel("a", tag="cp312-cp312-win_amd64"), wheel("a", "1.1")])
    with served_wheels(wheels) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1
    assert "requirements.txt:1: a==1.0 -> a==1.1: a 1.0 has no wheel for" in result.stdout


def test_json_has_every_step(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a")])) as index:
        result = verify(tmp_path, index.url, "a==1.0\n", WINDOWS, "--json", "-")
    document = json.loads(result.stdout)
    (one,) = document["verifications"]
    assert (document["schema"], document["error"]) == (1, None)
    assert (one["target"], one["python"], one["verdict"]) == (WINDOWS, None, "inspected")
    assert [step["result"] for step in one["steps"]] == ["ok", "ok", "not proven"]


def test_json_of_an_error(tmp_path: Path) -> None:
    with served_wheels(dict([wheel("a")])) as index:
        result = verify(tmp_path, index.url, "a==2.0\nb\n", WINDOWS, "--json", "-")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]["exit_code"] == 3


def test_fix_writes_nothing_that_fails(tmp_path: Path) -> None:
    wheels = dict([wheel("a", tag="cp312-cp312-win_amd64"), wheel("a", "1.1", metadata_of="z")])
    with served_wheels(wheels) as index:
        result = verify(tmp_path, index.url, "a==1.0\n", WINDOWS, "--verify", command="fix")
    assert result.exit_code == 3
    assert "its METADATA is of z 1.1" in result.stderr
    assert (tmp_path / "requirements.txt").read_text() == "a==1.0\n"


def test_fix_writes_what_holds_and_says_so(tmp_path: Path) -> None:
    wheels = dict([wheel("a", tag="cp312-cp312-win_amd64"), wheel("a", "1.1")])
    with served_wheels(wheels) as index:
        result = verify(
            tmp_path, index.url, "a==1.0\n", WINDOWS, "--verify", "--json", "-", command="fix"
        )
    assert result.exit_code == 0
    assert "verified by installation:" in result.stderr
    assert (tmp_path / "requirements.txt").read_text() == "a==1.1\n"
    (one,) = json.loads(result.stdout)["verifications"]
    assert one["verdict"] == "inspected"


def test_each_environment_is_verified_by_itself(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("a==1.1\n")
    with served_wheels(dict([wheel("a"), wheel("a", "1.1")])) as index:
        result = verify(tmp_path, index.url, "a==1.0\n", WINDOWS, str(tmp_path / "other.txt"))
    assert result.exit_code == 0, result.output
    assert result.stdout.count("every wheel checked") == 2


def test_files_without_hashes_are_looked_into_each_time(tmp_path: Path) -> None:
    filename, data = wheel("a")
    folder = tmp_path / "index" / "a"
    folder.mkdir(parents=True)
    (folder / filename).write_bytes(data)
    for _ in range(2):
        result = verify(tmp_path, str(folder.parent), "a==1.0\n")
        assert result.exit_code == 0, result.output
        assert "the index says no hash of it" in result.stdout
        assert ", as of " not in result.stdout


def test_file_that_the_server_has_lost_is_a_failure(tmp_path: Path) -> None:
    filename, _ = wheel("a")
    with served_wheels(dict([wheel("a")]), lost={filename}) as index:
        result = verify(tmp_path, index.url, "a==1.0\n")
    assert result.exit_code == 1, result.output
    assert "the server has none (404)" in result.stdout
