"""Which files hold a key that signs mail, and what is said of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as elliptic
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateNumbers, RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.domain.key_file import read_signing_key
from app.domain.signing_key import ED25519, RSA
from tests.support.signing import KeyPair

if TYPE_CHECKING:
    from pathlib import Path

RSA_1024 = KeyPair.rsa(1024).private


def short_rsa() -> bytes:
    """Of primes that are known, for no library makes so short a key any more."""
    p, q, e = 2**521 - 1, 2**127 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    public = RSAPublicNumbers(e, p * q)
    numbers = RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public)
    key = numbers.private_key()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pem(form: PrivateFormat, encryption: KeySerializationEncryption | None = None) -> bytes:
    return RSA_1024.private_bytes(Encoding.PEM, form, encryption or NoEncryption())


@pytest.mark.parametrize(
    ("content", "algorithm", "bits"),
    [
        (pem(PrivateFormat.PKCS8), RSA, 1024),
        (pem(PrivateFormat.TraditionalOpenSSL), RSA, 1024),
        (b"What openssl says:\n\n" + pem(PrivateFormat.PKCS8), RSA, 1024),
        (KeyPair.ed25519().pem, ED25519, 256),
    ],
    # The keys are new in each process that shares the tests; their names are not.
    ids=["pkcs8", "traditional", "with words before it", "ed25519"],
)
def test_keys_are_read(content: bytes, algorithm: str, bits: int, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    key = read_signing_key("shop.example", "s1", file)
    assert ("shop.example", "s1", algorithm, bits) == (
        *(key.domain, key.selector, key.algorithm, key.bits),
    )
    assert key.takes_long is (algorithm == RSA)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "holds no private key that can be read"),
        (b"-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n", "holds no private key"),
        (
            RSA_1024.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "holds no private key",
        ),
        (pem(PrivateFormat.PKCS8, BestAvailableEncryption(b"x")), "the key is encrypted"),
        (
            elliptic(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "the key is neither RSA nor Ed25519",
        ),
        (short_rsa(), "the RSA key has 648 bits"),
    ],
    ids=["empty", "nothing in it", "public", "encrypted", "elliptic", "short"],
)
def test_what_is_no_such_key_is_told(content: bytes, reason: str, tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=reason) as caught:
        read_signing_key("shop.example", "s1", file)
    assert "PRIVATE" not in str(caught.value)


@pytest.mark.parametrize("name", ["absent.pem", "."])
def test_what_cannot_be_read_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        read_signing_key("shop.example", "s1", tmp_path / name)
