"""The shipped packs: what they must hold, and what they do to well-known requirements."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pinfix.rulebook.apply import Cap, Drop, DropExtras, Effect, closure_cap, requirement_effects
from pinfix.rulebook.packs import load_rule_book
from pinfix.rulebook.rule import Rule
from tests.rulebook.packs import LINUX_313

BOOK = load_rule_book()
LINUX_311 = LINUX_313 | {"python_full_version": "3.11.14"}

# The mission's own: nothing else may touch what has a wheel for the target.
ALWAYS_RUST_FREE = {"pydantic", "pydantic-core", "pydantic-email", "pydantic-settings", "fastapi"}


def effects(requirement: str, environment: dict[str, str] = LINUX_313) -> tuple[Effect, ...]:
    asked = Requirement(requirement)
    extras = frozenset(canonicalize_name(extra) for extra in asked.extras)
    name = canonicalize_name(asked.name)
    return requirement_effects(BOOK.rules, name, extras, asked.specifier, environment)


def left(name: str, version: str, environment: dict[str, str], **beside: str) -> bool:
    """Whether the closure may hold this version, beside these."""
    caps = closure_cap(BOOK.rules, canonicalize_name(name), environment)
    return all(Version(version) in cap.left for cap in caps if _stands(cap, beside))


def _stands(cap: Cap, beside: dict[str, str]) -> bool:
    if cap.beside is None or cap.beside_versions is None:
        return True
    there = beside.get(cap.beside.replace("-", "_"))
    return there is not None and there in cap.beside_versions


@pytest.mark.parametrize("rule", BOOK.rules, ids=lambda rule: rule.id)
def test_every_rule_says_why_and_what_was_measured(rule: Rule) -> None:
    assert rule.reason[-1] not in ".!"
    assert all(len(sentence) > 20 for sentence in rule.evidence)
    assert not any(rule.reason in sentence for sentence in rule.evidence)


def test_lowering_what_guards_people_is_never_the_default() -> None:
    rust_free = {rule.id: rule for rule in BOOK.rules if rule.pack == "rust-free"}
    assert {i for i, rule in rust_free.items() if rule.applies == "always"} == ALWAYS_RUST_FREE
    for guarding in ("cryptography", "bcrypt", "python-jose-cryptography", "passlib-bcrypt"):
        assert rust_free[guarding].risk


def test_what_breaks_breaks_whatever_wheels_there_are() -> None:
    breaks = [rule for rule in BOOK.rules if rule.pack == "known-breaks"]
    assert {rule.applies for rule in breaks} == {"always"}


def test_pydantic_2_goes_with_its_core_its_settings_and_its_email_extra() -> None:
    pin, extra = effects("pydantic[email]==2.5.0")
    assert isinstance(pin, Cap)
    assert pin.overrides
    assert isinstance(extra, DropExtras)
    assert extra.extras == {"email"}
    assert [type(e) for e in effects("pydantic-core==2.14.1")] == [Drop]
    assert [type(e) for e in effects("pydantic-settings>=2")] == [Drop]
    assert effects("pydantic-settings==0.2.5") == ()


def test_email_validator_stays() -> None:
    assert effects("email-validator==2.1.0") == ()


@pytest.mark.parametrize(
    "requirement",
    ["cryptography==42.0.5", "bcrypt==4.0.1", "orjson==3.9.0", "uvicorn[standard]==0.23.2"],
)
def test_what_may_have_a_wheel_is_left_alone(requirement: str) -> None:
    assert effects(requirement) == ()


@pytest.mark.parametrize(
    ("name", "version", "on_311", "on_313"),
    [
        ("pydantic", "1.10.7", True, False),
        ("pydantic", "1.10.16", True, True),
        ("pydantic", "2.5.0", False, False),
        ("sqlalchemy", "1.4.54", True, True),
        ("sqlalchemy", "2.0.15", True, False),
        ("sqlalchemy", "2.0.31", True, True),
        ("httpx", "0.22.0", True, False),
        ("django", "3.2.25", True, False),
        ("django", "4.2.0", True, True),
    ],
)
def test_what_a_newer_python_breaks(name: str, version: str, on_311: bool, on_313: bool) -> None:
    assert left(name, version, LINUX_311) is on_311
    assert left(name, version, LINUX_313) is on_313


def test_the_floor_of_pydantic_1_starts_with_the_patch_that_broke_it() -> None:
    for full_version, expected in (("3.12.3", True), ("3.12.4", False)):
        environment = LINUX_313 | {"python_full_version": full_version}
        assert left("pydantic", "1.10.15", environment) is expected


def test_what_breaks_beside_another_package_is_left_alone_without_it() -> None:
    for name, version, beside in [
        ("fastapi", "0.126.0", {"pydantic": "1.10.27"}),
        ("fastapi", "0.111.0", {"pydantic": "1.10.27"}),
        ("setuptools", "82.0.0", {"gunicorn": "20.1.0"}),
        ("bcrypt", "5.0.0", {"passlib": "1.7.4"}),
        ("httpx", "0.28.0", {"openai": "1.55.2"}),
        ("werkzeug", "3.0.0", {"flask": "2.2.3"}),
        ("sqlalchemy", "2.0.36", {"flask_sqlalchemy": "2.5.1"}),
        ("numpy", "2.0.0", {"pandas": "2.1.1"}),
    ]:
        assert not left(name, version, LINUX_311, **beside)
        assert left(name, version, LINUX_311)


def test_what_works_beside_another_package_is_left() -> None:
    assert left("fastapi", "0.125.0", LINUX_311, pydantic="1.10.27")
    assert left("setuptools", "82.0.0", LINUX_311, gunicorn="21.0.0")
    assert left("bcrypt", "4.3.0", LINUX_311, passlib="1.7.4")
    assert left("httpx", "0.28.0", LINUX_311, openai="1.55.3")
    assert left("numpy", "2.0.0", LINUX_311, pandas="2.2.2")
