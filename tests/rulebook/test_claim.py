"""Claims: what a rule says of the world so that it can be checked."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from pinfix.errors import InputError
from pinfix.rulebook.claim import (
    Breaks,
    Claim,
    Missing,
    Needs,
    Renamed,
    Requires,
    SameImport,
    Wheels,
)
from pinfix.rulebook.parse import parse_pack
from tests.rulebook.packs import DEMO, pack_text

BREAKS = '''
python = "3.13"
breaks = ["demo==1.0", "other==2.0"]
works = ["demo==1.1", "other==2.0"]
run = """
import demo
demo.run()
"""
error = "TypeError: no"
'''


def claim(text: str, **keys: object) -> Claim:
    pack = parse_pack(f"{pack_text(**keys)}\n[[rule.claim]]\n{text}\n", "own.toml")
    (only,) = pack.claims["demo"]
    return only


def refusal(text: str, **keys: object) -> InputError:
    with pytest.raises(InputError) as caught:
        claim(text, **keys)
    return caught.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('needs = "rust"\nfrom = "2.0"', Needs(DEMO, "rust", Version("2.0"))),
        (
            'needs = "compiler"\nfrom = "1.0"\npackage = "Demo"',
            Needs(DEMO, "compiler", Version("1.0")),
        ),
        (
            'requires = "core>=2"\nfrom = "2.0"\nextra = "fast"',
            Requires(DEMO, Requirement("core>=2"), Version("2.0"), "fast"),
        ),
        ('wheels = ["3.12"]', Wheels(DEMO, ("3.12",), "manylinux_2_28_x86_64")),
        ('renamed-to = "Demo"', Renamed(DEMO)),
        ("absent = true", Missing()),
        (
            BREAKS,
            Breaks(
                "3.13",
                (Requirement("demo==1.0"), Requirement("other==2.0")),
                (Requirement("demo==1.1"), Requirement("other==2.0")),
                "import demo\ndemo.run()\n",
                "TypeError: no",
            ),
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_each_kind_of_claim_is_read(text: str, expected: Claim) -> None:
    assert claim(text) == expected


def test_of_a_replacement_it_is_the_replacement_that_has_the_wheels_and_the_imports() -> None:
    keys = {"action": "replace", "versions": None, "replacement": "demo-binary>=2"}
    assert claim('wheels = ["3.12"]', **keys) == Wheels(
        "demo-binary",  # type: ignore[arg-type]
        ("3.12",),
        "manylinux_2_28_x86_64",
    )
    assert claim('same-import = ["demo"]', **keys) == SameImport(("demo",))


def test_a_rule_may_make_several_claims_and_the_next_rule_none() -> None:
    text = (
        pack_text()
        + '[[rule.claim]]\nrenamed-to = "x"\n[[rule.claim]]\nabsent = true\n'
        + pack_text(id="other")
    )
    pack = parse_pack(text, "own.toml")
    assert [rule.id for rule in pack.rules] == ["demo", "other"]
    assert {key: len(claims) for key, claims in pack.claims.items()} == {"demo": 2}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ('claims = "x"', 10, "none of the keys that say what it is about"),
        ('needs = "rust"', 10, 'no "from"'),
        ('needs = "rst"\nfrom = "1"', 11, '"rst" is not a value of "needs"'),
        ('needs = "rust"\nfrom = "one"', 12, '"from" is not a version (PEP 440)'),
        ('needs = "rust"\nfrom = "1"\nextra = "x"', 13, 'has no key "extra"'),
        ('requires = "a b"\nfrom = "1"', 11, '"requires" is not a requirement (PEP 508)'),
        ("wheels = []", 11, '"wheels" lists the Pythons'),
        ('same-import = ["x"]', 10, "for a rule with a replacement"),
        ("absent = false", 11, '"absent" can only be true'),
        ('breaks = ["a==1"]\npython = "3.13"\nrun = "x"\nerror = "y"', 10, '"works" lists'),
    ],
)
def test_a_claim_that_says_nothing_is_refused_at_its_line(
    text: str, line: int, problem: str
) -> None:
    error = refusal(text)
    assert (error.path, error.line) == ("own.toml", line)
    assert problem in str(error)
