from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.utils import NormalizedName, canonicalize_name

from pinfix.rulebook.apply import (
    Add,
    Cap,
    Drop,
    DropExtras,
    Effect,
    Replace,
    closure_cap,
    requirement_effects,
)
from pinfix.rulebook.rule import Rule
from tests.rulebook.packs import DEMO, LINUX_313, rule


def effects(
    *rules: Rule, name: str = "demo", extras: str = "", spec: str = "", fired: tuple[str, ...] = ()
) -> tuple[Effect, ...]:
    asked: frozenset[NormalizedName] = frozenset(canonicalize_name(e) for e in extras.split())
    specifier = SpecifierSet(spec)
    return requirement_effects(rules, canonicalize_name(name), asked, specifier, LINUX_313, fired)


def action(action: str, **keys: object) -> Rule:
    return rule(action=action, versions=None, **keys)


def test_a_pin_above_a_cap_is_overridden() -> None:
    (cap,) = effects(rule(), spec="==2.5.0")
    assert isinstance(cap, Cap)
    assert cap.overrides
    assert "1.10" in cap.left


def test_a_range_that_reaches_above_a_cap_is_capped_but_stands() -> None:
    for spec in ("", ">=1", "<3"):
        (cap,) = effects(rule(), spec=spec)
        assert isinstance(cap, Cap)
        assert not cap.overrides


def test_a_cap_that_leaves_all_that_a_requirement_admits_does_nothing() -> None:
    assert effects(rule(), spec="==1.10.7") == ()
    assert effects(rule(), spec=">=1,<2") == ()


def test_a_floor_is_a_caps_mirror() -> None:
    floor = rule(versions=">=1.10.16")
    assert effects(floor, spec="==1.10.27") == ()
    (cap,) = effects(floor, spec="==1.10.7")
    assert isinstance(cap, Cap)
    assert cap.overrides


def test_a_rule_about_certain_versions_leaves_a_pin_outside_them() -> None:
    floor = rule(versions=">=2.0.31", matches=">=2")
    assert effects(floor, spec="==1.4.54") == ()
    assert len(effects(floor, spec="==2.0.15")) == 1
    drop = action("drop", matches=">=1.99")
    assert effects(drop, spec="==0.2.5") == ()
    assert effects(drop, spec="==2.0.0") == effects(drop) == (Drop(drop),)


def test_other_packages_are_left_alone() -> None:
    assert effects(rule(), action("drop", id="d"), name="demo-core", spec="==2") == ()


def test_extras_are_dropped_where_they_are_asked_for() -> None:
    drop = action("drop-extras", extras=["email", "dotenv"])
    assert effects(drop, extras="email mypy") == (
        DropExtras(drop, frozenset({canonicalize_name("email")})),
    )
    assert effects(drop, extras="mypy") == ()
    assert effects(drop) == ()


def test_a_rule_about_an_extra_waits_for_that_extra() -> None:
    add = action("add", extras=["standard"], replacement="websockets>=13")
    (effect,) = effects(add, extras="standard")
    assert isinstance(effect, Add)
    assert str(effect.requirement) == "websockets>=13"
    assert effects(add) == ()


def test_a_replacement_is_a_requirement() -> None:
    (effect,) = effects(action("replace", replacement="other[x]>=1"))
    assert isinstance(effect, Replace)
    assert (effect.requirement.name, str(effect.requirement.specifier)) == ("other", ">=1")


def test_nothing_else_is_done_to_a_requirement_that_goes() -> None:
    drop = action("drop", id="d")
    rules = (action("drop-extras", id="e", extras=["x"]), rule(), drop)
    assert effects(*rules, extras="x") == (Drop(drop),)


def test_several_rules_act_on_one_requirement() -> None:
    found = effects(rule(), action("drop-extras", id="e", extras=["email"]), extras="email")
    assert [type(effect) for effect in found] == [Cap, DropExtras]


def test_a_without_wheel_rule_is_left_out_until_it_is_said_to_fire() -> None:
    cap = rule(applies="without-wheel")
    assert effects(cap, spec="==2") == ()
    assert len(effects(cap, spec="==2", fired=("demo",))) == 1
    assert closure_cap([cap], DEMO, LINUX_313) == ()
    assert len(closure_cap([cap], DEMO, LINUX_313, fired=("demo",))) == 1


def test_a_cap_beside_another_package_waits_for_the_closure() -> None:
    beside = rule(beside="passlib<=1.7.4")
    assert effects(beside, spec="==2") == ()
    (cap,) = closure_cap([beside], DEMO, LINUX_313)
    assert cap.beside == "passlib"
    assert cap.beside_versions is not None
    assert "1.7.4" in cap.beside_versions
    assert "1.7.5" not in cap.beside_versions


def test_a_rule_for_another_target_does_nothing() -> None:
    for elsewhere in (rule(python="<3.13"), rule(platform=["win32"])):
        assert effects(elsewhere, spec="==2") == ()
        assert closure_cap([elsewhere], DEMO, LINUX_313) == ()


def test_the_closure_is_capped_and_not_otherwise_touched() -> None:
    rules = [rule(), rule(id="floor", versions=">=1.10.16"), action("drop", id="d")]
    caps = closure_cap(rules, DEMO, LINUX_313)
    assert [cap.rule.id for cap in caps] == ["demo", "floor"]
    assert [v for v in ("1.10.7", "1.10.16", "2.0") if all(v in cap.left for cap in caps)] == [
        "1.10.16"
    ]
