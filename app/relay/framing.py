"""The octets of a transaction: command lines and the message with its final dot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.domain.smtp import Envelope
    from app.relay.features import Features

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_ENVID: Final = 100


def mail_line(envelope: Envelope, size: int, features: Features) -> bytes:
    """MAIL with what the relay offers: SIZE (RFC 1870), SMTPUTF8 (6531), ENVID (3461)."""
    parameters = ""
    if features.size:
        parameters += f" SIZE={size}"
    if envelope.smtputf8:
        parameters += " SMTPUTF8"
    if features.dsn and envelope.envid is not None:
        envid = _xtext(envelope.envid)
        if len(envid) <= _LONGEST_ENVID:
            parameters += f" ENVID={envid}"
    return _line(f"MAIL FROM:<{envelope.sender}>{parameters}", envelope)


def rcpt_line(address: str, envelope: Envelope) -> bytes:
    return _line(f"RCPT TO:<{address}>", envelope)


def stuffed(content: bytes) -> bytes:
    """Dots doubled at line starts (RFC 5321 4.5.2), closed by the line with the single dot."""
    if b"\n." in content:
        content = content.replace(b"\n.", b"\n..")
    return b"".join(
        (
            b"." if content.startswith(b".") else b"",
            content,
            b"" if content.endswith(b"\r\n") else b"\r\n",
            b".\r\n",
        )
    )


def transmitted_size(content: bytes) -> int:
    """Octets as SIZE counts them: without stuffing and the final dot."""
    return len(content) + (0 if content.endswith(b"\r\n") else 2)


def _line(text: str, envelope: Envelope) -> bytes:
    """The last guard against a second command hidden in an address.

    Raises:
        ValueError: a control character, or a non-ASCII address in an envelope not marked for it.
    """
    if _CONTROL.search(text):
        raise ValueError("an envelope address holds a control character")
    if not envelope.smtputf8 and not text.isascii():
        raise ValueError("an envelope address is not ASCII, its envelope not marked SMTPUTF8")
    return text.encode() + b"\r\n"


def _xtext(text: str) -> str:
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode()
    )
