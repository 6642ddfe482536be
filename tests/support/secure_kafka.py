"""An Apache Kafka that wants TLS, a login, or a certificate, each on a listener of its own."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.support.backends import Ladder
from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER = "mailer"
PASSWORD = 'it, is="secret"'
_JAAS = "org.apache.kafka.common.security"
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")


class SecureKafka:
    """Listeners `LOGIN` (SASL_SSL), `MUTUAL` (SSL with client certificates) and `PLAINTEXT`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        self.other_authority = folder / "other.pem"
        trustme.CA().cert_pem.write_to_path(self.other_authority)
        self.certificate = folder / "client.pem"
        client = authority.issue_cert(f"{USER}@example.com")
        client.private_key_and_cert_chain_pem.write_to_path(self.certificate)
        # For the address, not for the name by which a test calls it wrongly.
        _write_as_java_reads(authority.issue_cert("127.0.0.1"), folder / "broker.pem")
        self.token = folder / "token"
        self.token.write_text(token() + "\n")
        self.node = ApacheKafka(
            folder / "node",
            {**_stores(folder, self.authority), **_logins()},
            listeners={"LOGIN": "SASL_SSL", "MUTUAL": "SSL"},
            formatted_with=[
                argument
                for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                for argument in ("--add-scram", f"{mechanism}=[name={USER},password=scram]")
            ],
        )

    def at(self, listener: str, host: str = "127.0.0.1") -> str:
        return f"{host}:{self.node.ports[listener]}"

    def login(self, mechanism: str) -> dict[str, str]:
        """The settings with which it works."""
        env = {
            "KAFKA_BROKERS": self.at("LOGIN"),
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_SASL_MECHANISM": mechanism,
            "KAFKA_SSL_CA_FILE": str(self.authority),
        }
        if mechanism == "OAUTHBEARER":
            return {**env, "KAFKA_SASL_TOKEN_FILE": str(self.token)}
        password = PASSWORD if mechanism == "PLAIN" else "scram"
        return {**env, "KAFKA_SASL_USERNAME": USER, "KAFKA_SASL_PASSWORD": password}

    def mutual(self) -> dict[str, str]:
        return {
            "KAFKA_BROKERS": self.at("MUTUAL"),
            "KAFKA_SECURITY_PROTOCOL": "SSL",
            "KAFKA_SSL_CA_FILE": str(self.authority),
            "KAFKA_SSL_CERT_FILE": str(self.certificate),
        }


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """Running; skips where Apache Kafka cannot be had."""
    skip_without_apache()
    kafka = SecureKafka(folder)
    try:
        kafka.node.start()
        yield kafka
    finally:
        kafka.node.kill()


def skip_without_apache() -> None:
    if (found := Ladder("maven").describe()).startswith("none"):
        pytest.skip(found)


def token(subject: str = USER) -> str:
    """An unsecured JWT (RFC 7515, appendix A.5), as Kafka's own validator for tests takes it."""
    now = int(time.time())
    parts = {"alg": "none"}, {"sub": subject, "iat": now - 60, "exp": now + 3600}
    encoded = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join(encoded) + "."


def _write_as_java_reads(certificate: trustme.LeafCert, path: Path) -> None:
    """PEM with the key in PKCS #8, the only form that Java takes."""
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    )


def _stores(folder: Path, authority: Path) -> dict[str, str]:
    return {
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority),
        "listener.name.mutual.ssl.client.auth": "required",
    }


def _logins() -> dict[str, str]:
    escaped = PASSWORD.replace('"', '\\\\"')
    options = {
        "plain": f'plain.PlainLoginModule required user_{USER}="{escaped}"',
        "scram-sha-256": "scram.ScramLoginModule required",
        "scram-sha-512": "scram.ScramLoginModule required",
        "oauthbearer": (
            'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"'
        ),
    }
    return {
        "listener.name.login.sasl.enabled.mechanisms": ",".join(MECHANISMS),
        **{
            f"listener.name.login.{mechanism}.sasl.jaas.config": f"{_JAAS}.{module};"
            for mechanism, module in options.items()
        },
    }
