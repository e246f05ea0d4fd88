"""Which proxy is used, beside what requests (and so pip) would use."""

from __future__ import annotations

import os

import pytest
import requests.utils

from pinfix.index.environment import proxy_for

SERVERS = (
    *("https://pypi.org/simple/", "http://pypi.org/simple/", "https://files.pypi.org:8443/x"),
    *(
        "https://notpypi.org/",
        "http://10.1.2.3/simple/",
        "http://10.1.2.3:8080/",
        "http://11.1.2.3/",
    ),
    *("http://localhost:3141/root/pypi/+simple/", "http://[fd00::1]/simple/"),
)
ENVIRONMENTS: tuple[dict[str, str], ...] = (
    {},
    {"HTTP_PROXY": "http://proxy:3128"},
    {"https_proxy": "http://me:secret@proxy:3128", "http_proxy": ""},
    {"ALL_PROXY": "http://all:1"},
    {"HTTPS_PROXY": "http://secure:2", "ALL_PROXY": "socks5://all:1"},
    {"http_proxy": "http://small:1", "HTTP_PROXY": "http://large:2"},
    {"ALL_PROXY": "http://all:1", "NO_PROXY": "localhost, .pypi.org"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "pypi.org"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "pypi.org:8443,10.0.0.0/8"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "10.1.2.3, 300.1.1.1/8, nothing/at all"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "10.1.2.3:8080"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "*"},
    {"ALL_PROXY": "http://all:1", "no_proxy": "files.pypi.org:8443"},
)


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("url", SERVERS)
def test_is_the_one_that_requests_takes(
    url: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    proxies = requests.utils.get_environ_proxies(url)
    expected = requests.utils.select_proxy(url, proxies)
    # requests takes notpypi.org for a part of pypi.org, and no port beside a numeric address.
    if "notpypi" in url and "pypi.org" in environment.get("no_proxy", ""):
        expected = environment["ALL_PROXY"]
    if "10.1.2.3:8080" in url and "10.1.2.3:8080" in environment.get("no_proxy", ""):
        expected = None
    assert proxy_for(url) == expected


def test_network_counts_for_addresses_of_version_6_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://all:1")
    monkeypatch.setenv("NO_PROXY", "fd00::/8")
    assert proxy_for("http://[fd00::1]/simple/") is None
    assert proxy_for("http://[fe00::1]/simple/") == "http://all:1"


def test_address_without_a_scheme_is_spoken_to_in_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy:3128")
    assert proxy_for("https://pypi.org/") == "http://proxy:3128"
