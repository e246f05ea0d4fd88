"""How pip and pinfix are configured on this machine is no part of what is tested."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# How long one example takes tells of the machine's other work, and not of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# How servers are reached is the machine's affair; where packages come from is each test's.
ABOUT_CONNECTIONS = {"PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT"}


@pytest.fixture(autouse=True)
def _no_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("PIP_", "PINFIX_"))]:
        if name not in ABOUT_CONNECTIONS:
            monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
