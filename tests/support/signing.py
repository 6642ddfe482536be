"""Keys that sign mail, their DNS records, and a verifier that is not ours."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dkim
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.domain.key_file import read_signing_key

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from app.domain.signing_key import SigningKey


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A private key, and the TXT record that tells of its public half."""

    private: RSAPrivateKey | Ed25519PrivateKey

    @classmethod
    def rsa(cls, bits: int = 2048) -> KeyPair:
        return cls(generate_private_key(65537, bits))

    @classmethod
    def ed25519(cls) -> KeyPair:
        return cls(Ed25519PrivateKey.generate())

    @property
    def pem(self) -> bytes:
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def record(self) -> str:
        public = self.private.public_key()
        if isinstance(self.private, RSAPrivateKey):
            octets = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode()}"
        octets = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k=ed25519; p={base64.b64encode(octets).decode()}"

    def signing_key(self, folder: Path, domain: str, selector: str) -> SigningKey:
        file = folder / f"{selector}.{domain}.pem"
        file.write_bytes(self.pem)
        return read_signing_key(domain, selector, file)


def signatures(content: bytes) -> int:
    """How many the mail has."""
    head = content.partition(b"\r\n\r\n")[0]
    return (b"\r\n" + head).lower().count(b"\r\ndkim-signature:")


def verified(content: bytes, records: Mapping[str, str]) -> list[bool]:
    """Of each signature whether it holds, with DNS as in `records`, by `selector.domain`."""

    def look_up(name: bytes | str, **_: object) -> str | None:
        asked = name.decode() if isinstance(name, bytes) else name
        return records.get(asked.removesuffix(".").replace("._domainkey.", ".", 1))

    def holds(index: int) -> bool:
        try:
            return bool(dkim.DKIM(content).verify(idx=index, dnsfunc=look_up))
        except dkim.DKIMException:
            return False

    return [holds(index) for index in range(signatures(content))]
