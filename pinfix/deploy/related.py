"""Which of a file's services or functions have to do with a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def related(values: Sequence[T], roots: Sequence[str], folder: str) -> Iterator[tuple[T, str]]:
    """Those whose own root holds the folder; all, where there is none such. Each with its root."""
    pairs = list(zip(values, roots, strict=True))
    holding = [
        (value, root) for value, root in pairs if f"{folder}/".startswith(f"{root}/") or not root
    ]
    yield from holding or pairs
