"""What the environment says of servers: proxies, trusted certificates, logins. As requests reads it.

The only module below the command line that reads the environment: it is the network's own part of it.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import urlsplit


def proxy_for(url: str) -> str | None:
    """The address of the proxy for ``url``; None where it is reached directly.

    ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` count in both spellings, and the
    settings of macOS and Windows, as the standard library reads them; a network in ``NO_PROXY``
    (``10.0.0.0/8``) as requests does.
    """
    if str(sys.platform) not in ("darwin", "win32") and not any(
        name.lower().endswith("_proxy") for name in os.environ
    ):
        return None  # which saves a slow import
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    host = parts.hostname or ""
    server = f"{host}:{parts.port}" if parts.port is not None else host
    if not proxy or proxy_bypass(server) or _in_network(host, proxies.get("no", "")):
        return None
    return with_scheme(proxy)


def with_scheme(proxy: str) -> str:
    """The address of a proxy; spoken to in HTTP where it does not say how."""
    if proxy.startswith("//"):
        return f"http:{proxy}"
    return proxy if "://" in proxy else f"http://{proxy}"


def _in_network(host: str, exceptions: str) -> bool:
    """Whether ``host`` is an address within one of the networks among ``exceptions``."""
    networks = [one.strip() for one in exceptions.split(",") if "/" in one]
    return any(_holds(network, host) for network in networks)


def _holds(network: str, host: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        return ip_address(host) in ip_network(network, strict=False)
    except ValueError:
        return False


def ca_bundle() -> str | None:
    """The file or folder of certificates to trust, where one is named."""
    named = (os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next(filter(None, named), None)


def netrc_login(host: str) -> tuple[str, str] | None:
    """The user's credentials for ``host`` in the netrc file: the one $NETRC names, or in the home.

    A file that cannot be read has none; no file either, where $NETRC is empty.
    """
    named = os.environ.get("NETRC")
    places = ["~/.netrc", "~/_netrc"] if named is None else [named]
    path = next(filter(os.path.isfile, map(os.path.expanduser, places)), None)
    if path is None:
        return None
    import netrc

    try:
        found = netrc.netrc(path).authenticators(host)
    except (OSError, ValueError, netrc.NetrcParseError):
        return None
    user, account, password = found or ("", "", "")
    return (user or account or "", password or "") if user or account or password else None
