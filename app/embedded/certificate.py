"""A certificate for servers of this machine's loopback, good for a day."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "localhost"
_ADDRESS: Final = "127.0.0.1"
_DAY: Final = timedelta(days=1)


def loopback_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server takes, and the file (PEM) by which its clients verify it.

    The key lies in `folder` as well, for its owner alone to read.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    digest = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(digest)
    names = [x509.DNSName(NAME), x509.IPAddress(ip_address(_ADDRESS))]
    # It is its own authority: nothing else shall ever be trusted by it.
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        # Clients that go strictly by RFC 5280 (as CPython's from 3.13 on) ask for both.
        .add_extension(digest, critical=False)
        .add_extension(issuer, critical=False)
        .sign(key, hashes.SHA256())
    )
    trusted, own = folder / "sink.pem", folder / "sink.key"
    trusted.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    own.touch(mode=0o600)
    own.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, own)
    return context, trusted
