"""What is read off the logs in ``logs/``, each of the shape of one that somebody posted."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from pinfix.buildlog.causes import Cause
from pinfix.buildlog.cleaning import clean
from pinfix.buildlog.diagnosis import Diagnosis, diagnose
from tests.buildlog.reading import LOGS, pieces


class Failed(NamedTuple):
    package: str | None
    version: str | None
    cause: Cause
    line: int


FAILED: dict[str, tuple[str | None, list[Failed]]] = {
    "actions-pydantic-core": (
        "cp313-ubuntu-24",
        [Failed("pydantic-core", "2.14.6", Cause.PYO3_TOO_OLD, 25)],
    ),
    "alpine-ffi-header": ("cp39-alpine", [Failed("cffi", "1.15.0", Cause.HEADER_MISSING, 22)]),
    "alpine-rust-setuptools": ("cp311-alpine", [Failed("cryptg", "0.4.0", Cause.RUST_MISSING, 16)]),
    "cargo-not-installed-debian": (
        None,
        [Failed("pydantic-core", "2.13.0", Cause.RUST_MISSING, 12)],
    ),
    "cloud-build-cmake-dlib": (
        "cp37-docker",
        [Failed("dlib", "19.21.1", Cause.BUILD_TOOL_MISSING, 15)],
    ),
    "docker-desktop-arm-psutil": (
        "cp310-manylinux_2_36_aarch64",
        [Failed("psutil", None, Cause.COMPILER_MISSING, 8)],
    ),
    "docker-slim-gcc": (
        "cp312-manylinux",
        [Failed("aiohttp", "3.8.5", Cause.COMPILER_MISSING, 21)],
    ),
    "gh-run-view-asyncpg": (
        "cp313-github-ubuntu",
        [Failed("asyncpg", "0.29.0", Cause.SOURCE_TOO_OLD, 11)],
    ),
    "heroku-old-pip": ("cp36-heroku", [Failed("psycopg2", "2.6.2", Cause.BUILD_TOOLS_TOO_NEW, 13)]),
    "heroku-postgresql": (
        "cp313-heroku-24",
        [Failed("psycopg2-binary", "2.9.9", Cause.PG_CONFIG_MISSING, 25)],
    ),
    "macos-forward-ref": (
        "cp313-macosx_arm64",
        [Failed("pydantic-core", "2.14.6", Cause.PYO3_TOO_OLD, 24)],
    ),
    "mysqlclient-pkg-config": (
        None,
        [Failed("mysqlclient", "2.2.0", Cause.MYSQL_CONFIG_MISSING, 18)],
    ),
    "nested-maturin-orjson": (
        "cp310-manylinux_armv7l",
        [Failed("orjson", "3.8.11", Cause.RUST_MISSING, 29)],
    ),
    "old-pip-backtracks": (None, [Failed("psycopg2", "2.9.2", Cause.PG_CONFIG_MISSING, 9)]),
    "old-pip-legacy-gcc": (
        "cp36-docker",
        [Failed("regex", "2019.06.08", Cause.COMPILER_MISSING, 12)],
    ),
    "pg-config-psycopg2": (
        "cp311-manylinux",
        [Failed("psycopg2", "2.9.5", Cause.PG_CONFIG_MISSING, 15)],
    ),
    "poetry-docker-greenlet": (
        "cp313-manylinux",
        [Failed("greenlet", "3.0.1", Cause.SOURCE_TOO_OLD, 14)],
    ),
    "poetry-pyyaml-cython": (
        "cp312-manylinux",
        [Failed("pyyaml", "6.0", Cause.BUILD_TOOLS_TOO_NEW, 23)],
    ),
    "powershell-msvc": ("cp312-win_amd64", [Failed("aiohttp", "3.8.3", Cause.MSVC_MISSING, 24)]),
    "railway-killed": (
        "cp312-railway",
        [Failed("llama-cpp-python", "0.2.90", Cause.OUT_OF_MEMORY, 22)],
    ),
    "render-docker-pyaudio": (
        "cp312-docker",
        [Failed("pyaudio", "0.2.13", Cause.STDLIB_REMOVED, 21)],
    ),
    "render-read-only-registry": (
        "cp313-render",
        [Failed("pydantic-core", "2.14.1", Cause.RUST_READ_ONLY, 26)],
    ),
    "rust-too-old-tor": ("cp38-manylinux", [Failed("cryptography", None, Cause.RUST_TOO_OLD, 15)]),
    "setup-py-install-lxml": ("cp311-manylinux", [Failed("lxml", None, Cause.LIBRARY_MISSING, 13)]),
    "terminal-rust-not-found": (
        "cp313-manylinux",
        [Failed("pydantic-core", "2.14.1", Cause.RUST_MISSING, 15)],
    ),
    "uv-rust-not-found": (
        "cp313-manylinux",
        [Failed("pydantic-core", "2.14.1", Cause.RUST_MISSING, 10)],
    ),
    "termux-pydantic-core": (None, [Failed("pydantic-core", "2.23.4", Cause.RUST_MISSING, 14)]),
    "use-2to3-ipdb": (None, [Failed("ipdb", "0.11", Cause.BUILD_TOOLS_TOO_NEW, 13)]),
    "uv-distutils-numpy": (
        "cp312-manylinux",
        [Failed("numpy", "1.25.2", Cause.STDLIB_REMOVED, 15)],
    ),
    "uv-docker-psycopg2": (
        "cp314-manylinux",
        [Failed("psycopg2-binary", "2.9.10", Cause.PG_CONFIG_MISSING, 19)],
    ),
    "uv-maturin-314": (
        "cp314-manylinux",
        [Failed("pydantic-core", "2.27.2", Cause.PYO3_TOO_OLD, 22)],
    ),
    "uv-old-wording": ("cp312-manylinux", [Failed("numpy", "1.24.4", Cause.STDLIB_REMOVED, 13)]),
    "vercel-cargo-not-installed": (
        "cp39-vercel",
        [Failed("pydantic-core", None, Cause.RUST_MISSING, 13)],
    ),
    "windows-scipy-fortran": (
        "cp313-win_amd64",
        [Failed("scipy", "1.12.0", Cause.FORTRAN_MISSING, 19)],
    ),
    "windows-two-packages": (
        "cp310-win_amd64",
        [Failed("pycuda", None, Cause.MSVC_MISSING, 4), Failed("av", None, Cause.BUILD_FAILED, 9)],
    ),
    "windows-uvloop": (None, [Failed("uvloop", "0.17.0", Cause.PLATFORM_UNSUPPORTED, 14)]),
}
OTHERWISE: dict[str, tuple[str | None, list[Failed]]] = {
    "conflict": (None, [Failed(None, None, Cause.CONFLICT, 2)]),
    "disk-full": ("cp38-manylinux", [Failed("torch", "2.0.1", Cause.DISK_FULL, 3)]),
    "exit-137-torch": ("cp311-manylinux", [Failed("torch", "2.3.0", Cause.OUT_OF_MEMORY, 4)]),
    "hash-mismatch": (
        "cp39-manylinux_aarch64",
        [Failed("markupsafe", "2.0.1", Cause.HASH_MISMATCH, 3)],
    ),
    "pkg-resources-at-run-time": (
        "cp313-render",
        [Failed("gunicorn", "20.1.0", Cause.MISSING_AT_RUN_TIME, 15)],
    ),
    "render-no-matching-version": (
        "cp37-render",
        [Failed("openbb", "2.0.0", Cause.NO_MATCHING_VERSION, 6)],
    ),
    "requires-python": ("cp310-macosx_arm64", [Failed("numpy", "2.3.3", Cause.REQUIRES_PYTHON, 7)]),
}
BUILT_WELL = {
    "compiled-and-succeeded": ("compiled-and-succeeded", ["psycopg2", "minify-html"]),
    "plain-python-built": ("nothing-compiled", []),
    "good-render": ("nothing-compiled", []),
    "good-uv": ("nothing-compiled", []),
}


def read(name: str) -> Diagnosis:
    return diagnose(pieces((LOGS / f"{name}.log").read_bytes(), 1000))


def failed(found: Diagnosis) -> list[Failed]:
    return [Failed(f.package, f.version, f.cause, f.quote.line) for f in found.failures]


@pytest.mark.parametrize("name", FAILED)
def test_what_could_not_be_built(name: str) -> None:
    found = read(name)
    assert found.verdict == "compiled-and-failed"
    assert (found.host.target, failed(found)) == FAILED[name]
    assert found.mendable


@pytest.mark.parametrize("name", OTHERWISE)
def test_what_failed_for_another_reason(name: str) -> None:
    found = read(name)
    assert found.verdict == "failed-for-another-reason"
    assert (found.host.target, failed(found)) == OTHERWISE[name]


@pytest.mark.parametrize("name", BUILT_WELL)
def test_what_went_well(name: str) -> None:
    found = read(name)
    assert found.failures == ()
    assert (found.verdict, [one.package.name for one in found.compiled]) == BUILT_WELL[name]


def test_quoted_lines_are_lines_of_the_log() -> None:
    for name in [*FAILED, *OTHERWISE]:
        raw = (LOGS / f"{name}.log").read_bytes()
        text = raw.decode("utf-16" if raw.startswith(b"\xff\xfe") else "utf-8")
        for failure in read(name).failures:
            shown = clean(text.split("\n")[failure.quote.line - 1].rstrip("\r"))
            assert failure.quote.text.removesuffix("…") in shown, name


def test_every_log_is_expected_and_says_where_it_is_from() -> None:
    names = {path.stem for path in LOGS.glob("*.log")}
    assert names == {*FAILED, *OTHERWISE, *BUILT_WELL}
    listed = (LOGS / "INDEX.md").read_text(encoding="utf-8")
    assert all(f"`{name}.log`" in listed for name in names)
