"""The octets of a transaction: command lines and the message with its final dot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.smtp import Envelope
    from app.relay.features import Features

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_PLAIN_XTEXT: Final = re.compile(r"[!-*,-<>-~]*")
_LONGEST_ENVID: Final = 100

BLOCK: Final = 65_536
"""Octets handed over at a time, and of one chunk."""


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


def closed(content: bytes) -> bytes:
    """The message as SIZE counts it: its last line ended."""
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def stuffed(content: bytes) -> bytes:
    """Dots doubled at line starts (RFC 5321 4.5.2), closed by the line with the single dot."""
    if b"\n." in content:
        content = content.replace(b"\n.", b"\n..")
    return (b"." if content.startswith(b".") else b"") + content + b".\r\n"


def blocks(content: bytes) -> Iterator[bytes | memoryview]:
    """What follows DATA, in pieces each of which has a time of its own."""
    whole = stuffed(content)
    if len(whole) <= BLOCK:
        return iter((whole,))
    view = memoryview(whole)
    return (view[start : start + BLOCK] for start in range(0, len(view), BLOCK))


def chunks(content: bytes) -> Iterator[bytes]:
    """The message in BDAT commands (RFC 3030), each with its octets."""
    size = len(content)
    if size <= BLOCK:
        return iter((b"BDAT %d LAST\r\n%b" % (size, content),))
    return (_chunk(content, start) for start in range(0, size, BLOCK))


def _chunk(content: bytes, start: int) -> bytes:
    piece = content[start : start + BLOCK]
    last = b" LAST" if start + BLOCK >= len(content) else b""
    return b"BDAT %d%b\r\n%b" % (len(piece), last, piece)


def _line(text: str, envelope: Envelope) -> bytes:
    """The last guard against a second command hidden in an address.

    Raises:
        ValueError: a control character, or a non-ASCII address in an envelope not marked for it.
    """
    if text.isascii() and text.isprintable():
        return text.encode() + b"\r\n"
    if _CONTROL.search(text):
        raise ValueError("an envelope address holds a control character")
    if not envelope.smtputf8 and not text.isascii():
        raise ValueError("an envelope address is not ASCII, its envelope not marked SMTPUTF8")
    return text.encode() + b"\r\n"


def _xtext(text: str) -> str:
    """RFC 3461 4; ids of ours seldom hold anything that has to be written otherwise."""
    if _PLAIN_XTEXT.fullmatch(text):
        return text
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in text.encode()
    )
