from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from pinfix.errors import InputError
from pinfix.rulebook.parse import parse_pack
from tests.rulebook.packs import pack_text, rule

FULL = '''
about = """
How rules look:
[[rule]]
"""
# [[rule]]

[[rule]]
id = "SQLAlchemy on 3.13"
action = "cap"
package = "SQLAlchemy"
versions = ">=2.0.31"
matches = ">=2"
applies = "without-wheel"
wheels-of = ["Greenlet"]
beside = "Flask_SQLAlchemy<3"
python = ">=3.13"
platform = ["linux", "win32"]
reason = "it cannot be imported"
risk = "none known"
evidence = [
    "id = 'not a key'",
    "https://example.org/",
]
'''


def refusal(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_pack(text, "packs/own.toml")
    return caught.value


def test_every_key_of_a_rule_is_read() -> None:
    pack = parse_pack(FULL, "packs/own.toml")
    (only,) = pack.rules
    assert (pack.name, pack.path) == ("own", "packs/own.toml")
    assert pack.about.startswith("How rules look")
    assert only.id == "SQLAlchemy on 3.13"
    assert (only.action, only.package, only.applies) == ("cap", "sqlalchemy", "without-wheel")
    assert only.versions == SpecifierSet(">=2.0.31")
    assert only.matches == SpecifierSet(">=2")
    assert list(map(str, only.wheels_of)) == ["greenlet"]
    assert (only.beside, only.beside_versions) == ("flask-sqlalchemy", SpecifierSet("<3"))
    assert only.python == SpecifierSet(">=3.13")
    assert only.platform == ("linux", "win32")
    assert (only.reason, only.risk) == ("it cannot be imported", "none known")
    assert only.evidence == ("id = 'not a key'", "https://example.org/")


def test_a_rule_knows_the_line_of_its_table_past_strings_and_comments_that_look_like_one() -> None:
    assert parse_pack(FULL, "own.toml").rules[0].where == "own.toml:8"


def test_a_pack_without_rules_is_empty() -> None:
    assert parse_pack("", "own.toml").rules == ()


@pytest.mark.parametrize(
    ("keys", "line", "problem"),
    [
        ({"versons": "<3"}, 9, 'a rule has no key "versons"'),
        ({"id": None}, 1, 'no "id"'),
        ({"reason": None}, 1, 'no "reason"'),
        ({"reason": " "}, 7, '"reason" is empty'),
        ({"evidence": None}, 1, 'no "evidence"'),
        ({"evidence": []}, 1, 'no "evidence"'),
        ({"evidence": "once"}, 8, '"evidence" must be a list'),
        ({"evidence": [""]}, 8, '"evidence" must be a list'),
        ({"package": None}, 1, 'no "package"'),
        ({"package": "not a name"}, 4, "PEP 503"),
        ({"package": 3}, 4, '"package" must be a string'),
        ({"action": "capp"}, 3, '"capp" is not a value of "action"'),
        ({"action": None}, 1, 'no "action"'),
        ({"applies": "sometimes"}, 6, '"sometimes" is not a value of "applies"'),
        ({"applies": None}, 1, 'no "applies"'),
        ({"versions": None}, 1, 'a "cap" rule needs "versions"'),
        ({"versions": "2"}, 5, "PEP 440"),
        ({"matches": "=>2"}, 9, "PEP 440"),
        ({"python": "3.13"}, 9, "PEP 440"),
        ({"platform": ["windows"]}, 9, "sys_platform"),
        ({"platform": "linux"}, 9, '"platform" must be a list'),
        ({"beside": "passlib =< 1"}, 9, "PEP 508"),
        ({"beside": "passlib[bcrypt]<2"}, 9, '"beside" takes a name and versions'),
        ({"replacement": "other"}, 9, 'a "cap" rule takes no "replacement"'),
        ({"wheels_of": ["rpds-py"]}, 9, '"wheels-of" is for rules'),
        ({"action": "drop"}, 5, 'a "drop" rule takes no "versions"'),
        ({"action": "replace", "versions": None}, 1, 'a "replace" rule needs "replacement"'),
        ({"action": "add", "versions": None}, 1, 'an "add" rule needs "replacement"'),
        ({"action": "drop-extras", "versions": None}, 1, 'a "drop-extras" rule needs "extras"'),
        ({"action": "drop", "versions": None, "beside": "a"}, 8, 'takes no "beside"'),
        ({"action": "add", "versions": None, "replacement": "=="}, 8, "PEP 508"),
    ],
)
def test_a_mistake_is_named_by_file_and_line(
    keys: dict[str, object], line: int, problem: str
) -> None:
    error = refusal(pack_text(**keys))
    assert problem in error.problem
    assert (error.path, error.line) == ("packs/own.toml", line)
    assert str(error).startswith(f"packs/own.toml:{line}: ")


def test_an_unknown_key_brings_the_nearest_known_one() -> None:
    assert refusal(pack_text(versons="<3")).hint == 'Did you mean "versions"?'


def test_an_unknown_action_brings_the_nearest_known_one() -> None:
    assert refusal(pack_text(action="drop-extra")).hint == 'Did you mean "drop-extras"?'


def test_the_line_is_that_of_the_second_rule_where_the_mistake_is_there() -> None:
    assert refusal(pack_text() + pack_text(id="other", versions="2")).line == 13


def test_an_id_taken_twice_is_refused_at_the_second() -> None:
    error = refusal(pack_text() + pack_text())
    assert 'the id "demo" is taken by the rule at line 1' in error.problem
    assert error.line == 9


def test_broken_toml_is_shown_with_its_line() -> None:
    error = refusal('about = "x"\nid = \n')
    assert "not TOML" in error.problem
    assert (error.line, error.source) == (2, "id = ")


def test_toml_that_stops_short_is_placed_at_its_end() -> None:
    assert refusal('about = "x"\n\nabout2 = """x').line == 3


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("\n[[rules]]\n", 2, 'a rule pack has no key "rules"'),
        ("name = 'x'\n", 1, 'a rule pack has no key "name"'),
        ("\n[rule]\nid = 'x'\n", 2, "[[rule]] table of its own"),
        ("rule = [{id = 'x'}]\n", 1, "[[rule]] table of its own"),
        (pack_text() + "\n[more]\nx = 1\n", 10, 'a rule pack has no key "more"'),
    ],
)
def test_a_pack_holds_rules_and_an_introduction_only(text: str, line: int, problem: str) -> None:
    error = refusal(text)
    assert problem in error.problem
    assert error.line == line


def test_names_are_normalised() -> None:
    assert rule(package="Py_Demo.X").package == "py-demo-x"


def test_a_cap_takes_no_extras() -> None:
    # A cap counts in the closure too, where nobody says which extras are asked for.
    assert 'takes no "extras"' in str(refusal(pack_text(action="cap", extras=["x"])))
