"""DKIM's records in DNS (RFC 6376 section 3.6.1), held against the keys that sign."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from app.bootstrap.checkup.spf import tags
from app.domain.signing_key import RSA

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.signing_key import SigningKey

_SAMPLE: Final = b"what a receiver would check"
_ED25519_OCTETS: Final = 32


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A public key as DNS has it; `kind` is rsa or ed25519."""

    kind: str
    public: bytes
    testing: bool = False

    @classmethod
    def read(cls, records: Sequence[str]) -> Self:
        """ValueError says why receivers cannot use it."""
        if len(records) > 1:
            raise ValueError(f"there are {len(records)}")
        found = tags(records[0])
        if found.get("v", "DKIM1") != "DKIM1":
            raise ValueError(f"v={found['v']}")
        if "p" not in found:
            raise ValueError("p= is missing")
        if not found["p"]:
            raise ValueError("p= is empty, which revokes the key")
        hashes = [each.strip() for each in found.get("h", "sha256").split(":")]
        if "sha256" not in hashes:
            raise ValueError(f"h={found['h']} leaves out sha256")
        try:
            public = base64.b64decode("".join(found["p"].split()), validate=True)
        except ValueError:
            raise ValueError("p= is not base64") from None
        return cls(found.get("k", "rsa").lower(), public, "y" in found.get("t", "").split(":"))


def holds(record: KeyRecord, key: SigningKey) -> bool:
    """Whether what the key signs can be checked with the record's; ValueError for no key at all."""
    if (record.kind == "rsa") != (key.algorithm == RSA):
        return False
    signature = key.sign(_SAMPLE)
    try:
        if record.kind == "rsa":
            _rsa(record.public).verify(signature, _SAMPLE, PKCS1v15(), SHA256())
        elif len(record.public) == _ED25519_OCTETS:
            # RFC 8463 section 3: what it signs is the data's hash.
            public = Ed25519PublicKey.from_public_bytes(record.public)
            public.verify(signature, hashlib.sha256(_SAMPLE).digest())
        else:
            raise ValueError(f"p= is no key of kind {record.kind}")
    except InvalidSignature:
        return False
    return True


def _rsa(public: bytes) -> RSAPublicKey:
    try:
        found = load_der_public_key(public)
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, RSAPublicKey):
        raise ValueError("p= is no key of kind rsa")  # noqa: TRY004 - of the record, not of code
    return found
