"""The real requirements files that the tests read in place."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "corpus"


@cache
def rows() -> list[dict[str, str]]:
    """The corpus's index; the test is skipped where there is no corpus."""
    index = CORPUS / "INDEX.tsv"
    if not index.exists():
        pytest.skip("the corpus folder ../shared/corpus is absent")
    with index.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def files() -> list[tuple[str, bytes]]:
    """Name and bytes of every file."""
    return [(row["file"], (CORPUS / row["file"]).read_bytes()) for row in rows()]
