from __future__ import annotations

import json

import pytest

from pinfix.buildlog.causes import Cause
from pinfix.buildlog.diagnosis import diagnose
from pinfix.buildlog.findings import Failure, Quote
from pinfix.buildlog.naming import Package
from pinfix.report.cause import meaning, wrong
from pinfix.report.diagnosis import diagnosis_json, diagnosis_text

LOG = """\
==> Using Python version 3.13.4 (default)
==> Running build command 'pip install --only-binary=all -r requirements.txt'...
Collecting pydantic-core==2.14.1 (from pydantic==2.5.0->-r requirements.txt (line 5))
  Downloading pydantic_core-2.14.1.tar.gz (359 kB)
  Created wheel for docopt: filename=docopt-0.6.2-py2.py3-none-any.whl size=1 sha256=0
  × Preparing metadata (pyproject.toml) did not run successfully.
  ╰─> [1 lines of output]
      Cargo, the Rust package manager, is not installed or is not on PATH.
      [end of output]
"""


def text(log: str, targets: list[str], *options: str) -> str:
    return diagnosis_text(diagnose([log.encode()]), targets, options, width=80)


def test_the_whole_of_it_on_one_screen() -> None:
    assert text(LOG, ["cp313-render"]) == (
        "What was to be built from source could not be built.\n"
        "\n"
        "pydantic-core 2.14.1 (required by pydantic 2.5.0): there is no Rust compiler\n"
        "    line 8: Cargo, the Rust package manager, is not installed or is not on PATH.\n"
        "    The installer found no wheel of pydantic-core 2.14.1 for Python 3.13 and\n"
        "    took its source; building it takes Rust.\n"
        "\n"
        "built from source, and that went well\n"
        "    docopt 0.6.2 (line 5): plain Python, which takes no compiler\n"
        "\n"
        "what mends it\n"
        "    pinfix requirements.txt --target cp313-render\n"
        "    cp313 and render: line 1: ==> Using Python version 3.13.4 (default)\n"
        "\n"
        "what does not\n"
        '    --only-binary=all (line 2): pip reads it as a package called "all"; the\n'
        "    switch is --only-binary=:all:, and it only turns the build into a refusal\n"
    )


@pytest.mark.parametrize(
    ("log", "command", "asked"),
    [
        ("ERROR: Failed building wheel for a", "cp3XX-PLATFORM", "neither which Python nor"),
        ("FROM alpine\nERROR: Failed building wheel for a", "cp3XX-alpine", "put it for cp3XX"),
        (
            "Using CPython 3.12.1\nERROR: Failed building wheel for a",
            "cp312-PLATFORM",
            "put one for PLATFORM",
        ),
    ],
)
def test_what_is_missing_of_the_target_is_asked_for(log: str, command: str, asked: str) -> None:
    shown = " ".join(text(log, []).split())
    assert f"pinfix requirements.txt --target {command}" in shown
    assert asked in shown


def test_a_target_that_was_named_is_not_said_to_be_read_off_the_log() -> None:
    shown = text(LOG, ["cp312-alpine", "cp313-any"], "--index-url", "https://x.test/a b")
    assert (
        "pinfix requirements.txt --target cp312-alpine --target cp313-any --index-url "
        "'https://x.test/a b'\n\n"
    ) in shown


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("Successfully installed a-1.0", "Nothing was compiled.\n"),
        ("Downloading a-1-py3-none-any.whl", "Nothing was compiled: 1 package came as wheels.\n"),
        ("hello", "The log says neither that a package was built nor that one was installed."),
        (
            "Created wheel for a: filename=a-1-cp39-cp39-linux_x86_64.whl",
            "Nothing failed, but 1 package was built from source.\n\nbuilt from source\n"
            "    a 1 (line 1): compiled\n",
        ),
        (
            "OSError: [Errno 28] No space left on device",
            "Nothing was compiled; it failed for another reason.\n\nthe disk is full\n",
        ),
    ],
)
def test_headlines(log: str, said: str) -> None:
    assert text(log, []).startswith(said)


def test_what_other_versions_do_not_mend_gets_no_command() -> None:
    shown = text("OSError: [Errno 28] No space left on device", ["cp313-render"])
    assert "pinfix has nothing to change" in shown
    assert "--target" not in shown


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("building", [True, False])
def test_every_cause_has_its_words(cause: Cause, building: bool) -> None:
    if cause.of_a_build and not building:
        return
    failure = Failure("a", "1.0", cause, Quote(1, "x"), building=building)
    assert wrong(failure)
    assert meaning(failure, "3.13").endswith(".")
    assert meaning(failure, None).endswith(".")


def test_what_a_build_itself_lacks_is_not_said_of_the_package() -> None:
    log = (
        "Collecting a\n  Downloading a-1.tar.gz\n  ╰─> [9 lines of output]\n"
        "      ERROR: No matching distribution found for setuptools>=40.8.0\n"
        "      [end of output]\nerror: metadata-generation-failed\n"
    )
    found = diagnose([log.encode()])
    assert [(f.package, f.cause) for f in found.failures] == [("a", Cause.NO_MATCHING_VERSION)]
    assert "a 1: what its build takes could not be installed\n" in diagnosis_text(found, [])


def test_json() -> None:
    document = json.loads(diagnosis_json(diagnose([LOG.encode()]), ["cp313-render"], ["--offline"]))
    assert document["schema"] == 1
    assert document["verdict"] == "compiled-and-failed"
    (failure,) = document["failures"]
    assert failure["package"] == "pydantic-core"
    assert failure["wanted_by"] == Package("pydantic", "2.5.0")._asdict()
    assert (failure["cause"], failure["line"]) == ("rust-missing", 8)
    assert document["target"]["text"] == "cp313-render"
    assert document["target"]["python"]["line"] == 1
    command = ["pinfix", "requirements.txt", "--target", "cp313-render", "--offline"]
    assert document["command"] == command
    assert document["built_from_source"][0]["compiled"] is False
    assert document["false_cures"][0]["tried"] == "--only-binary=all"
