from __future__ import annotations

from pathlib import Path

import pytest

from pinfix.errors import InputError, UsageError
from pinfix.rulebook.outline import entries_of, outline
from pinfix.rulebook.packs import (
    DEFAULT_PACKS,
    load_rule_book,
    pack_paths,
    packs_beside,
    rule_book,
    shipped_packs,
)
from pinfix.rulebook.parse import parse_pack
from tests.rulebook.packs import DEMO, pack_text

OWN = pack_text(id="pydantic", package="pydantic", versions="<1.10.20", reason="ours")


def test_a_later_pack_overrides_a_rule_by_its_id() -> None:
    first = parse_pack(pack_text() + pack_text(id="other", versions=">=1"), "first.toml")
    later = parse_pack(pack_text(versions="<1.5"), "later.toml")
    book = rule_book([first, later])
    assert [(r.id, r.pack, str(r.versions)) for r in book.for_package(DEMO)] == [
        ("demo", "later", "<1.5"),
        ("other", "first", ">=1"),
    ]


def test_a_rule_overridden_for_another_package_no_longer_holds_for_the_first() -> None:
    book = rule_book(
        [parse_pack(pack_text(), "a.toml"), parse_pack(pack_text(package="x"), "b.toml")]
    )
    assert book.for_package(DEMO) == ()


def test_the_book_is_found_by_package() -> None:
    book = load_rule_book(["rust-free"])
    pydantic = [rule for rule in book.rules if rule.package == "pydantic"]
    assert list(book.for_package(pydantic[0].package)) == pydantic
    assert len(pydantic) == 2
    assert book.for_package(DEMO) == ()


def test_the_default_packs_are_read_where_none_is_named() -> None:
    assert DEFAULT_PACKS == ("rust-free", "known-breaks")
    assert {rule.pack for rule in load_rule_book().rules} == {"rust-free", "known-breaks"}
    assert load_rule_book([]).rules == load_rule_book().rules


def test_none_is_no_rules_at_all() -> None:
    assert load_rule_book(["none"]).rules == ()


def test_none_beside_another_pack_is_refused() -> None:
    with pytest.raises(UsageError, match="none"):
        load_rule_book(["none", "rust-free"])


def test_a_pack_is_given_by_its_path(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN, encoding="utf-8")
    book = load_rule_book(["rust-free", str(own)])
    (rule,) = (rule for rule in book.rules if rule.id == "pydantic")
    assert (rule.reason, rule.where) == ("ours", f"{own}:1")


def test_a_pack_named_twice_is_read_once() -> None:
    assert pack_paths(["rust-free", "rust-free"]) == pack_paths(["rust-free"])


def test_an_unknown_name_lists_the_shipped_packs_and_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        load_rule_book(["rust-fre"])
    message = str(caught.value)
    assert "Did you mean rust-free?" in message
    assert ", ".join(shipped_packs()) in message


@pytest.mark.parametrize("name", ["nowhere.toml", "packs/nowhere"])
def test_a_path_that_cannot_be_read_is_named(name: str) -> None:
    with pytest.raises(InputError, match="No such file") as caught:
        load_rule_book([name])
    assert caught.value.path == str(Path(name))


def test_a_pack_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_bytes("about = 'é'".encode("latin-1"))
    with pytest.raises(InputError, match="utf-8"):
        load_rule_book([str(own)])


@pytest.mark.parametrize("path", shipped_packs().values(), ids=lambda path: path.stem)
def test_a_shipped_pack_read_rule_by_rule_is_the_pack_read_as_a_whole(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    pack = parse_pack(text, str(path))
    outlined = list(outline(text, str(path)))
    assert [entry.read() for entry in outlined] == list(pack.rules)
    assert [(e.id, e.package, e.beside) for e in outlined] == [
        (e.id, e.package, e.beside) for e in entries_of(pack)
    ]


def test_packs_are_found_in_a_checkout_and_in_an_installed_wheel(tmp_path: Path) -> None:
    package = tmp_path / "pinfix"
    beside, inside = tmp_path / "rules", package / "rules"
    beside.mkdir()
    (beside / "checkout.toml").touch()
    package.mkdir()
    assert packs_beside(package) == {"checkout": beside / "checkout.toml"}
    inside.mkdir()
    (inside / "wheel.toml").touch()
    assert packs_beside(package) == {"wheel": inside / "wheel.toml"}


def test_the_default_packs_are_shipped() -> None:
    assert set(DEFAULT_PACKS) <= set(shipped_packs())
