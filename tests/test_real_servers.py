"""Servers that others wrote, on the loopback: pypiserver's HTML index, a plain folder over HTTP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.report.test_lock import make_wheel

CP311 = "cp311-cp311-manylinux_2_17_x86_64"
CP313 = "cp313-cp313-manylinux_2_17_x86_64"


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheels")
    make_wheel(folder, "app", "1.0", ["Lib_Core>=1"])
    make_wheel(folder, "Lib_Core", "1.0", tag=CP311)
    make_wheel(folder, "Lib_Core", "1.1", tag=CP313)
    return folder


@contextmanager
def running(command: Sequence[str], folder: Path, port: int) -> Iterator[str]:
    """A server's address while it runs, from when it takes connections."""
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            for _ in range(200):
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert server.poll() is None, f"{command[0]} ended"
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def pinfix(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    (folder / "requirements.txt").write_text("app==1.0\nlib-core==1.0\n")
    command = [sys.executable, "-m", "pinfix", "requirements.txt", "--target", "cp313-manylinux"]
    return subprocess.run(
        [*command, "--cache-dir", "cache", *more],
        cwd=folder,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_pypiserver_is_an_index(wheels: Path, tmp_path: Path) -> None:
    port = free_port()
    serve = [sys.executable, "-m", "pypiserver", "run", "-i", "127.0.0.1", "-p", str(port)]
    with running([*serve, "--disable-fallback", str(wheels)], tmp_path, port) as url:
        done = pinfix(tmp_path, "--index-url", f"{url}simple/", "--lock", "lock.txt")
        assert done.returncode == 0, done.stderr
        assert "lib-core==1.1" in (tmp_path / "lock.txt").read_text()
        missing = pinfix(tmp_path, "--index-url", f"{url}nowhere/")
        assert missing.returncode == 3
        assert "is not on the index" in missing.stderr
    down = pinfix(tmp_path, "--index-url", f"{url}simple/", "--refresh")
    assert down.returncode == 4
    assert f"{url}simple/" in down.stderr
    assert pinfix(tmp_path, "--index-url", f"{url}simple/", "--offline").returncode == 0


def test_folder_over_http_is_a_page_of_links(wheels: Path, tmp_path: Path) -> None:
    port = free_port()
    serve = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with running(serve, wheels, port) as url:
        (tmp_path / "index").mkdir()
        done = pinfix(tmp_path, "--index-url", "index", "--find-links", url)
        assert done.returncode == 0, done.stderr
        changed = (tmp_path / "requirements.txt").read_text()
        assert changed == "app==1.0\nlib-core==1.1\n"
        assert re.search(r"lib-core 1\.0 has no wheel for cp313", done.stderr)
