"""One digest for one mailbox, however its address is written."""

from __future__ import annotations

import hashlib
import unicodedata


def normalised(address: str) -> str:
    """NFC and lower case: no relevant relay tells mailboxes apart by the case of their names."""
    return unicodedata.normalize("NFC", address).strip().lower()


def address_digest(address: str) -> str:
    """SHA-256 of the normalised address, in hexadecimal: names a mailbox without showing it."""
    return raw_digest(address).hex()


def raw_digest(address: str) -> bytes:
    """The same as 32 bytes, for who holds many."""
    return hashlib.sha256(normalised(address).encode(errors="replace")).digest()
