"""Text that a terminal shows and does not obey: what comes from files and indexes may hold escapes."""

from __future__ import annotations

import re
from typing import Final

# The C0 and C1 control characters but for tabs and line feeds, and what turns the direction of text
# around (Unicode TR 36): with either a sentence could be made to read as another one.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""``text`` with control characters written out, as in ``\x1b``."""
    return _CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
