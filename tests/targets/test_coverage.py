from __future__ import annotations

from pinfix.targets.coverage import pythons_covered, wheel_pythons
from pinfix.targets.target import parse_target

MANYLINUX = [f"cp3{m}-cp3{m}-manylinux_2_17_x86_64.manylinux2014_x86_64" for m in range(8, 13)]
TARGET = parse_target("cp313-manylinux")


def test_pythons_with_wheels_on_the_platform_are_told() -> None:
    suffixes = [*MANYLINUX, "cp313-cp313-win_amd64", "cp37-cp37m-macosx_10_9_x86_64"]
    assert pythons_covered(suffixes, TARGET) == ("cp38", "cp39", "cp310", "cp311", "cp312")
    assert wheel_pythons(suffixes, TARGET) == "cp38-cp312 on manylinux x86_64"


def test_abi3_serves_every_later_python() -> None:
    suffixes = ["cp39-abi3-manylinux_2_17_x86_64"]
    assert pythons_covered(suffixes, TARGET, ("cp38", "cp39", "cp313", "cp313t")) == (
        "cp39",
        "cp313",
    )


def test_gaps_are_not_joined() -> None:
    assert wheel_pythons([MANYLINUX[0], *MANYLINUX[2:]], TARGET) == (
        "cp38, cp310-cp312 on manylinux x86_64"
    )


def test_without_a_free_threaded_wheel_the_ordinary_pythons_are_told() -> None:
    assert wheel_pythons(MANYLINUX, parse_target("cp313t-manylinux")).startswith("cp38-cp312")


def test_without_any_wheel_for_the_platform_the_others_are_told() -> None:
    suffixes = ["cp313-cp313-win_amd64", "cp313-cp313-macosx_11_0_arm64"]
    assert wheel_pythons(suffixes, TARGET) == (
        "none on manylinux x86_64, only on Windows AMD64, macOS arm64"
    )
    assert wheel_pythons([], TARGET) == "none on manylinux x86_64"


def test_tag_sets_that_are_none_are_passed_over() -> None:
    assert wheel_pythons(["py36+-none-any"], TARGET) == "none on manylinux x86_64"
