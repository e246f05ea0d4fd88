"""Addresses: the credentials that may be in them, and the paths they mean. No I/O."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """``url`` without user and password, and the two, decoded, where it has them."""
    parts = urlsplit(url)
    user_info, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = user_info.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def origin(url: str) -> tuple[str, str]:
    """Scheme and host with port: what credentials belong to."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def local_path(place: str) -> Path | None:
    """The absolute path that a ``file:`` address, or a path, means; None for other addresses."""
    if "://" not in place:
        return Path(place).absolute()
    if place.startswith(("https://", "http://")):
        return None  # as nearly all are: told ten times as fast
    parts = urlsplit(place)
    if parts.scheme != "file":
        return None
    from urllib.request import url2pathname  # Slow to import, and seldom needed.

    return Path(url2pathname(parts.path))
