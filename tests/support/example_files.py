"""The files that the documents' examples name, made for a test."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

import trustme
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = "/etc/kafka-mailer/"
SECRET: Final = "an example's secret"


def with_files(text: str, folder: Path) -> str:
    """The text with files of `folder` in the place of `/etc/kafka-mailer`'s, which are made there.

    By their names: keys and certificates are real, anything else holds `SECRET`.
    """
    for name in re.findall(re.escape(FOLDER) + r"([\w.-]+)", text):
        (folder / name).write_bytes(_content(name))
    if "EMAIL_TEMPLATES=templates\n" in text:
        (folder / "templates").mkdir(exist_ok=True)
    return text.replace(FOLDER, f"{folder}/")


@cache
def _authority() -> tuple[bytes, bytes, bytes]:
    authority = trustme.CA()
    issued = authority.issue_cert("client.example")
    return (
        authority.cert_pem.bytes(),
        issued.cert_chain_pems[0].bytes(),
        issued.private_key_pem.bytes(),
    )


def _content(name: str) -> bytes:
    authority, certificate, key = _authority()
    match name:
        case "client.pem":
            return certificate
        case "client.key":
            return key
        case "rsa.pem":
            return _pem(rsa.generate_private_key(65537, 2048))
        case "ed25519.pem":
            return _pem(ed25519.Ed25519PrivateKey.generate())
        case _ if name.endswith("ca.pem"):
            return authority
        case _:
            return SECRET.encode()


def _pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
