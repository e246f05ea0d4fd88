"""Verifications, or the error in their place, as JSON: the schema that the README documents. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pinfix.report.plan_json import error_dict
from pinfix.report.verification import verification_dict
from pinfix.report.words import json_text

if TYPE_CHECKING:
    from pinfix.errors import PinfixError
    from pinfix.planning.verified import Verification

SCHEMA: Final = 1


def verifications_json(
    verifications: Sequence[Verification], error: PinfixError | None = None
) -> str:
    """The verifications as a document, or the error that there is in their place."""
    document = {
        "schema": SCHEMA,
        "verifications": [verification_dict(one) for one in verifications],
        "error": None if error is None else error_dict(error),
    }
    return json_text(document)
