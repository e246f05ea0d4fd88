"""The plan as JSON: the schema that others program against."""

from __future__ import annotations

import json
from typing import Any

from pinfix.errors import InputError
from pinfix.report.plan_json import SCHEMA, error_json, plan_json
from pinfix.targets.host import find_target
from tests.fake_index import CP311, CP313, SDIST, index, project
from tests.fixing import plan
from tests.rulebook.packs import pack_text

WORLD = index(
    project("app", ["1.0"], requires=["lib>=1"]),
    project("lib", {"1.0": CP311, "1.1": CP313}),
    project("plain", {"1.0": SDIST}),
)
RULE = pack_text(id="cap", package="lib", versions="<1.1", reason="lib is Rust", risk="old")


def document(text: str = "app==1.0\nlib==1.0\nplain==1.0\n", **how: Any) -> Any:
    return json.loads(plan_json(plan(text, WORLD, **how)))


def test_top_level_fields_are_those_of_the_schema() -> None:
    made = document()
    assert made["schema"] == SCHEMA
    assert set(made) == {
        "schema",
        "targets",
        "inferred",
        "changes",
        "closure",
        "kept_sdists",
        "proposals",
        "audit",
        "verifications",
        "warnings",
        "failures",
        "error",
    }


def test_change_says_what_where_and_why() -> None:
    (changed,) = document()["changes"]
    assert {key: changed[key] for key in ("package", "file", "line", "before", "after")} == {
        "package": "lib",
        "file": "requirements.txt",
        "line": 2,
        "before": "lib==1.0",
        "after": "lib==1.1",
    }
    assert changed["cause"] == "no wheel"
    assert "lib 1.0 has no wheel" in changed["reason"]
    assert isinstance(changed["evidence"], list)
    assert changed["rule"] is None


def test_closure_entry_says_version_file_and_who_requires_it() -> None:
    entries = {entry["name"]: entry for entry in document()["closure"]}
    assert list(entries) == ["app", "lib", "plain"]
    assert entries["lib"]["version"] == "1.1"
    assert entries["lib"]["file"] == f"lib-1.1-{CP313}.whl"
    assert entries["lib"]["required_by"] == ["requirements.txt:2", "app"]


def test_kept_sdists_and_warnings_are_told() -> None:
    made = document()
    assert made["kept_sdists"] == ["plain"]
    assert any("plain 1.0 has no wheel" in warning for warning in made["warnings"])


def test_change_by_a_rule_names_it_with_its_risk() -> None:
    world = index(project("lib", ["1.0", "1.1"]))
    made = json.loads(plan_json(plan("lib==1.1\n", world, rules=RULE)))
    (changed,) = made["changes"]
    assert (changed["cause"], changed["rule"], changed["risk"]) == ("rule", "cap", "old")
    assert changed["had_wheels"] is True


def test_target_says_what_it_was_taken_for() -> None:
    (target,) = document()["targets"]
    assert target["asked"] == "cp313-manylinux"
    assert target["name"] == "cp313-manylinux_2_28_x86_64"
    assert target["python"].startswith("3.13.")


def test_error_keeps_the_schema() -> None:
    target = find_target("cp313-manylinux")
    made = json.loads(error_json(InputError("bad", path="x.txt", line=3), [target]))
    assert made["error"]["exit_code"] == 2
    assert made["error"]["message"] == "x.txt:3: bad"
    assert (made["changes"], made["closure"]) == ([], [])


def test_document_ends_in_one_line_feed_and_keeps_letters_readable() -> None:
    text = plan_json(plan({"caf\u00e9.txt": "lib==1.0\n"}, WORLD))
    assert text.endswith("}\n")
    assert "caf\u00e9.txt" in text
