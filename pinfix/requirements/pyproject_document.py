"""A ``pyproject.toml`` as a document; reading one, and TOML for it, is ``pyproject``'s."""

from __future__ import annotations

from collections.abc import Mapping

from pinfix.records import record
from pinfix.requirements.document import Document


@record
class Pyproject(Document):
    """A ``pyproject.toml``, held losslessly; ``lines`` are its ArrayLines in the file's order.

    ``name`` is the project's own, as written. ``includes_of`` has, for each dependency group that
    includes others, the tables included (PEP 735), directly. ``notes`` are sentences about what
    the file leaves to others, or says and pinfix does not read.
    """

    name: str | None
    includes_of: Mapping[str, tuple[str, ...]]
    notes: tuple[str, ...]
