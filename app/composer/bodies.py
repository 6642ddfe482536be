"""Content-Transfer-Encoding: any text or octets as 7-bit lines (RFC 2045 6)."""

from __future__ import annotations

from binascii import b2a_base64
from enum import StrEnum
from typing import Final

from app.domain.errors import InvalidMessage

_WIDTH: Final = 76
_EQUALS: Final = ord("=")
_PRINTABLE: Final = b"\t\n\r" + bytes(range(32, 127))
_OCTETS: Final = [bytes((octet,)) for octet in range(256)]
_HEXADECIMAL: Final = [b"=%02X" % octet for octet in range(256)]
# Mail systems on the way may touch a leading dot and a leading `From `.
_TOUCHED: Final = {b".": b"=2E", b"F": b"=46"}


class TransferEncoding(StrEnum):
    SEVEN_BIT = "7bit"
    QUOTED_PRINTABLE = "quoted-printable"
    BASE64 = "base64"


def encode_text(text: str, field: str) -> tuple[TransferEncoding, bytes]:
    """The text in UTF-8 as quoted-printable or base64, whichever is shorter.

    CR, LF and CRLF each become one line end; none is added at the end. Raises `InvalidMessage` for
    NUL and for lone surrogates.
    """
    if "\0" in text:
        raise InvalidMessage(field, "has a NUL character, which no mail may have")
    try:
        octets = text.encode()
    except UnicodeEncodeError:
        raise InvalidMessage(field, "has a lone surrogate, which UTF-8 cannot express") from None
    # Quoted-printable needs three octets for each that is not ASCII. Counted low, for a character
    # of n of them counts as n - 1 here, this spares text in most scripts the trying.
    least = len(octets) + 2 * (len(octets) - len(text))
    octets = _with_lf(octets)
    longest = base64_size(len(octets) + octets.count(b"\n"))
    if least <= longest:
        quoted = quoted_printable(octets)
        if len(quoted) <= longest:
            return TransferEncoding.QUOTED_PRINTABLE, quoted
    return TransferEncoding.BASE64, base64_lines(octets.replace(b"\n", b"\r\n"))


def normal_lines(octets: bytes) -> bytes:
    """Every CR, LF and CRLF as CRLF."""
    return _with_lf(octets).replace(b"\n", b"\r\n")


def quoted_printable(octets: bytes) -> bytes:
    """RFC 2045 6.7, for octets whose line ends are LF, and become CRLF.

    Most lines stand as they are. `binascii.b2a_qp` looks at each octet by itself, which takes
    several times as long.
    """
    quoted = octets.replace(b"=", b"=3D")
    for octet in set(quoted.translate(None, _PRINTABLE)):
        quoted = quoted.replace(_OCTETS[octet], _HEXADECIMAL[octet])
    return b"\r\n".join(
        [
            line
            # `rstrip` gives back the same object when there is nothing to strip.
            if len(line) <= _WIDTH and line.rstrip() is line and line[:1] not in _TOUCHED
            else _quoted_line(line)
            for line in quoted.split(b"\n")
        ]
    )


def base64_lines(octets: bytes) -> bytes:
    """RFC 2045 6.8: lines of 76 characters, the last one without its CRLF."""
    encoded = b2a_base64(octets, newline=False)
    starts = range(0, len(encoded), _WIDTH)
    return b"\r\n".join([encoded[start : start + _WIDTH] for start in starts])


def base64_size(octets: int) -> int:
    """How much `base64_lines` makes of so many octets; `encode_text` never makes more."""
    characters = (octets + 2) // 3 * 4
    return characters + (characters + _WIDTH - 1) // _WIDTH * 2


def _with_lf(octets: bytes) -> bytes:
    if b"\r" not in octets:
        return octets
    return octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _quoted_line(line: bytes) -> bytes:
    """What a line needs by its place: its first and last character encoded, and soft breaks."""
    if line.endswith((b" ", b"\t")):
        line = line[:-1] + (b"=20" if line.endswith(b" ") else b"=09")
    if line.startswith((b".", b"From ")):
        line = _TOUCHED[line[:1]] + line[1:]
    # What is left over after a cut has two characters at least: no line is a lone dot.
    pieces = []
    start = 0
    last_start = len(line) - _WIDTH
    while start < last_start:
        end = start + _WIDTH - 1
        # Never within `=XX`.
        if line[end - 1] == _EQUALS:
            end -= 1
        elif line[end - 2] == _EQUALS:
            end -= 2
        pieces.append(line[start:end])
        start = end
    pieces.append(line[start:])
    return b"=\r\n".join(pieces)
