"""Files with the keys that sign mail: RSA (RFC 8301) and Ed25519 (RFC 8463)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from app.domain.signing_key import ED25519, RSA, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

# RFC 8301 3.2: the lengths that every verifier takes.
_FEWEST_BITS: Final = 1024
_MOST_BITS: Final = 4096
_ED25519_BITS: Final = 256


def read_signing_key(domain: str, selector: str, file: Path) -> SigningKey:
    """`OSError` when the file cannot be read; `ValueError` says why it holds no such key."""
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except TypeError:
        raise ValueError("the key is encrypted") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("holds no private key that can be read") from None
    if isinstance(private, RSAPrivateKey):
        return _rsa(domain, selector, private)
    if isinstance(private, Ed25519PrivateKey):
        return _ed25519(domain, selector, private)
    raise ValueError("the key is neither RSA nor Ed25519")


def _rsa(domain: str, selector: str, private: RSAPrivateKey) -> SigningKey:
    if not _FEWEST_BITS <= private.key_size <= _MOST_BITS:
        raise ValueError(f"the RSA key has {private.key_size} bits")
    padding, digest = PKCS1v15(), SHA256()
    return SigningKey(
        domain,
        selector,
        RSA,
        private.key_size,
        lambda data: private.sign(data, padding, digest),
        _public(private),
    )


def _ed25519(domain: str, selector: str, private: Ed25519PrivateKey) -> SigningKey:
    # RFC 8463 3: what it signs is the data's hash.
    return SigningKey(
        domain,
        selector,
        ED25519,
        _ED25519_BITS,
        lambda data: private.sign(hashlib.sha256(data).digest()),
        _public(private),
    )


def _public(private: RSAPrivateKey | Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
