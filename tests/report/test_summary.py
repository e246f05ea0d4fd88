"""The summary: sentences that say what changed, why, and what it comes to."""

from __future__ import annotations

from pinfix.report.summary import outcome, summary
from tests.fake_index import CP311, CP313, SDIST, index, project
from tests.fixing import LINUX_311, LINUX_313, plan
from tests.rulebook.packs import pack_text

WORLD = index(
    project("foo", {"1.0": CP311, "1.1": CP313, "1.2": CP311}),
    project("bar", ["1.0", "2.0"]),
    project("plain", {"1.0": SDIST}),
)


def test_each_target_is_described_once() -> None:
    text = summary(plan("bar==1.0\n", WORLD, targets=(LINUX_311, LINUX_313)))
    assert text.count("cp311-manylinux_2_28_x86_64: CPython 3.11") == 1
    assert text.count("cp313-manylinux_2_28_x86_64: CPython 3.13") == 1


def test_change_is_told_with_place_cause_and_reason() -> None:
    lines = summary(plan("foo==1.0\n", WORLD)).splitlines()
    place = lines.index("requirements.txt:1: foo==1.0 -> foo==1.1")
    assert lines[place + 1].startswith("    no wheel: foo 1.0 has no wheel for cp313")


def test_evidence_is_for_the_verbose() -> None:
    made = plan("foo==1.0\n", WORLD)
    assert "passed over" not in summary(made)
    assert "passed over: foo 1.2" in summary(made, verbose=True)


def test_rule_that_moved_what_had_wheels_names_the_flag_that_keeps_it() -> None:
    rule = pack_text(id="cap", package="bar", versions="<2", reason="bar 2 is Rust", risk="old")
    text = summary(plan("bar==2.0\n", WORLD, rules=rule))
    assert "the target has wheels for what was asked for" in text
    assert "--rules none keeps it" in text
    assert "risk: old" in text


def test_dropped_line_reads_as_dropped() -> None:
    drop = pack_text(id="drop", action="drop", package="bar", versions=None)
    assert "bar==2.0 dropped" in summary(plan("bar==2.0\n", WORLD, rules=drop))


def test_warnings_stand_before_the_outcome() -> None:
    lines = summary(plan("plain==1.0\n", WORLD)).splitlines()
    assert lines[-3].startswith("warning: plain 1.0 has no wheel")
    assert lines[-1] == outcome(plan("plain==1.0\n", WORLD))


def test_outcome_counts_changes_and_packages() -> None:
    assert outcome(plan("foo==1.1\n", WORLD)).startswith("Nothing has to change")
    assert outcome(plan("foo==1.0\n", WORLD)).startswith("1 change in 1 file: ")
    two = plan({"a.txt": "-r b.txt\nfoo==1.0\n", "b.txt": "foo==1.0\n"}, WORLD)
    assert outcome(two).startswith("2 changes in 2 files: ")


def test_outcome_of_one_package_is_in_the_singular() -> None:
    assert outcome(plan("foo==1.1\n", WORLD)).endswith("1 package installs from a wheel.")


def test_kept_source_is_not_called_a_wheel() -> None:
    said = outcome(plan("bar==1.0\nplain==1.0\n", WORLD))
    assert said.endswith("1 package installs from a wheel, and 1 from plain Python source.")
