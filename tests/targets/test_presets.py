from __future__ import annotations

import pytest

from pinfix.targets.platform import parse_platform
from pinfix.targets.presets import PRESETS
from pinfix.targets.target import parse_target


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_names_canonical_platforms_with_a_reason(name: str) -> None:
    preset = PRESETS[name]
    for _, platform in preset.since:
        assert parse_platform(platform).name == platform
    assert preset.reason
    assert preset.evidence.startswith("https://")
    assert list(preset.since) == sorted(preset.since)


def test_a_preset_takes_its_python_from_the_tag() -> None:
    assert parse_target("cp313-render").python_tag == "cp313"
    assert parse_target("cp312-alpine").platform_tag == "musllinux_1_2_x86_64"


def test_lambda_follows_the_amazon_linux_of_the_python() -> None:
    assert parse_target("cp311-lambda-x86_64").platform_tag == "manylinux_2_26_x86_64"
    assert parse_target("cp312-lambda-x86_64").platform_tag == "manylinux_2_34_x86_64"
    assert parse_target("cp312-lambda-arm64").platform_tag == "manylinux_2_34_aarch64"
