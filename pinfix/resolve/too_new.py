"""Which files came after the cut-off that was asked for (``--exclude-newer``, PEP 700 times)."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pinfix.resolve.rejection import TooNew

if TYPE_CHECKING:
    from pinfix.index.listing import DistFile


def too_new(file: DistFile, cutoff: datetime | None) -> TooNew | None:
    """Why a file is not to be taken; None where it is old enough, or nothing was asked for.

    A file of which the index does not say when it was uploaded may be of any time, and is out.
    """
    if cutoff is None:
        return None
    try:
        uploaded = moment(file.upload_time or "")
    except ValueError:
        return TooNew("", _text(cutoff))
    return None if uploaded < cutoff else TooNew(_text(uploaded), _text(cutoff))


def moment(text: str) -> datetime:
    """An ISO 8601 time, UTC where it has no offset. Raises ValueError for anything else."""
    # Python 3.10 reads no Z.
    read = datetime.fromisoformat(f"{text[:-1]}+00:00" if text.endswith(("Z", "z")) else text)
    return read.replace(tzinfo=read.tzinfo or timezone.utc).astimezone(timezone.utc)


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"
