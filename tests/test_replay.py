"""Runs told again: only where nothing that they read has changed, and word for word."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pinfix import replay
from pinfix.pip_config import VARIABLES
from pinfix.start import cache_folder
from tests.fake_index import CP311, CP313, index, project
from tests.served import served

ARGV = ["requirements.txt", "--target", "cp313-manylinux"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that runs happen in, with a cache beside its file."""
    (tmp_path / "requirements.txt").write_bytes(b"foo==1.0\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(place: Path, **other: Any) -> replay.Run:
    data = (place / "requirements.txt").read_bytes()
    known: dict[str, Any] = {
        "argv": ARGV,
        "folder": os.getcwd(),
        "stdout": "",
        "stderr": "Nothing has to change.\n",
        "code": 0,
        "fresh_until": time.time() + 60,
        "files": {str(place / "requirements.txt"): replay.checksum(data)},
        "named": {},
        "places": {},
        "environ": {},
        "cache": str(place / "cache"),
        "store": None,
    }
    run = replay.Run(**known | other)
    replay.keep(str(place / "cache"), run)
    return run


def found(place: Path, environ: Mapping[str, str] | None = None) -> replay.Run | None:
    return replay.find(str(place / "cache"), ARGV, environ or {})


def test_kept_run_is_found_as_it_was(place: Path) -> None:
    run = kept(place)
    again = found(place)
    assert again is not None
    assert vars(again) == vars(run)


def test_nothing_is_found_where_nothing_was_kept(place: Path) -> None:
    assert found(place) is None


def test_changed_file_counts_even_with_the_old_time(place: Path) -> None:
    kept(place)
    file = place / "requirements.txt"
    about = file.stat()
    file.write_bytes(b"foo==1.1\n")
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert found(place) is None
    file.write_bytes(b"foo==1.0\n")
    assert found(place) is not None
    file.unlink()
    assert found(place) is None


@pytest.mark.parametrize("seconds", [-1, 0, 400 * 86400])
def test_answers_that_are_no_longer_fresh_are_asked_for_again(place: Path, seconds: int) -> None:
    kept(place, fresh_until=time.time() + seconds)
    assert found(place) is None


def test_other_arguments_and_other_folders_are_other_runs(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(place)
    cache = str(place / "cache")
    assert replay.find(cache, [*ARGV, "--quiet"], {}) is None
    (place / "sub").mkdir()
    monkeypatch.chdir(place / "sub")
    assert replay.find(cache, ARGV, {}) is None


def test_variables_that_the_files_name_count_and_are_not_told(place: Path) -> None:
    environ = {"TOKEN": "very-secret", "OTHER": "1"}
    kept(place, environ=replay.environ_digests(["TOKEN", "UNSET"], environ))
    assert found(place, environ) is not None
    assert found(place, environ | {"OTHER": "2"}) is not None
    assert found(place, environ | {"TOKEN": "changed"}) is None
    assert found(place, environ | {"UNSET": ""}) is None
    assert found(place) is None
    records = list((place / "cache" / "runs").iterdir())
    assert not any(b"very-secret" in record.read_bytes() for record in records)


def test_variables_that_name_places_count_too(place: Path) -> None:
    environ = {"HOME": "/home/one", "TOKEN": "not UTF-8: \udcff"}
    kept(place, environ=replay.environ_digests(environ, environ))
    assert found(place, environ) is not None
    assert found(place, environ | {"HOME": "/home/two"}) is None
    assert found(place, environ | {"TOKEN": "not UTF-8: \udcfe"}) is None


def test_variables_that_may_hold_a_password_are_none_of_those_told() -> None:
    addresses = {
        name for name in VARIABLES if name.endswith(("URL", "LINKS", "PROXY", "CONSTRAINT"))
    }
    assert len(addresses) == 6
    assert not addresses & set(replay.OPEN)


def test_offline_run_holds_as_long_as_the_store_is_as_it_was(place: Path) -> None:
    store = place / "cache" / "store.sqlite"
    store.parent.mkdir()
    store.write_bytes(b"one")
    kept(place, store=replay.store_state(str(store.parent)))
    assert found(place) is not None
    (store.parent / "store.sqlite-wal").write_bytes(b"")
    assert found(place) is not None
    (store.parent / "store.sqlite-wal").write_bytes(b"more")
    assert found(place) is None


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\n", b"\xff\xfe", "half", "flipped"])
def test_broken_record_is_no_record(place: Path, damage: bytes | str) -> None:
    kept(place)
    (record,) = (place / "cache" / "runs").iterdir()
    data = record.read_bytes()
    flipped = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]
    broken = {"half": data[: len(data) // 2], "flipped": flipped}
    record.write_bytes(damage if isinstance(damage, bytes) else broken[damage])
    assert found(place) is None
    kept(place)
    assert found(place) is not None


def test_record_of_another_pinfix_is_no_record(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(place)
    monkeypatch.setattr(replay, "program", lambda: "another")
    assert found(place) is None


def test_program_is_another_when_a_rule_or_a_module_is(tmp_path: Path) -> None:
    package = tmp_path / "pinfix"
    package.mkdir()
    (tmp_path / "rules").mkdir()
    (package / "replay.py").write_bytes(Path(replay.__file__).read_bytes())
    ask = [sys.executable, "-c", "import replay; print(replay.program())"]

    def program() -> bytes:
        return subprocess.run(ask, cwd=package, capture_output=True, check=True).stdout

    before = program()
    assert program() == before
    (tmp_path / "rules" / "own.toml").write_text("")
    with_rule = program()
    assert with_rule != before
    (package / "sub").mkdir()
    (package / "sub" / "more.py").write_text("")
    assert program() != with_rule


def test_file_that_became_a_link_is_another(place: Path) -> None:
    file = place / "requirements.txt"
    kept(place, named={str(file): os.path.realpath(file)})
    assert found(place) is not None
    file.rename(place / "other.txt")
    file.symlink_to("other.txt")
    assert found(place) is None


def test_libraries_that_were_installed_since_make_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    libraries = tmp_path / "site-packages"
    libraries.mkdir()
    monkeypatch.setattr(sys, "path", [*sys.path, str(libraries)])
    before = replay.program()
    assert replay.program() == before
    (libraries / "packaging-99.dist-info").mkdir()
    os.utime(libraries, (1, 1))
    assert replay.program() != before


def test_folder_that_cannot_be_written_is_no_failure(place: Path) -> None:
    (place / "cache").write_text("a file in the way")
    kept(place)
    assert found(place) is None


def test_oldest_records_go(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "MAX_RECORDS", 3)
    for number in range(5):
        kept(place, argv=[str(number)])
    assert len(list((place / "cache" / "runs").iterdir())) == 3
    assert replay.find(str(place / "cache"), ["4"], {}) is not None


def test_cache_folder_is_that_of_platformdirs(monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    assert cache_folder("here") == "here"
    for value in ("/var/my-cache", "", None):
        if value is None:
            monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        else:
            monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert cache_folder(None) == platformdirs.user_cache_dir("pinfix", appauthor=False)


# -- whole runs --------------------------------------------------------------------------------


@dataclass
class Process:
    """pinfix as a process, in a folder with a cache of its own."""

    folder: Path
    url: str

    def run(
        self, *more: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        options = ["--target", "cp313-manylinux", "--cache-dir", "cache", "--index-url", self.url]
        return subprocess.run(
            [sys.executable, "-m", "pinfix", "requirements.txt", *options, *more],
            cwd=self.folder,
            env=os.environ | (env or {}),
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def records(self) -> list[Path]:
        return list(self.folder.glob("cache/runs/*"))


WORLD = index(
    project("foo", {"1.0": CP311, "1.1": CP313}),
    project("bar", ["1.0"]),
)


def test_second_run_asks_nobody_and_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.1\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        first = process.run("--json", "-")
        assert first.returncode == 0, first.stderr
        # Everything that a run would work with is gone; only what was said is left.
    (tmp_path / "cache" / "store.sqlite").unlink()
    again = process.run("--json", "-")
    assert (again.returncode, again.stdout, again.stderr) == (0, first.stdout, first.stderr)
    assert "Nothing has to change" in again.stderr
    assert '"name": "foo"' in again.stdout
    anew = process.run("--json", "-", "--refresh")
    assert anew.returncode == 4


@pytest.mark.parametrize("asked", [["--diff"], ["--check"], ["--check", "--json", "-"]])
def test_what_would_change_is_told_again_too(tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.0\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        first = process.run(*asked)
        assert first.returncode == 1
    (tmp_path / "cache" / "store.sqlite").unlink()
    again = process.run(*asked)
    assert (again.returncode, again.stdout, again.stderr) == (1, first.stdout, first.stderr)
    assert "foo==1.1" in again.stdout + again.stderr


def test_runs_that_write_something_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        file.write_text("foo==1.0\n")
        assert process.run().returncode == 0
        assert file.read_text() == "foo==1.1\n"
        for more in (["-o", "other"], ["--lock", "lock"], ["--json", "plan"], ["--refresh"]):
            assert process.run(*more).returncode == 0
        assert process.run("--diff-file", "patch").returncode == 0
        assert process.records == []
        assert process.run().returncode == 0
        assert len(process.records) == 1


def test_included_files_rules_and_variables_are_what_a_run_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("-r more.txt\nfoo==${VERSION}\n")
    (tmp_path / "more.txt").write_text("bar==1.0\n")
    rules = tmp_path / "rules.toml"
    rule = '[[rule]]\nid = "b"\npackage = "bar"\naction = "drop"\napplies = "always"\n'
    rules.write_text(f'{rule.replace("bar", "none")}reason = "r"\nevidence = ["e"]\n')
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        env = {"VERSION": "1.1"}
        asked = ("--rules", "rules.toml", "--check")
        first = process.run(*asked, env=env)
        assert first.returncode == 0, first.stderr
        assert process.run(*asked, env={"VERSION": "1.0"}).returncode == 1
        rules.write_text(f'{rule}reason = "r"\nevidence = ["e"]\n')
        assert process.run(*asked, env=env).returncode == 1
        rules.unlink()
        assert process.run(*asked, env=env).returncode == 2
    (tmp_path / "more.txt").write_text("bar==1.1\n")
    assert process.run("--check", env=env).returncode != 0


def test_offline_run_is_told_again_until_the_store_changes(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.1\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        assert process.run("--quiet").returncode == 0
        first = process.run("--offline")
        assert first.returncode == 0
        assert process.run("--offline").stderr == first.stderr
    # The store as it was, but for its time: read anew, and still enough.
    os.utime(tmp_path / "cache" / "store.sqlite", (1, 1))
    assert process.run("--offline").stderr == first.stderr
    (tmp_path / "cache" / "store.sqlite").unlink()
    assert process.run("--offline").returncode == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [("nowhere==1\n", 3), ("foo=!1\n", 2), ("-r missing.txt\n", 2), ("-f missing\nfoo\n", 2)],
    ids=["no solution", "syntax", "missing include", "missing folder"],
)
@pytest.mark.parametrize("more", [(), ("--json", "-")], ids=" ".join)
def test_refusal_is_told_again_until_something_changes(
    tmp_path: Path, text: str, code: int, more: tuple[str, ...]
) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text(text)
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        first = process.run(*more)
        assert first.returncode == code, first.stderr
        (record,) = process.records
        about = record.stat().st_mtime_ns
        (tmp_path / "cache" / "store.sqlite").unlink()
        again = process.run(*more)
        assert (again.returncode, again.stdout, again.stderr) == (code, first.stdout, first.stderr)
        assert not (tmp_path / "cache" / "store.sqlite").exists()
        assert record.stat().st_mtime_ns == about
        # What was looked for and not found belongs to what was read.
        (tmp_path / "missing").mkdir()
        (tmp_path / "missing.txt").write_text("bar\n")
        (tmp_path / "requirements.txt").write_text(text.replace("nowhere==1", "bar"))
        mended = process.run(*more)
        assert mended.returncode == (2 if "=!" in text else 0)


def test_outage_is_never_told_again(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.1\n")
    process = Process(tmp_path, "http://127.0.0.1:1/simple/")
    assert process.run("--offline").returncode == 4
    assert process.records == []
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        (tmp_path / "other.txt").write_text("nowhere==1\n")
        assert process.run("other.txt").returncode == 3
        (tmp_path / "other.txt").write_text("bar==1.0\n")
        (kept,) = process.records
        kept.unlink()
        (tmp_path / "requirements.txt").write_text("qux\n")
        assert process.run("other.txt", "--offline").returncode == 4
        assert process.records == []


def test_one_refused_file_among_others_is_told_again(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.0\n")
    (tmp_path / "other.txt").write_text("nowhere==1\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        first = process.run("other.txt", "--diff")
        assert first.returncode == 3
        assert len(process.records) == 1
    (tmp_path / "cache" / "store.sqlite").unlink()
    again = process.run("other.txt", "--diff")
    assert (again.returncode, again.stdout, again.stderr) == (3, first.stdout, first.stderr)
    assert "foo==1.1" in again.stdout
    assert "other.txt: No set of versions" in again.stderr
    # Written would be what --diff only shows.
    with served(WORLD) as url:
        assert Process(tmp_path, url).run("other.txt").returncode == 3
    assert (tmp_path / "requirements.txt").read_text() == "foo==1.1\n"
    assert len(process.records) == 1


def test_variable_in_a_file_of_any_encoding_counts(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==${VERSION}\n", encoding="utf-16")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        assert process.run("--check", env={"VERSION": "1.1"}).returncode == 0
        assert process.run("--check", env={"VERSION": "1.0"}).returncode == 1


def test_folder_of_packages_that_comes_to_stand_before_another_counts(tmp_path: Path) -> None:
    place = tmp_path / "sub"
    (place / "wheels").mkdir(parents=True)
    (place / "requirements.txt").write_text("-f wheels\nbar\n")
    (tmp_path / "requirements.txt").write_text("-r sub/requirements.txt\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        assert process.run("--check").returncode == 0
        (record,) = process.records
        about = record.stat().st_mtime_ns
        assert process.run("--check").returncode == 0
        assert record.stat().st_mtime_ns == about
        (tmp_path / "wheels").mkdir()
        assert process.run("--check").returncode == 0
        assert record.stat().st_mtime_ns > about


def test_refresh_drops_what_was_told(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("foo==1.1\n")
    with served(WORLD) as url:
        process = Process(tmp_path, url)
        assert process.run().returncode == 0
        assert len(process.records) == 1
        assert process.run("--refresh").returncode == 0
        assert process.records == []
