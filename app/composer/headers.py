"""Header fields as 7-bit lines: checked, encoded by RFC 2047, folded at 76 columns."""

from __future__ import annotations

import re
import string
from binascii import b2a_base64
from typing import TYPE_CHECKING, Final

from app.domain.addresses import UNSAFE
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 76
# RFC 5322 2.1.1, without the line end.
MAX_LINE: Final = 998
FOLD: Final = "\r\n "

_SPACES: Final = re.compile(" {2,}")
_LINE_BREAKS: Final = frozenset("\r\n\x0b\x0c\x85\u2028\u2029")
# RFC 2047 5 (3): what may stand for itself in an encoded word of a phrase, the strictest place.
_LITERAL: Final = frozenset(string.ascii_letters + string.digits + "!*+-/")
# `=?utf-8?q?` and `?=`; an encoded word has at most 75 characters (RFC 2047 2).
_FRAME: Final = 12
_MAX_WORD: Final = 75
# Room on the first line for a character of four octets, however long the header's name is.
_LEAST_ROOM: Final = 12


def clean_value(value: str, field: str) -> str:
    """A header's value without surrounding space, TAB as space; `InvalidMessage` for controls."""
    if not value.isprintable() and (unsafe := UNSAFE.search(value)):
        if not _LINE_BREAKS.isdisjoint(value):
            raise InvalidMessage(field, "has a line break, which no header may have")
        raise InvalidMessage(field, f"has a control character (U+{ord(unsafe.group()):04X})")
    return value.replace("\t", " ").strip(" ")


def header(name: str, value: str) -> str:
    """The lines of an unstructured header; `value` has been through `clean_value`."""
    line = f"{name}: {value}"
    if value.isascii() and "=?" not in value:
        if len(line) <= WIDTH:
            return f"{line}\r\n"
        # A fold within a run of spaces leaves some at a line's end, where they may get lost.
        if "  " not in value and (folded := fold(line, len(name) + 2)) is not None:
            return f"{folded}\r\n"
    return f"{name}: {FOLD.join(encoded_words(value, used=len(name) + 2))}\r\n"


def structured_header(name: str, value: str, field: str) -> str:
    """The lines of a header made of tokens, which no encoding may touch (RFC 2047 5).

    `value` has been through `clean_value`; `InvalidMessage` where it cannot stand as it is.
    """
    folded = fold(f"{name}: {_SPACES.sub(' ', value)}", len(name) + 2)
    if not value or not value.isascii() or folded is None:
        raise InvalidMessage(
            field, f"must be ASCII, not empty, and have no word of more than {MAX_LINE} characters"
        )
    return f"{folded}\r\n"


def fold(line: str, start: int) -> str | None:
    """Break at spaces behind column `start`; None when a line would pass 998 characters."""
    lines = []
    while len(line) > WIDTH:
        cut = line.rfind(" ", start, WIDTH + 1)
        if cut < 0:
            cut = line.find(" ", max(WIDTH, start))
        if cut < 0:
            break
        lines.append(line[:cut])
        line = line[cut:]
        start = 1
    lines.append(line)
    return None if max(map(len, lines)) > MAX_LINE else "\r\n".join(lines)


def encoded_words(text: str, *, used: int = 1) -> list[str]:
    """`text` as encoded words, Q or B, whichever is shorter; the first begins in column `used`."""
    room = min(WIDTH - used, _MAX_WORD) - _FRAME
    quoted = [
        char if char in _LITERAL else "_" if char == " " else _hexadecimal(char) for char in text
    ]
    octets = text.encode()
    if sum(map(len, quoted)) <= (len(octets) + 2) // 3 * 4:
        return [f"=?utf-8?q?{chunk}?=" for chunk in _quoted_chunks(quoted, room)]
    return [f"=?utf-8?b?{chunk}?=" for chunk in _base64_chunks(octets, room)]


def _hexadecimal(char: str) -> str:
    return "=" + char.encode().hex("=").upper()


def _quoted_chunks(quoted: list[str], room: int) -> Iterator[str]:
    room = max(room, _LEAST_ROOM)
    start = length = 0
    for index, piece in enumerate(quoted):
        if length + len(piece) > room:
            yield "".join(quoted[start:index])
            start, length, room = index, 0, WIDTH - 1 - _FRAME
        length += len(piece)
    yield "".join(quoted[start:])


def _base64_chunks(octets: bytes, room: int) -> Iterator[str]:
    start = 0
    while start < len(octets):
        end = start + max(room, _LEAST_ROOM) // 4 * 3
        # A character is never divided between words (RFC 2047 5).
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        yield b2a_base64(octets[start:end], newline=False).decode("ascii")
        start, room = end, WIDTH - 1 - _FRAME
