from __future__ import annotations

import pytest

from pinfix.report.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("größer ≥ 日本", "größer ≥ 日本"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb\x07\x08\x7f", r"a\rb\x07\x08\x7f"),
        ("\x9b2J", r"\x9b2J"),
        ("safe\u202egpj.exe", r"safe\u202egpj.exe"),
        ("\x1b]8;;https://a.test\x1b\\", "\\x1b]8;;https://a.test\\x1b\\"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown
