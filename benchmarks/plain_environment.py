"""The environment that tools are compared in: nothing of it says where packages come from."""

from __future__ import annotations

import os

# How servers are reached is the machine's affair.
_CONNECTIONS = {"PIP_CERT", "PIP_CLIENT_CERT", "PIP_PROXY", "PIP_DEFAULT_TIMEOUT"}


def plain_environment() -> dict[str, str]:
    """The process's environment without pip's and uv's configuration; uv downloads no Python."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _CONNECTIONS or not name.startswith(("PIP_", "UV_", "PINFIX_"))
    }
    return kept | {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_NO_CONFIG": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
