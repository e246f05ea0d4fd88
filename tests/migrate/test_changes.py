from __future__ import annotations

import pytest

from pinfix.migrate.changes import Edit, apply_edits


def test_edits_are_made_in_the_order_of_their_places() -> None:
    assert apply_edits("abcdef", [Edit(4, 5, "E"), Edit(1, 3, ""), Edit(6, 6, "!")]) == "adEf!"


def test_an_edit_that_two_ask_for_is_made_once() -> None:
    assert apply_edits("abc", [Edit(1, 1, "x"), Edit(1, 1, "x")]) == "axbc"


def test_edits_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="overlap at 2"):
        apply_edits("abcdef", [Edit(1, 3, "x"), Edit(2, 4, "y")])
