"""Whom TLS connections trust."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl


def trusting_context(bundle: str | bool | None) -> ssl.SSLContext:
    """A TLS context that trusts the file or folder ``bundle``, else the system's certificates.

    ``bundle`` is no string where none was named. Raises OSError naming one that cannot be read.
    """
    import ssl

    if isinstance(bundle, str):
        is_folder = Path(bundle).is_dir()
        try:
            return ssl.create_default_context(
                cafile=None if is_folder else bundle, capath=bundle if is_folder else None
            )
        except OSError as error:
            raise OSError(f"the CA bundle {bundle} cannot be read: {error.strerror}") from error
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    return context


def unchecked_context() -> ssl.SSLContext:
    """A TLS context for hosts whose certificates nobody checks (pip's ``--trusted-host``)."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
