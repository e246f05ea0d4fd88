"""Text without the credentials that addresses in it may hold: what is printed or kept. Pure."""

from __future__ import annotations

import re

_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


def without_credentials(text: str) -> str:
    """``text``, an address or a sentence with addresses in it, without any credentials."""
    return _USER_INFO.sub("", text)
