"""Freeze artefacts: URLs, wheels, conda's build folders, local versions."""

from __future__ import annotations

from pathlib import Path

import pytest

from pinfix.errors import InputError, NoSolutionError
from pinfix.run import Job, plan_job, rewritten_files
from pinfix.targets.target import parse_target
from tests.fake_index import CP311, PURE, index, project
from tests.fixing import change, fixed, plan

WORLD = index(project("foo", {"1.0": PURE}), project("bar", {"1.0": PURE, "1.1": CP311}))


def test_path_in_condas_build_folder_is_refused_with_the_place() -> None:
    with pytest.raises(InputError, match=r"requirements.txt:2.*where conda built") as refused:
        plan("foo==1.0\nbar @ file:///croot/bar_1690232220950/work/bar\n", WORLD)
    assert "Write bar==VERSION" in str(refused.value)


def test_wheel_that_the_target_cannot_install_is_refused() -> None:
    with pytest.raises(NoSolutionError, match="a wheel for cp38-cp38-manylinux1_x86_64"):
        plan("https://example.org/bar-1.0-cp38-cp38-manylinux1_x86_64.whl\n", WORLD)


def test_wheel_that_fits_stays_with_a_warning() -> None:
    made = plan("https://example.org/bar-1.0-py3-none-any.whl\nfoo==1.0\n", WORLD)
    assert made.changes == ()
    assert "it fits the target by its tags" in made.warnings[0]


def test_vcs_link_stays_with_a_warning() -> None:
    made = plan("git+https://example.org/bar.git#egg=bar\nfoo==1.0\n", WORLD)
    assert made.changes == ()
    assert "from outside the index" in made.warnings[0]


def test_local_version_that_no_index_has_becomes_the_public_one() -> None:
    assert fixed("foo==1.0+cu118\n", WORLD) == "foo==1.0\n"
    made = plan("foo==1.0+cu118\n", WORLD)
    assert change(made, "foo").cause == "not on index"


def test_local_version_without_a_wheel_of_the_public_one_moves_on() -> None:
    world = index(project("bar", {"1.0": CP311, "1.1": PURE}))
    assert fixed("bar==1.0+cpu\n", world) == "bar==1.1\n"


def test_line_of_a_conda_export_becomes_the_pin_that_it_means(tmp_path: Path) -> None:
    path = tmp_path / "export.txt"
    path.write_bytes(b"foo=1.0=py38_0\nbar=1.0=pypi_0  # kept\n")
    job = Job([str(path)], [parse_target("cp313-manylinux")], rules=["none"])
    made = plan_job(job, lambda _sources: WORLD)
    assert rewritten_files(made)[str(path)] == b"foo==1.0\nbar==1.0  # kept\n"
    assert {change.cause for change in made.changes} == {"syntax"}
