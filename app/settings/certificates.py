"""Whether files of certificates can be used together."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.settings.findings import Findings


def certificates(found: Findings, names: tuple[str, str, str]) -> None:
    """`names` are the fields of authorities, certificate and key."""
    authorities, certificate, key = (getattr(found.settings, name) for name in names)
    if authorities is not None and not _is_readable_as_authorities(authorities):
        found.wrong(names[0], "holds no certificate that can be read; allowed: a PEM file")
    if key is not None and certificate is None:
        found.wrong(names[1], f"needed by {found.said(names[2])}")
    if certificate is not None and not _are_pair(certificate, key):
        found.wrong(
            names[1],
            "certificate and key cannot be read or do not belong together; "
            "allowed: PEM files, the key not encrypted",
        )


def _is_readable_as_authorities(path: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except (OSError, ValueError):
        return False
    return True


def _are_pair(certificate: Path, key: Path | None) -> bool:
    try:
        # An empty password, so that an encrypted key fails instead of asking on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, key, password="")
    except (OSError, ValueError):
        return False
    return True
