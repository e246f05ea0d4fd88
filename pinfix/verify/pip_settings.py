"""How pip is told where packages come from: by variables and a netrc file, never by arguments.

A command line is there for everybody on the machine to read, and pip-sync puts the addresses of the
indexes on pip's. So they are given without credentials, which go into a netrc file of their own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pinfix.errors import UsageError
from pinfix.index.client import DEFAULT_INDEX_URL
from pinfix.index.urls import local_path, split_credentials

if TYPE_CHECKING:
    from pinfix.inputs import Sources
    from pinfix.pip_config import PipConfig

# What a netrc file holds without quotes, which not every Python reads alike.
_PLAIN = re.compile(r"[^\s\"'\\#]+")


def pip_environ(
    sources: Sources, config: PipConfig, folder: Path, environ: Mapping[str, str]
) -> dict[str, str]:
    """The variables that pip is run with, those of ``environ`` that are not its own included.

    ``folder`` gets the netrc file. Raises UsageError for credentials that cannot be handed on.
    """
    kept = {name: value for name, value in environ.items() if not name.startswith("PIP_")}
    urls = [sources.index_url, *sources.extra_index_urls, *sources.find_links]
    kept["NETRC"] = str(_write_netrc([url for url in urls if url], folder, environ))
    return kept | _plain_settings() | dict(_settings(sources, config))


def _plain_settings() -> dict[str, str]:
    """No configuration but this, no cache: what a build made before would be taken from it."""
    ones = ("DISABLE_PIP_VERSION_CHECK", "NO_CACHE_DIR", "NO_INPUT", "NO_COLOR")
    return {"PIP_CONFIG_FILE": os.devnull, **{f"PIP_{name}": "1" for name in ones}}


def _settings(sources: Sources, config: PipConfig) -> Iterator[tuple[str, str]]:
    if sources.no_index:
        yield "PIP_NO_INDEX", "1"
    else:
        yield "PIP_INDEX_URL", _address(sources.index_url or DEFAULT_INDEX_URL)
        if sources.extra_index_urls:
            yield "PIP_EXTRA_INDEX_URL", " ".join(map(_address, sources.extra_index_urls))
    if sources.find_links:
        yield "PIP_FIND_LINKS", " ".join(map(_address, sources.find_links))
    if sources.trusted_hosts:
        yield "PIP_TRUSTED_HOST", " ".join(sources.trusted_hosts)
    if config.timeout is not None:
        yield "PIP_TIMEOUT", str(int(config.timeout))
    for name in ("cert", "client_cert", "proxy"):
        value = getattr(config, name)
        if value is not None:
            yield f"PIP_{name.upper()}", value
    if config.keyring_provider != "auto":
        yield "PIP_KEYRING_PROVIDER", config.keyring_provider


def _address(place: str) -> str:
    """An address without credentials; a folder as one, in which no space parts it."""
    path = local_path(place)
    return split_credentials(place)[0] if path is None else path.as_uri()


def _write_netrc(urls: list[str], folder: Path, environ: Mapping[str, str]) -> Path:
    """The user's own netrc file, and after it, so that it counts, what the addresses hold."""
    logins: dict[str, tuple[str, str]] = {}
    for url in urls:
        login = split_credentials(url)[1]
        host = urlsplit(url).hostname or ""
        if login is None:
            continue
        if logins.setdefault(host, login) != login or not all(map(_PLAIN.fullmatch, login)):
            raise UsageError(
                f"the credentials for {host} cannot be handed to pip without showing them to "
                "everybody on this machine; put them into ~/.netrc, and leave them out of the address"
            )
    lines = [_own_netrc(environ)]
    lines += [
        f"machine {host} login {user} password {word}" for host, (user, word) in logins.items()
    ]
    path = folder / "netrc"
    path.touch(mode=0o600)
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def _own_netrc(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~")
    named = environ.get("NETRC")
    places = [Path(named)] if named else [Path(home, ".netrc"), Path(home, "_netrc")]
    found = next((path for path in places if path.is_file()), None)
    return "" if found is None else found.read_text(encoding="utf-8", errors="replace")
