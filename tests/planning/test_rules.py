"""Rules in a plan: what each action does to the lines, and to what nobody wrote down."""

from __future__ import annotations

import pytest

from pinfix.errors import NoSolutionError
from pinfix.report.summary import summary
from tests.fake_index import CP311, CP313, PURE, index, project
from tests.fixing import LINUX_311, change, fixed, plan, versions
from tests.rulebook.packs import pack_text

CAP = pack_text(id="cap", package="foo", versions="<2", reason="foo 2 is Rust")
FOO = project("foo", ["1.0", "1.9", "2.0", "2.1"])


def rule(**keys: object) -> str:
    return pack_text(**{"versions": None, **keys})


def test_cap_moves_a_pin_to_the_newest_version_it_leaves() -> None:
    made = plan("foo==2.0\n", index(FOO), rules=CAP)
    assert made.files[0].after == b"foo==1.9\n"
    moved = change(made, "foo")
    assert (moved.cause, moved.reason, moved.had_wheels) == ("rule", "foo 2 is Rust", True)
    assert moved.rule is not None
    assert moved.rule.id == "cap"


def test_cap_leaves_a_pin_that_it_admits() -> None:
    assert not plan("foo==1.0\n", index(FOO), rules=CAP).changed


def test_without_rules_nothing_moves() -> None:
    assert not plan("foo==2.0\n", index(FOO)).changed


def test_cap_holds_in_the_closure_too() -> None:
    world = index(
        project("app", ["1.0", "1.1"], requires={"1.0": ["foo>=1"], "1.1": ["foo>=2"]}), FOO
    )
    made = plan("app==1.1\n", world, rules=CAP)
    assert versions(made) == {"app": "1.0", "foo": "1.9"}


def test_cap_tightens_an_unpinned_line() -> None:
    made = plan("foo  # ours\n", index(FOO), rules=CAP)
    assert made.files[0].after == b"foo<2  # ours\n"
    assert change(made, "foo").cause == "rule"


def test_cap_tightens_a_range() -> None:
    assert fixed("foo>=1.0\n", index(FOO), rules=CAP) == "foo>=1.0,<2\n"


def test_tightened_line_is_left_alone_by_a_second_run() -> None:
    for text in ("foo\n", "foo>=1.0\n", "foo>=2\n", "foo==2.0\n"):
        once = fixed(text, index(FOO), rules=CAP)
        assert not plan(once, index(FOO), rules=CAP).changed, once


def test_drop_takes_the_line_away() -> None:
    drop = rule(id="drop", action="drop", package="foo")
    made = plan("bar==1.0\nfoo==2.0\n", index(FOO, project("bar", ["1.0"])), rules=drop)
    assert made.files[0].after == b"bar==1.0\n"
    assert (change(made, "foo").before, change(made, "foo").after) == ("foo==2.0", "")
    assert versions(made) == {"bar": "1.0"}


def test_drop_extra_keeps_the_others_and_the_pin() -> None:
    drop = rule(id="extra", action="drop-extras", package="foo", extras=["fast"])
    text = "foo[ slow , fast ]==2.0\n"
    made = plan(text, index(FOO), rules=drop)
    assert "fast" not in made.files[0].after.decode()
    assert "slow" in made.files[0].after.decode()
    assert "==2.0" in made.files[0].after.decode()


def test_last_extra_dropped_takes_the_brackets_along() -> None:
    drop = rule(id="extra", action="drop-extras", package="foo", extras=["fast"])
    assert fixed("foo[fast]==2.0\n", index(FOO), rules=drop) == "foo==2.0\n"


def test_replace_puts_another_package_in_its_place() -> None:
    replace = rule(id="replace", action="replace", package="foo", replacement="bar>=3")
    world = index(FOO, project("bar", ["3.0"]))
    made = plan("foo==2.0 # ours\n", world, rules=replace)
    assert made.files[0].after == b"bar>=3 # ours\n"
    assert versions(made) == {"bar": "3.0"}


def test_replace_without_versions_keeps_the_pin_where_it_can_hold() -> None:
    replace = rule(id="replace", action="replace", package="foo", replacement="bar")
    world = index(FOO, project("bar", ["2.0", "3.0"]))
    assert fixed("foo==2.0\n", world, rules=replace) == "bar==2.0\n"


def test_replaced_line_is_left_alone_by_a_second_run() -> None:
    replace = rule(id="replace", action="replace", package="foo", replacement="bar>=3")
    world = index(FOO, project("bar", ["3.0"]))
    once = fixed("foo==2.0\n", world, rules=replace)
    assert not plan(once, world, rules=replace).changed


PASSLIB = index(
    project("passlib", ["1.7.4"]),
    project("bcrypt", {"3.2.2": CP311, "4.3.0": CP313, "5.0.0": CP313}),
)
BESIDE = pack_text(
    id="beside",
    package="bcrypt",
    versions="<5",
    beside="passlib<=1.7.4",
    reason="passlib 1.7.4 breaks with bcrypt 5",
)


def test_rule_beside_moves_a_pin_where_both_are_there() -> None:
    made = plan("passlib==1.7.4\nbcrypt==5.0.0\n", PASSLIB, rules=BESIDE)
    assert made.files[0].after == b"passlib==1.7.4\nbcrypt==4.3.0\n"
    assert change(made, "bcrypt").cause == "rule"
    assert change(made, "bcrypt").reason == "passlib 1.7.4 breaks with bcrypt 5"


def test_rule_beside_is_silent_without_the_other_package() -> None:
    assert not plan("bcrypt==5.0.0\n", PASSLIB, rules=BESIDE).changed


def test_rule_beside_holds_against_what_pip_would_take_for_an_unpinned_line() -> None:
    made = plan("passlib==1.7.4\nbcrypt\n", PASSLIB, rules=BESIDE)
    assert versions(made)["bcrypt"] == "4.3.0"
    text = made.files[0].after.decode()
    assert "bcrypt==4.3.0" in text
    assert not plan(text, PASSLIB, rules=BESIDE).changed


WITHOUT_WHEEL = pack_text(
    id="lines", package="foo", versions="<2", applies="without-wheel", reason="foo 2 is Rust"
)


def test_without_wheel_rule_is_silent_where_the_newer_line_has_a_wheel() -> None:
    world = index(project("foo", {"1.0": PURE, "2.0": CP313}))
    assert not plan("foo==2.0\n", world, rules=WITHOUT_WHEEL).changed


def test_without_wheel_rule_fires_where_the_newer_line_has_none() -> None:
    world = index(project("foo", {"1.0": PURE, "2.0": CP311}))
    made = plan("foo\n", world, rules=WITHOUT_WHEEL)
    assert versions(made) == {"foo": "1.0"}
    assert not plan("foo==2.0\n", world, rules=WITHOUT_WHEEL, targets="cp311-manylinux").changed


def test_rule_for_a_newer_python_is_silent_on_an_older_one() -> None:
    newer = pack_text(id="py", package="foo", versions=">=1.9", python=">=3.13", reason="breaks")
    assert fixed("foo==1.0\n", index(FOO), rules=newer) == "foo==2.1\n"
    assert fixed("foo==1.0\n", index(FOO), rules=newer, targets="cp312-manylinux") == "foo==1.0\n"


def test_rule_that_leaves_nothing_is_refused_with_its_name() -> None:
    nothing = pack_text(id="too-much", package="foo", versions="<1", reason="foo is Rust")
    with pytest.raises(NoSolutionError) as refused:
        plan("foo==1.0\n", index(FOO), rules=nothing)
    assert "foo is Rust" in str(refused.value)
    assert "--rules none" in str(refused.value)


def test_rule_that_moves_what_had_no_wheel_anyway_does_not_claim_that_it_had() -> None:
    world = index(project("foo", {"1.0": PURE, "2.0": CP311}))
    moved = change(plan("foo==2.0\n", world, rules=CAP), "foo")
    assert not moved.had_wheels
    assert "foo 2.0 has no wheel" in moved.reason


def test_range_with_nothing_in_common_with_a_cap_gives_way_to_the_rule() -> None:
    assert fixed("foo>=2\n", index(FOO), rules=CAP) == "foo>=1.9,<2\n"


def test_add_requires_a_package_beside_another() -> None:
    add = rule(id="add", action="add", package="foo", replacement="bar<4")
    world = index(FOO, project("bar", ["3.0", "4.0"]))
    made = plan("foo==1.0\n", world, rules=add)
    assert versions(made) == {"foo": "1.0", "bar": "3.0"}
    assert "bar" in made.files[0].after.decode()
    assert not plan(made.files[0].after, world, rules=add).changed


PROPOSE = rule(
    id="foo-else",
    action="propose",
    package="foo",
    replacement="bar>=1",
    reason="foo is compiled",
    risk="bar is imported by another name",
)
BUILT_311 = project("foo", {"1.0": CP311, "2.0": CP311})


def test_a_proposal_changes_nothing_and_is_told() -> None:
    made = plan("foo==2.0  # ours\n", index(FOO), rules=PROPOSE)
    assert not made.changed
    (proposal,) = made.proposals
    assert (proposal.package, proposal.line, proposal.instead) == ("foo", 1, "bar>=1")
    assert summary(made).splitlines()[2:5] == [
        "requirements.txt:1: foo==2.0 could give way to bar>=1",
        "    proposed: foo is compiled",
        "    risk: bar is imported by another name",
    ]


def test_a_proposal_without_anything_in_its_place_is_a_note() -> None:
    only = rule(id="n", action="propose", package="foo", reason="foo is Rust in every release")
    lines = summary(plan("foo==2.0\n", index(FOO), rules=only)).splitlines()
    assert lines[2:4] == ["requirements.txt:1: foo==2.0", "    note: foo is Rust in every release"]


def test_a_proposal_for_want_of_a_wheel_waits_for_the_want() -> None:
    wanting = PROPOSE.replace('"always"', '"without-wheel"')
    assert not plan("foo==2.0\n", index(BUILT_311), rules=wanting, targets=LINUX_311).proposals
    with pytest.raises(NoSolutionError, match="foo is compiled"):
        plan("foo==2.0\n", index(BUILT_311), rules=wanting)


def test_a_refusal_names_what_a_rule_proposes_even_for_what_nobody_wrote_down() -> None:
    world = index(project("app", ["1.0"], requires={"1.0": ["foo"]}), BUILT_311)
    wanting = PROPOSE.replace('"always"', '"without-wheel"')
    with pytest.raises(NoSolutionError) as caught:
        plan("app==1.0\n", world, rules=wanting)
    assert "hint: bar>=1 may do in its place: foo is compiled (foo-else)." in str(caught.value)
