"""Claims held against an index: true ones with what shows it, untrue ones with what is so instead."""

from __future__ import annotations

import pytest

from pinfix.evidence.claims import Finding, check_rule
from pinfix.rulebook.parse import parse_pack
from tests.fake_index import (
    C_SDIST,
    CP311,
    CP313,
    PURE,
    RUST_SDIST,
    SDIST,
    FakeIndex,
    index,
    project,
)
from tests.rulebook.packs import pack_text

WORLD = index(
    project("demo", {"1.0": [PURE, SDIST], "1.1": [PURE, SDIST], "2.0": [CP313, RUST_SDIST]}),
    project("early", {"1.0": [CP311, C_SDIST], "2.0": [CP311, C_SDIST]}),
    project("app", ["1.0", "1.1", "2.0"], requires={"2.0": ["demo>=2.0"], "1.1": ["demo"]}),
    project(
        "fast", ["1.0", "2.0"], requires={"2.0": ['demo>=2; extra == "quick"']}, extras=("quick",)
    ),
    project("other", ["1.0"], modules=("demo", "other")),
    project("old", ["1.0"], requires=["demo"]),
    project("older", ["1.0"], says="older is deprecated: use Demo"),
)


def findings(claim: str, world: FakeIndex = WORLD, **keys: object) -> list[Finding]:
    text = f"{pack_text(**keys)}\n[[rule.claim]]\n{claim}\n" if claim else pack_text(**keys)
    pack = parse_pack(text, "own.toml")
    return list(check_rule(pack.rules[0], pack.claims.get("demo", ()), world))


def finding(claim: str, world: FakeIndex = WORLD, **keys: object) -> Finding:
    """What came of the claim alone."""
    return findings(claim, world, **keys)[-1]


PIN = {"versions": None, "action": "drop"}
REPLACE = {"versions": None, "action": "replace", "replacement": "other"}


@pytest.mark.parametrize(
    ("claim", "keys", "said"),
    [
        ('needs = "rust"\nfrom = "2.0"', {}, "demo 2.0 needs rust (setup.py), 1.1 does not"),
        (
            'needs = "compiler"\nfrom = "1.0"',
            PIN | {"package": "early"},
            "early needs compiler in every release",
        ),
        (
            'requires = "demo>=2"\nfrom = "2.0"',
            {"package": "app"},
            "app 2.0 requires demo>=2.0, 1.1 does not",
        ),
        (
            'requires = "demo>=2"\nfrom = "2.0"\nextra = "quick"',
            {"package": "fast"},
            "fast 2.0 requires demo>=2; extra ==",
        ),
        ('wheels = ["3.9", "3.14"]', {}, "demo 1.1 has wheels for Python 3.9, 3.14"),
        ('wheels = ["3.13"]', {"versions": ">=2"}, "demo 2.0 has wheels for Python 3.13"),
        ('renamed-to = "demo"', PIN | {"package": "old"}, "old 1.0 requires demo"),
        ('renamed-to = "demo"', PIN | {"package": "older"}, "older is deprecated: use Demo"),
        ("absent = true", PIN | {"package": "nobody"}, "nobody is not on the index"),
    ],
)
def test_a_true_claim_says_what_shows_it(claim: str, keys: dict[str, object], said: str) -> None:
    found = finding(claim, **keys)
    assert found.holds, found.said
    assert said in found.said


@pytest.mark.parametrize(
    ("claim", "keys", "said"),
    [
        ('needs = "rust"\nfrom = "1.1"', {}, "demo 1.1 needs no rust"),
        (
            'needs = "compiler"\nfrom = "2.0"',
            PIN | {"package": "early"},
            "1.0 needs compiler already",
        ),
        ('needs = "rust"\nfrom = "3.0"', {}, "demo 3.0 is not on the index"),
        ('needs = "rust"\nfrom = "2.0"', {"versions": "<1.1"}, "the rule excludes demo 1.1 too"),
        ('needs = "rust"\nfrom = "2.0"', {"versions": "!=1.0"}, "the rule leaves demo 2.0"),
        ('requires = "demo>=2"\nfrom = "1.1"', {"package": "app"}, "does not require demo>=2"),
        ('requires = "demo"\nfrom = "2.0"', {"package": "app"}, "app 1.1 requires demo already"),
        ('wheels = ["3.12", "3.13"]', {"versions": ">=2"}, "no wheel for Python 3.12 on manylinux"),
        ('same-import = ["x"]', REPLACE, "does not bring x"),
        ('renamed-to = "other"', PIN | {"package": "older"}, "says nothing of other"),
        ("absent = true", PIN, "demo is on the index"),
    ],
)
def test_an_untrue_claim_says_what_is_so_instead(
    claim: str, keys: dict[str, object], said: str
) -> None:
    found = finding(claim, **keys)
    assert not found.holds
    assert said in found.said


def test_a_replacement_brings_the_same_modules() -> None:
    both = index(
        project("demo", {"1.0": SDIST}, modules=["demo"]),
        project("other", ["1.0"], modules=["demo"]),
    )
    assert finding('same-import = ["demo"]', both, **REPLACE) == Finding(
        holds=True, said="demo and other both bring demo"
    )


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"package": "nobody"}, "nobody is not on the index"),
        ({"versions": "<0.1"}, "no release of demo is <0.1"),
        ({"versions": ">=0.1"}, "it excludes nothing: every demo is >=0.1"),
        ({"matches": ">=7"}, "it matches nothing: demo has no version >=7"),
        ({"beside": "app>=7"}, "it matches nothing: app has no version >=7"),
        ({"beside": "nobody"}, "nobody is not on the index"),
        (REPLACE | {"replacement": "other>=9"}, "the index has no other>=9"),
        ({"applies": "without-wheel", "wheels_of": ["nobody"]}, "nobody is not on the index"),
        ({"action": "drop-extras", "versions": None, "extras": ["x"]}, "demo 2.0 has no extra x"),
    ],
)
def test_a_rule_that_could_never_hold_is_found_whatever_it_claims(
    keys: dict[str, object], said: str
) -> None:
    first = findings('needs = "rust"\nfrom = "2.0"', **keys)[0]
    assert not first.holds
    assert said in first.said


def test_a_cap_says_what_it_leaves_and_for_which_pythons() -> None:
    assert findings('needs = "rust"\nfrom = "2.0"')[0].said.startswith("leaves demo 1.1: cp36-cp3")


def test_a_rule_without_claims_is_not_taken_on_trust() -> None:
    assert findings("")[-1] == Finding(holds=False, said="it makes no claim that could be checked")


BREAKS = """
python = "{python}"
breaks = [{breaks}]
works = [{works}]
run = "import demo"
error = "ImportError"
"""


def broken(breaks: str, works: str, python: str = "3.13", **keys: object) -> list[Finding]:
    claim = BREAKS.format(python=python, breaks=breaks, works=works)
    return findings(claim, WORLD, versions=">=2", python=">=3.13", **keys)[1:]


def test_what_breaks_is_forbidden_and_what_works_is_not() -> None:
    (only,) = broken('"demo==1.1"', '"demo==2.0"')
    assert only == Finding(holds=True, said="on Python 3.13 demo==1.1 breaks, demo==2.0 works")


@pytest.mark.parametrize(
    ("breaks", "works", "python", "said"),
    [
        ('"demo==2.0"', '"demo==1.1"', "3.13", "the rule leaves demo==2.0, which breaks"),
        ('"demo==1.0"', '"demo==1.1"', "3.13", "the rule forbids demo==1.1, which works"),
        ('"demo==1.1"', '"demo==2.0"', "3.12", "demo 2.0 has no wheel for cp312"),
        ('"demo==1.1"', '"demo==2.5"', "3.13", "demo 2.5 is not on the index"),
        ('"demo==1.0"', '"demo==2.0"', "3.13", "between what breaks and what works there are"),
    ],
)
def test_what_a_claim_about_breaking_gets_wrong(
    breaks: str, works: str, python: str, said: str
) -> None:
    untrue = [found.said for found in broken(breaks, works, python) if not found.holds]
    assert any(said in sentence for sentence in untrue)


def test_a_rule_beside_another_package_forbids_the_pair_alone() -> None:
    claim = BREAKS.format(
        python="3.13", breaks='"demo==2.0", "app==1.0"', works='"demo==2.0", "app==1.1"'
    )
    assert finding(claim, WORLD, beside="app<1.1").holds


def test_what_is_added_is_what_was_missing() -> None:
    claim = BREAKS.format(python="3.13", breaks='"demo==1.0"', works='"demo==1.0", "other==1.0"')
    keys = {"action": "add", "versions": None, "replacement": "other"}
    assert finding(claim, WORLD, **keys).holds
