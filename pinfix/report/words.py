"""What every report says in the same way: numbers of things, and JSON documents. Pure."""

from __future__ import annotations

import json
from typing import Any


def count(number: int, noun: str) -> str:
    """``1 change``, ``2 changes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def json_text(values: Any) -> str:
    """A JSON document to read and to parse, ending in a line feed."""
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"
