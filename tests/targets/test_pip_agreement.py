"""The tag lists are pip's: its own code, and real interpreters, are asked in other processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from platform import machine

import packaging
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.utils import parse_wheel_filename

from pinfix.errors import UsageError
from pinfix.targets.host import find_target, host_target
from pinfix.targets.interpreter import parse_interpreter
from pinfix.targets.target import parse_target

PLATFORMS = [
    "manylinux_2_28_x86_64",
    "manylinux_2_17_aarch64",
    "manylinux_2_5_i686",
    "musllinux_1_2_x86_64",
    "macosx_13_0_arm64",
    "macosx_10_9_x86_64",
    "win_amd64",
]
PYTHONS = ["cp36", "cp38", "cp311", "cp313", "cp313t", "cp315t", "pp311"]

# What pip does with --python-version, --implementation, --abi and --platform. It guesses at the
# older names of a manylinux2014 that it is given, at the wrong place; here it is given them all.
ASK_PIP = """
import json, sys
from pip._internal.models.target_python import TargetPython
from pip._internal.utils import compatibility_tags
compatibility_tags._custom_manylinux_platforms = lambda platform: [platform]
answers = []
for version, implementation, abi, platforms in json.load(sys.stdin):
    target = TargetPython(platforms, tuple(version), [abi], implementation)
    answers.append([str(tag) for tag in target.get_sorted_tags()])
print(json.dumps(answers))
"""

# What a real interpreter takes, told the glibc that the target has.
ASK_INTERPRETER = """
import json, sys
sys.path.insert(0, sys.argv[1])
from packaging import _manylinux, tags
_manylinux._get_glibc_version = lambda: (2, 28)
print(json.dumps([str(tag) for tag in tags.sys_tags()]))
"""

# What the pip that came with a real interpreter takes; an old pip tries linux_* last, not first.
ASK_ITS_PIP = """
import json
from pip._vendor.packaging import _manylinux
from pip._internal.utils.compatibility_tags import get_supported
_manylinux._get_glibc_version = lambda: (2, 28)
print(json.dumps([str(tag) for tag in get_supported()]))
"""


def _run(command: list[str], stdin: str = "") -> list[str]:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: list[str] = json.loads(done.stdout)
    return answer


def test_tags_are_those_of_pip_in_its_order() -> None:
    pytest.importorskip("pip")
    cases = [(python, platform) for python in PYTHONS for platform in PLATFORMS]
    questions = []
    for python, platform in cases:
        interpreter = parse_interpreter(python)
        platforms = list(dict.fromkeys(_platforms(python, platform)))
        questions.append(
            [interpreter.version, interpreter.implementation, interpreter.abi, platforms]
        )
    answers = _run([sys.executable, "-c", ASK_PIP], json.dumps(questions))
    for (python, platform), answer in zip(cases, answers, strict=True):
        ours = [str(tag) for tag in parse_target(f"{python}-{platform}").tags]
        assert ours == list(answer), f"{python}-{platform}"


def _platforms(python: str, platform: str) -> list[str]:
    """The --platform options that stand for the target; pip expands macosx by itself."""
    if platform.startswith("macosx"):
        return [platform]
    target = parse_target(f"{python}-{platform}")
    return [tag.platform for tag in target.tags if tag.platform != "any"]


def _interpreter(minor: int) -> str:
    found = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
    if not found or not sys.platform.startswith("linux"):
        pytest.skip(f"no interpreter of Python 3.{minor} under ~/.pyenv/versions on Linux")
    return str(found[0])


def _tags_at_glibc_2_28(minor: int) -> list[str]:
    target = parse_target(f"cp3{minor}-manylinux_2_28_{machine()}")
    return [str(tag) for tag in target.tags]


@pytest.mark.parametrize("minor", range(9, 14))
def test_tags_are_those_of_a_real_interpreter(minor: int) -> None:
    site = str(Path(packaging.__file__).parent.parent)
    theirs = _run([_interpreter(minor), "-c", ASK_INTERPRETER, site])
    assert _tags_at_glibc_2_28(minor) == theirs


@pytest.mark.parametrize("minor", range(8, 14))
def test_tags_are_those_of_a_real_interpreters_own_pip(minor: int) -> None:
    theirs = _run([_interpreter(minor), "-c", ASK_ITS_PIP])
    assert set(_tags_at_glibc_2_28(minor)) == set(theirs)


@pytest.mark.parametrize("python", ["2.7", "nonsense"])
def test_host_is_no_other_python(python: str) -> None:
    with pytest.raises(UsageError, match="does not agree with host"):
        find_target("host", python=python)


def test_host_is_what_its_own_name_says() -> None:
    host = host_target()
    if not host.platform_tag.startswith("manylinux"):
        pytest.skip("only a Linux with glibc can be named by its tag in full")
    named = parse_target(host.name, python=str(host.python_version))
    assert named.tags == host.tags
    assert named == host == find_target("host")
    same = host.environment.keys() - {"platform_release", "platform_version"}
    assert {key: named.environment[key] for key in same} == {
        key: host.environment[key] for key in same
    }


pythons = st.sampled_from(["cp36", "cp37", "cp38", "cp311", "cp313", "cp315", "cp314t", "pp310"])
platforms = st.one_of(
    st.builds(
        "manylinux_2_{}_{}".format,
        st.integers(17, 45),
        st.sampled_from(["x86_64", "aarch64", "i686", "s390x"]),
    ),
    st.builds("musllinux_1_{}_x86_64".format, st.integers(0, 4)),
    st.builds("macosx_{}_0_{}".format, st.integers(11, 26), st.sampled_from(["arm64", "x86_64"])),
    st.sampled_from(["win_amd64", "win32", "win_arm64", "any"]),
)
targets = st.builds("{}-{}".format, pythons, platforms)
quick = settings(max_examples=60, deadline=None)


@given(targets)
@quick
def test_a_name_is_a_fixed_point(name: str) -> None:
    target = parse_target(name)
    assert target.name == name
    assert parse_target(target.name).tags == target.tags


interpreters = st.sampled_from(["cp38", "cp311", "cp313", "py3", "py2", "py311", "pp310"])
abis = st.sampled_from(["cp311", "cp313", "cp314t", "abi3", "none", "cp37m", "pypy310_pp73"])
wheel_platforms = st.one_of(
    platforms, st.sampled_from(["manylinux1_x86_64", "manylinux2014_aarch64", "linux_x86_64"])
)
suffixes = st.builds(
    lambda *parts: "-".join(".".join(part) for part in parts),
    *(
        st.lists(p, min_size=1, max_size=3, unique=True)
        for p in (interpreters, abis, wheel_platforms)
    ),
)


@given(targets, suffixes)
@quick
def test_rank_is_that_of_the_wheels_best_tag(name: str, suffix: str) -> None:
    target = parse_target(name)
    *_, tags = parse_wheel_filename(f"thing-1.0-{suffix}.whl")
    ranks = [rank for rank, tag in enumerate(target.tags) if tag in tags]
    assert target.rank(suffix) == (ranks[0] if ranks else None)
    assert target.rank(suffix) == target.rank(suffix)


@given(st.integers(17, 40), st.integers(0, 10), suffixes)
@quick
def test_a_newer_glibc_takes_every_wheel_of_an_older_one(
    minor: int, more: int, suffix: str
) -> None:
    older = parse_target(f"cp311-manylinux_2_{minor}_x86_64")
    newer = parse_target(f"cp311-manylinux_2_{minor + more}_x86_64")
    assert older.rank(suffix) is None or newer.rank(suffix) is not None
