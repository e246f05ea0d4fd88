from __future__ import annotations

import pytest

from pinfix.rulebook.contradictions import contradictions
from pinfix.rulebook.parse import parse_pack
from tests.rulebook.packs import pack_text


def said(*rules: dict[str, object]) -> list[str]:
    texts = [pack_text(**{"id": f"rule{n}", **keys}) for n, keys in enumerate(rules)]
    return list(contradictions(parse_pack("".join(texts), "own.toml").rules))


OTHER = {"action": "replace", "versions": None, "replacement": "other"}
ADD = {"action": "add", "versions": None, "replacement": "other>=2"}
DROP = {"action": "drop", "versions": None}


def test_two_caps_that_leave_nothing_together() -> None:
    (only,) = said({"versions": "<2"}, {"versions": ">=3"})
    assert only == "own.toml:1 and own.toml:9: rule0 and rule1 together leave no version of demo"


def test_two_ends_of_one_requirement() -> None:
    assert "each do something else to a requirement on demo" in said(OTHER, DROP)[0]
    assert said(OTHER, OTHER) == []
    assert said(OTHER | {"matches": "<2"}, DROP | {"matches": ">=2"}) == []
    assert said(OTHER | {"extras": ["a"]}, DROP | {"extras": ["b"]}) == []


def test_what_one_adds_and_another_drops() -> None:
    assert said(ADD, DROP | {"package": "other"}) == [
        "own.toml:1 and own.toml:9: rule0 puts other>=2 in, which rule1 drops"
    ]
    assert said(ADD, DROP | {"package": "other", "matches": "<2"}) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"python": "<3.12"}, {"python": ">=3.12"}),
        ({"platform": ["linux"]}, {"platform": ["win32"]}),
        ({"beside": "a<2"}, {"beside": "a>=2"}),
        ({"beside": "a"}, {"beside": "b"}),
        ({"package": "other"}, {}),
    ],
)
def test_rules_that_never_meet_do_not_contradict(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert said({"versions": "<2"} | one, {"versions": ">=3"} | other) == []
