"""How sentences of installers come to failures, apart from the whole logs in ``test_logs``."""

from __future__ import annotations

import pytest

from pinfix.buildlog.causes import Cause
from pinfix.buildlog.failures import MOST_PACKAGES, PackagesReader, read_packages
from pinfix.buildlog.findings import LONGEST_QUOTE
from pinfix.buildlog.naming import Package
from tests.buildlog.reading import line, lines

BUILDING = """\
Collecting a==1.0 (from b==2.0->-r reqs/prod.txt (line 3))
  Downloading a-1.0.tar.gz (1 kB)
Building wheels for collected packages: a
  Building wheel for a (pyproject.toml): started
"""


def causes(text: str) -> list[tuple[str | None, str | None, Cause]]:
    return [(f.package, f.version, f.cause) for f in read_packages(lines(text)).failures]


def test_who_requires_it_and_from_which_file() -> None:
    found = read_packages(lines(BUILDING + "ERROR: Failed building wheel for a\n"))
    assert found.failures[0].wanted_by == Package("b", "2.0")
    assert found.files == ("reqs/prod.txt",)


@pytest.mark.parametrize(
    "said",
    [
        "ERROR: Failed building wheel for a",
        "Failed to build a",
        "ERROR: Could not build wheels for a, which is required to install pyproject.toml-based projects",
        "ERROR: ERROR: Failed to build installable wheels for some pyproject.toml based projects (a)",
        "× Failed to build installable wheels for some pyproject.toml based projects\n╰─> a",
        "  Building wheel for a (pyproject.toml): finished with status 'error'",
        "× Building wheel for a (pyproject.toml) did not run successfully.",
        "Running setup.py install for a: finished with status 'error'",
        "× Running setup.py install for a did not run successfully.",
        "× Encountered error while generating package metadata.\n╰─> a",
        "× Encountered error while trying to install package.\n╰─> a",
        "  × Failed to build `a==1.0`",
        "  × Failed to download and build `a==1.0`",
        "  Caused by: Failed to fetch wheel: a==1.0",
        "  - Installing a (1.0): Failed",
        "  • Installing a (1.0): Failed",
        "Note: This error originates from the build backend, and is likely not a problem with poetry but with a (1.0) not supporting PEP 517 builds.",
        "ERROR: Failed to build 'x' when installing build dependencies for a",
    ],
)
def test_every_way_to_say_that_a_build_failed(said: str) -> None:
    text = f"Collecting a==1.0\n  Downloading a-1.0.tar.gz\n{said}\n"
    assert causes(text) == [("a", "1.0", Cause.BUILD_FAILED)]


@pytest.mark.parametrize(
    "stage",
    [
        "  Preparing metadata (pyproject.toml) ... error",
        "  Preparing metadata (setup.py): finished with status 'error'",
        "  Preparing wheel metadata ... error",
        "  Getting requirements to build wheel ... error",
        "  Installing build dependencies: finished with status 'error'",
        "  × python setup.py egg_info did not run successfully.",
        "  × pip subprocess to install build dependencies did not run successfully.",
        "error: metadata-generation-failed",
        'Command "python setup.py egg_info" failed with error code 1 in /tmp/pip-build-x1/a/',
    ],
)
def test_a_stage_that_names_no_package_is_of_the_one_under_way(stage: str) -> None:
    text = f"Collecting a==1.0\n  Downloading a-1.0.tar.gz\n{stage}\n"
    assert causes(text) == [("a", "1.0", Cause.BUILD_FAILED)]


def test_what_explains_most_counts_wherever_it_stands() -> None:
    text = BUILDING + (
        "  × Building wheel for a (pyproject.toml) did not run successfully.\n"
        "  ╰─> [9 lines of output]\n"
        "      💥 maturin failed\n"
        "      error: can't find Rust compiler\n"
        "      error: command 'gcc' failed with exit code 1\n"
        "      [end of output]\n"
    )
    assert causes(text) == [("a", "1.0", Cause.RUST_MISSING)]


def test_an_exception_that_nothing_explains_is_quoted_where_a_build_raised_it() -> None:
    raised = "      ValueError: no version in setup.cfg\n"
    text = BUILDING + (
        "  × Building wheel for a (pyproject.toml) did not run successfully.\n"
        f"  ╰─> [9 lines of output]\n{raised}      [end of output]\n"
    )
    (failure,) = read_packages(lines(text)).failures
    assert (failure.cause, failure.quote.text) == (Cause.BUILD_FAILED, raised.strip())
    assert read_packages(lines(f"Successfully installed a-1.0\n{raised}")).failures == ()


def test_a_package_that_only_a_build_needs_is_not_blamed() -> None:
    text = BUILDING + (
        "  ╰─> [9 lines of output]\n"
        "      Collecting maturin\n"
        "        Downloading maturin-1.0.tar.gz\n"
        "      ERROR: Failed building wheel for maturin\n"
        "      [end of output]\n"
        "  ERROR: Failed building wheel for a\n"
    )
    assert causes(text) == [("a", "1.0", Cause.BUILD_FAILED)]


def test_an_output_whose_end_was_cut_ends_where_a_line_stands_left_of_it() -> None:
    text = BUILDING + (
        "  × Building wheel for a (pyproject.toml) did not run successfully.\n"
        "  ╰─> [9 lines of output]\n"
        "      error: can't find Rust compiler\n"
        "  ERROR: Failed building wheel for a\n"
        "Collecting c==3.0\n"
        "  Downloading c-3.0.tar.gz\n"
        "error: metadata-generation-failed\n"
    )
    assert [one[0] for one in causes(text)] == ["a", "c"]


def test_what_was_made_up_for_is_no_failure() -> None:
    text = BUILDING + (
        "  ERROR: Failed building wheel for a\n"
        "  Running setup.py install for a: started\n"
        "  Running setup.py install for a: finished with status 'done'\n"
        "Successfully installed a-1.0\n"
    )
    found = read_packages(lines(text))
    assert (found.failures, found.installed) == ((), True)
    assert [one.package for one in found.built] == [Package("a", "1.0")]


def test_an_older_version_that_pip_built_instead_is_no_failure() -> None:
    text = (
        "Collecting a\n  Downloading a-2.0.tar.gz\n  Preparing metadata (setup.py) ... error\n"
        "  Downloading a-1.0.tar.gz\n  Preparing metadata (setup.py) ... done\n"
        "  Created wheel for a: filename=a-1.0-cp39-cp39-linux_x86_64.whl size=1 sha256=0\n"
        "Successfully installed a-1.0\n"
    )
    found = read_packages(lines(text))
    assert (found.failures, found.built[0].package) == ((), Package("a", "1.0"))


@pytest.mark.parametrize(
    ("text", "package", "version"),
    [
        ("error: can't find Rust compiler\n", None, None),
        (
            "copying /tmp/pip-install-zma511qd/uvloop_d95dcb407f0d4ccda7a6618237b35a07/setup.py\n"
            "error: can't find Rust compiler\n",
            "uvloop",
            None,
        ),
        (
            "error: failed to run custom build command for `pydantic-core v2.14.5 "
            "(/tmp/pip-install-b5vc2ac_/pydantic-core_206942d230b04fd198db7a77a33b901f)`\n",
            "pydantic-core",
            "2.14.5",
        ),
        (
            "  process didn't exit successfully: `/root/.cache/uv/sdists-v9/pypi/orjson/3.9.10/"
            "obKy3YTxdydE4cjY0V8vI/src/target/build` (exit status: 101)\n💥 maturin failed\n",
            "orjson",
            "3.9.10",
        ),
    ],
)
def test_a_piece_of_a_log_is_read_by_the_folders_it_names(
    text: str, package: str | None, version: str | None
) -> None:
    found = causes(text)
    assert [(one[0], one[1]) for one in found] == [(package, version)]


def test_a_killed_build_in_uv_is_the_memory() -> None:
    text = "  × Failed to build `a==1.0`\n      c++: fatal error: Killed signal terminated program cc1plus\n"
    assert causes(text) == [("a", "1.0", Cause.OUT_OF_MEMORY)]


def test_the_project_itself_is_no_package_that_could_move() -> None:
    text = "   Built shop @ file:///app\n   Built docopt==0.6.2\n"
    assert [one.package.name for one in read_packages(lines(text)).built] == ["docopt"]


def test_credentials_are_not_quoted_and_long_lines_are_cut() -> None:
    said = f"error: failed to open https://me:secret@index.test/x for cargo/ {'x' * 500}"
    found = read_packages(lines(f"{BUILDING}{said}\nERROR: Failed building wheel for a\n"))
    quoted = found.failures[0].quote.text
    assert "secret" not in quoted
    assert len(quoted) == LONGEST_QUOTE + 1


def test_what_is_kept_is_bounded() -> None:
    reader = PackagesReader()
    for number in range(MOST_PACKAGES + 500):
        reader.feed(line(f"ERROR: Failed building wheel for p{number}", number))
        reader.feed(line(f"ERROR: No matching distribution found for q{number}", number))
        reader.feed(line("╰─> [9 lines of output]", number))
        reader.feed(line("left of it", number))
    assert len(reader.packages().failures) < MOST_PACKAGES + 100
