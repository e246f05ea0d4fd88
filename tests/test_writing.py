"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pinfix.errors import InputError
from pinfix.writing import write_files


def test_every_file_is_replaced(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"old")
    write_files({str(one): b"new\r\n", str(two): b"\xff"})
    assert (one.read_bytes(), two.read_bytes()) == (b"new\r\n", b"\xff")


def test_no_temporary_file_stays_behind(tmp_path: Path) -> None:
    write_files({str(tmp_path / "one"): b"new"})
    assert os.listdir(tmp_path) == ["one"]


def test_one_file_that_cannot_be_written_leaves_all_as_they_were(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_bytes(b"old")
    with pytest.raises(InputError, match="cannot be written") as failed:
        write_files({str(one): b"new", str(tmp_path / "gone" / "two"): b"new"})
    assert failed.value.path == str(tmp_path / "gone" / "two")
    assert one.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["one"]


def test_permissions_are_kept(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.write_bytes(b"old")
    one.chmod(0o640)
    write_files({str(one): b"new"})
    assert one.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_its_goal_is_written(tmp_path: Path) -> None:
    goal, link = tmp_path / "goal", tmp_path / "link"
    goal.write_bytes(b"old")
    link.symlink_to("goal")
    write_files({str(link): b"new"})
    assert link.is_symlink()
    assert goal.read_bytes() == b"new"


def test_a_folder_in_the_way_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(InputError, match="one"):
        write_files({str(tmp_path / "one"): b"new"})
    assert os.listdir(tmp_path) == ["one"]
