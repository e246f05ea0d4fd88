"""Who pinfix is to an index: credentials from addresses, a netrc file, and an installed keyring.

Nothing here is printed or kept on disk.
"""

from __future__ import annotations

import importlib
import subprocess
import threading
from collections.abc import Iterable
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from pinfix.index.environment import netrc_login
from pinfix.index.urls import origin, split_credentials

Login: TypeAlias = tuple[str, str]
# Where pip looks for a keyring: the module, the command, both, or nowhere.
KeyringProvider: TypeAlias = Literal["auto", "disabled", "import", "subprocess"]

_COMMAND_SECONDS = 60.0


class Logins:
    """The credentials for each address; for a host, those of the index that is nearest to it."""

    def __init__(self, urls: Iterable[str], provider: KeyringProvider = "auto") -> None:
        self._provider = provider
        self._lock = threading.Lock()
        self._places: dict[str, Login | None] = {}
        for url in urls:
            place, login = split_credentials(url)
            if login is not None or place not in self._places:
                self._places[place] = login
        self._asked: set[str] = set()
        self._netrc_lock = threading.Lock()
        self._in_netrc: dict[str, Login | None] = {}

    def for_url(self, url: str) -> Login | None:
        """The credentials to send with a request; None where none are known for that host."""
        place = self._nearest(url, known=True)
        return self._places[place] if place is not None else None

    def to_send(self, url: str) -> Login | None:
        """The credentials for a first question: in the address, the index's, those of netrc."""
        own = split_credentials(url)[1]
        if own is not None and own[1]:
            return own
        return self.for_url(url) or self.from_netrc(url) or own

    def from_netrc(self, url: str) -> Login | None:
        """The credentials that the user's netrc file has for the host of ``url``."""
        host = urlsplit(url).hostname or ""
        with self._netrc_lock:  # one of its own: a keyring may wait for its user
            if host not in self._in_netrc:
                self._in_netrc[host] = netrc_login(host)
            return self._in_netrc[host]

    def ask_keyring(self, url: str, refused: Login | None) -> bool:
        """After a server refused these (401): whether there are other credentials to try now.

        A keyring is asked once for each index; whoever comes later waits for its answer.
        """
        place = self._nearest(url, known=False) or url
        with self._lock:
            if self._provider != "disabled" and place not in self._asked:
                self._asked.add(place)
                user = refused[0] if refused is not None else None
                for service in (place, origin(url)[1]):
                    found = _from_keyring(service, user, self._provider)
                    if found is not None:
                        self._places[place] = found
                        break
        return self.for_url(url) not in (None, refused)

    def _nearest(self, url: str, *, known: bool) -> str | None:
        """The index or page of links on the same host that has most of its path in common."""
        places = [
            place
            for place, login in list(self._places.items())
            if origin(place) == origin(url) and (login is not None or not known)
        ]
        return max(places, key=lambda place: _common(place, url), default=None)


def _common(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("/"), other.split("/"), strict=False):
        if left != right:
            break
        count += 1
    return count


def _from_keyring(service: str, user: str | None, provider: KeyringProvider) -> Login | None:
    if provider in ("auto", "import"):
        found = _from_module(service, user)
        if found is not None:
            return found
    if provider in ("auto", "subprocess") and user is not None:
        return _from_command(service, user)
    return None


def _from_module(service: str, user: str | None) -> Login | None:
    try:
        keyring = importlib.import_module("keyring")
    except ImportError:
        return None
    try:
        found = keyring.get_credential(service, user)
    except Exception:
        return None  # A backend may raise anything, and it is only one way of several.
    return (found.username or "", found.password or "") if found is not None else None


def _from_command(service: str, user: str) -> Login | None:
    import shutil

    command = shutil.which("keyring")
    if command is None:
        return None
    try:
        done = subprocess.run(
            [command, "get", service, user],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_COMMAND_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    password = done.stdout.decode("utf-8", "replace").strip("\r\n")
    return (user, password) if done.returncode == 0 and password else None
