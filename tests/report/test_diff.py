"""The unified diff for people, and the patch for ``git apply`` (applied for real in test_cli)."""

from __future__ import annotations

from pinfix.planning.plan import Plan, RewrittenFile
from pinfix.report.diff import git_patch, unified_diff


def made(*files: tuple[str, bytes, bytes]) -> Plan:
    return Plan((), (), (), (), (), tuple(RewrittenFile(*file) for file in files))


def test_file_that_stays_is_not_mentioned() -> None:
    plan = made(("same.txt", b"x\n", b"x\n"))
    assert (unified_diff(plan), git_patch(plan)) == ("", b"")


def test_each_changed_file_has_its_header() -> None:
    text = unified_diff(made(("a.txt", b"x\n", b"y\n"), ("sub/b.txt", b"x\n", b"z\n")))
    assert "--- a/a.txt\n+++ b/a.txt\n" in text
    assert "--- a/sub/b.txt\n+++ b/sub/b.txt\n" in text


def test_three_lines_of_context_and_no_more() -> None:
    before = b"".join(b"line%d\n" % n for n in range(9))
    text = unified_diff(made(("a.txt", before, before.replace(b"line8", b"new"))))
    assert text.splitlines()[2] == "@@ -6,4 +6,4 @@"


def test_missing_final_newline_is_marked_as_git_marks_it() -> None:
    text = unified_diff(made(("a.txt", b"x", b"y")))
    assert text.endswith("-x\n\\ No newline at end of file\n+y\n\\ No newline at end of file\n")


def test_carriage_returns_stay_in_the_patch() -> None:
    assert b"-x\r\n+y\r\n" in git_patch(made(("a.txt", b"x\r\n", b"y\r\n")))


def test_form_feed_and_bare_carriage_return_end_no_line() -> None:
    before, after = b"# a\x0cb\rc\nx\n", b"# a\x0cb\rc\ny\n"
    assert b" # a\x0cb\rc\n-x\n+y\n" in git_patch(made(("a.txt", before, after)))


def test_utf_16_reads_decoded_in_the_diff_and_is_binary_in_the_patch() -> None:
    plan = made(("a.txt", "foo==1\n".encode("utf-16"), "foo==2\n".encode("utf-16")))
    assert "-foo==1\n+foo==2\n" in unified_diff(plan)
    assert b"GIT binary patch" in git_patch(plan)


def test_leading_dot_folder_is_left_out_of_the_names() -> None:
    assert "--- a/sub/a.txt\n" in unified_diff(made(("./sub/a.txt", b"x\n", b"y\n")))
