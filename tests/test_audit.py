"""``--audit``: the real pip-audit, asked about the pins before and after, over an OSV-shaped server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pinfix import audit as auditing
from pinfix.cli import cli
from tests.fake_index import CP311, CP313, index, project
from tests.loopback import listening
from tests.rulebook.packs import pack_text
from tests.served import served

WORLD = index(
    project("old", ["1.0", "2.0"]),
    project("moved", {"1.0": CP311, "1.1": CP313}),
    project("kept", ["1.0"]),
)
CAP = pack_text(id="cap", package="old", versions="<2", reason="old 2 is Rust")
# What is known of each version.
KNOWN = {("old", "1.0"): "PYSEC-1", ("moved", "1.0"): "PYSEC-2", ("kept", "1.0"): "PYSEC-3"}


def vulnerability(name: str, version: str) -> dict[str, object]:
    """As https://api.osv.dev/v1/query answers."""
    return {
        "id": KNOWN[name, version],
        "summary": f"{name} is broken",
        "aliases": [f"CVE-{name}"],
        "affected": [
            {
                "package": {"name": name, "ecosystem": "PyPI"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}
                ],
            }
        ],
    }


@pytest.fixture(scope="module")
def osv() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            pin = (asked["package"]["name"], asked["version"])
            found = {"vulns": [vulnerability(*pin)]} if pin in KNOWN else {}
            body = json.dumps(found).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    with listening(Handler) as address:
        yield f"{address}/v1/query"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    (tmp_path / "rules.toml").write_text(CAP)
    path = tmp_path / "requirements.txt"
    path.write_text("old==2.0  # ours\nmoved==1.0\nkept==1.0\n")
    return path


def run(*arguments: str, osv: str) -> Result:
    with served(WORLD) as url:
        options = ["-t", "cp313-manylinux", "--index-url", url, "--cache-dir", "cache"]
        options += ["--rules", "rules.toml", *arguments]
        env = {"PIP_AUDIT_OSV_URL": osv}
        return CliRunner(env=env).invoke(cli, ["fix", *options, "requirements.txt"])


def test_what_comes_and_what_goes_is_said_and_what_stays_is_not(file: Path, osv: str) -> None:
    done = run("--json", "plan.json", "--audit", osv=osv)
    assert done.exit_code == 0, done.stderr
    assert file.read_text() == "old==1.0  # ours\nmoved==1.1\nkept==1.0\n"
    assert (
        "known vulnerabilities (pip-audit):\n"
        "    brought in by old 1.0: PYSEC-1 (CVE-old), fixed in 2.0\n"
        "    taken away with moved 1.0: PYSEC-2 (CVE-moved), fixed in 2.0\n"
    ) in done.stderr
    found = json.loads(Path("plan.json").read_text())["audit"]
    assert [one["id"] for one in found["brought_in"]] == ["PYSEC-1"]
    assert [one["package"] for one in found["taken_away"]] == ["moved"]


def test_refuse_writes_nothing_that_brings_one_in(file: Path, osv: str) -> None:
    before = file.read_text()
    done = run("--audit=refuse", osv=osv)
    assert done.exit_code == 3
    assert "old 1.0: PYSEC-1 (CVE-old), fixed in 2.0" in done.stderr
    assert file.read_text() == before


def test_refuse_writes_what_brings_none_in(file: Path, osv: str) -> None:
    file.write_text("moved==1.0\n")
    assert run("--audit=refuse", osv=osv).exit_code == 0
    assert file.read_text() == "moved==1.1\n"


def test_without_changes_nobody_is_asked(file: Path) -> None:
    file.write_text("kept==1.0\n")
    done = run("--audit", osv="http://127.0.0.1:9/")
    assert done.exit_code == 0
    assert "knows of none that the changes bring in or take away" in done.stderr


def test_a_service_that_fails_is_exit_code_4_and_nothing_is_written(file: Path) -> None:
    before = file.read_text()
    done = run("--audit", osv="http://127.0.0.1:9/")
    assert done.exit_code == 4
    assert "error: pip-audit gave no answer: " in done.stderr
    assert file.read_text() == before


def test_without_pip_audit_the_way_to_it_is_said(
    file: Path, osv: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditing.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(auditing.shutil, "which", lambda _: None)
    done = run("--audit", osv=osv)
    assert done.exit_code == 2
    assert "pip install pip-audit" in done.stderr
    assert file.read_text().startswith("old==2.0")
