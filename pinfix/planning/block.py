"""The marked block at the end of a file: the pins that nobody wrote down but pip needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from pinfix.records import record
from pinfix.requirements.edits import Edit, append_block
from pinfix.requirements.pyproject_document import Pyproject

if TYPE_CHECKING:
    from pinfix.requirements.document import Document, RequirementLine

MARK: Final = "# Added by pinfix: pins that the requirements above need beside them."


@record
class BlockPin:
    """One pin of the block, the sentence above it, and its hashes where the file has any."""

    requirement: str
    reason: str
    hashes: tuple[str, ...] = ()


def block_edit(
    document: Document, pins: Sequence[BlockPin], removed: Collection[RequirementLine] = ()
) -> Edit:
    """Add pins to the file's block, which the first ones make.

    In a ``pyproject.toml`` they go to ``[project] dependencies``, each with its reason as comment;
    ``removed`` are the lines that go at the same time. Raises InputError where there is no such list.
    """
    if isinstance(document, Pyproject):
        from pinfix.requirements.array_edits import add_requirements

        return add_requirements(document, [(p.requirement, p.reason) for p in pins], removed)
    lines = [line for pin in pins for line in _pin_lines(pin)]
    if MARK in document.text:
        return append_block(document, lines)
    lead = [""] if document.text.strip() else []
    return append_block(document, [*lead, MARK, *lines])


def _pin_lines(pin: BlockPin) -> list[str]:
    parts = [pin.requirement, *(f"    --hash={value}" for value in pin.hashes)]
    return [f"# {pin.reason}", *(f"{part} \\" for part in parts[:-1]), parts[-1]]
