"""What a TLS connection tells of its other end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from datetime import datetime

_DER = 2  # _ssl.ENCODING_DER


@dataclass(frozen=True, slots=True)
class PeerTls:
    """`ends_at`: when the first certificate of the chain that was trusted runs out, and whose."""

    version: str
    ends_at: datetime
    whose: str


def peer_tls(tls: ssl.SSLObject) -> PeerTls:
    """Of a connection whose other end was verified."""
    from cryptography import x509  # noqa: PLC0415  # slow, and for whoever looks closely only

    chain = [x509.load_der_x509_certificate(each) for each in _chain(tls)]
    first = min(chain, key=lambda each: each.not_valid_after_utc)
    return PeerTls(
        tls.version() or "TLS", first.not_valid_after_utc, first.subject.rfc4514_string() or "it"
    )


def _chain(tls: ssl.SSLObject) -> list[bytes]:
    """The trusted chain as DER, or the other end's own certificate where that is all we are told.

    The method is public from Python 3.13 on.
    """
    asked: Any = tls
    if hasattr(asked, "get_verified_chain"):
        return list(asked.get_verified_chain())
    inner: Any = getattr(asked, "_sslobj", None)
    if hasattr(inner, "get_verified_chain"):
        return [each.public_bytes(_DER) for each in inner.get_verified_chain()]
    own = tls.getpeercert(binary_form=True)
    return [] if own is None else [own]
