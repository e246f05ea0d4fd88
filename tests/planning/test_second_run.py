"""A second run changes nothing, on random indexes with all that real ones hold."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from pinfix.errors import NoSolutionError
from tests.fake_index import C_SDIST, CP311, CP313, PURE, SDIST, FakeIndex, index, project
from tests.fixing import LINUX_311, LINUX_313, after, plan
from tests.rulebook.packs import pack_text

# Each is a world of its own; one in two and a half has a plan.
SEEDS = [
    *(seed for seed in range(500) if seed != 347),
    pytest.param(
        347,
        marks=pytest.mark.xfail(
            strict=True,
            reason="a pin in the block names a pre-release, and so lets in a wheel that does not",
        ),
    ),
]
OPERATORS = ["", "==", "==", ">=", ">=", "<", "<", "!=", "~="]
POLICIES: list[dict[str, Any]] = [
    *[{}] * 5,
    {"prefer": "nearest"},
    {"no_upgrade": True},
    {"allow_prereleases": True},
]


@pytest.mark.parametrize("seed", SEEDS)
def test_second_run_changes_nothing(seed: int) -> None:
    random = Random(seed)
    versions = _versions(random)
    world = _world(random, versions)
    how = {
        "targets": random.choice([LINUX_313, LINUX_313, (LINUX_311, LINUX_313)]),
        "rules": _rules(random, versions),
        **random.choice(POLICIES),
    }
    try:
        made = plan(_lines(random, versions), world, **how)
    except NoSolutionError:
        return
    assert not plan(after(made), world, **how).changed


def _versions(random: Random) -> dict[str, list[str]]:
    """The packages, each with its versions, oldest first: pre-releases and post-releases among them."""
    return {
        f"p{number}": [
            f"{major}.{minor}{random.choice(['', '', '', '', '', '', 'b1', 'rc1', '.post1'])}"
            for major in range(1, random.randrange(3, 6))
            for minor in range(random.randrange(1, 4))
        ]
        for number in range(random.randrange(3, 14))
    }


def _world(random: Random, versions: dict[str, list[str]]) -> FakeIndex:
    kinds = [*[(PURE,)] * 5, (CP311, CP313), (CP313,), (CP311,), (CP311, C_SDIST), (SDIST,)]
    dense = random.choice([2, 3, 4])
    return index(
        *(
            project(
                name,
                {version: random.choice(kinds) for version in mine},
                requires={version: _required(random, versions, name, dense) for version in mine},
                yanked={version: "bad" for version in mine if random.random() < 0.1},
            )
            for name, mine in versions.items()
        )
    )


def _required(random: Random, versions: dict[str, list[str]], name: str, dense: int) -> list[str]:
    others = [other for other in versions if other != name]
    chosen = random.sample(others, min(len(others), random.randrange(dense)))
    return [_asked(random, other, versions[other], random.choice(OPERATORS)) for other in chosen]


def _lines(random: Random, versions: dict[str, list[str]]) -> str:
    names = random.sample(list(versions), random.randrange(1, len(versions) + 1))
    operators = ["==", "==", "==", "", "<", ">=", "!="]
    return "".join(
        f"{_asked(random, name, versions[name], random.choice(operators))}\n" for name in names
    )


def _asked(random: Random, name: str, versions: list[str], operator: str) -> str:
    return f"{name}{operator}{random.choice(versions)}" if operator else name


def _rules(random: Random, versions: dict[str, list[str]]) -> str:
    if random.random() < 0.6:
        return ""
    name, other = random.sample(list(versions), 2)
    return pack_text(
        package=name,
        versions=f"{random.choice(['<', '!=', '>='])}{random.choice(versions[name])}",
        beside=random.choice([None, other]),
    )
