"""Sentences in the columns of a terminal. Pure."""

from __future__ import annotations

import textwrap


def wrapped(lead: str, text: str, width: int) -> list[str]:
    """The text after its lead, the lines that follow below its beginning; words stay whole."""
    return textwrap.wrap(
        text,
        max(width, len(lead) + 20),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )
