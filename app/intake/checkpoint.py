"""The checkpoint's wire form: what a commit's metadata says about one partition.

    kmcp 1 CCCCCC OOOOOOOOOOO PPPPPPPPPPP [LLLLLLLLLLL D...]

without the blanks: magic, version, CRC-32 of all that follows, the offset it was committed with,
the position, and - where anything is unsettled - the lowest unsettled offset and the distances
from each unsettled offset to the next. Numbers are in base 64 (URL-safe alphabet), of fixed width
but for the distances, which take five bits a character with a continuation bit. Fixed widths and
distances instead of runs have one reason: settling an offset never makes the text longer, so what
fitted when it was submitted fits for ever.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.errors import MailerError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_CHARACTERS = 4096  # what Kafka takes by default (offset.metadata.max.bytes; counts characters)
MAGIC = "kmcp"
VERSION = "1"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
_OFFSET_WIDTH = 11  # 64 bits
_CRC_WIDTH = 6
_HEAD = len(MAGIC) + len(VERSION) + _CRC_WIDTH
FIXED_LENGTH = _HEAD + 3 * _OFFSET_WIDTH


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`position`: the next offset to submit; `unsettled`: those below it, ascending."""

    position: int
    unsettled: tuple[int, ...] = ()


class UnreadableCheckpoint(MailerError):
    """Metadata that is ours by its magic, but damaged or of an unknown version."""


def encode(committed: int, position: int, unsettled: Iterable[int]) -> str:
    """Metadata for a commit at offset `committed`; `unsettled` ascending."""
    parts = [_fixed(committed, _OFFSET_WIDTH), _fixed(position, _OFFSET_WIDTH)]
    previous = -1
    for offset in unsettled:
        if previous < 0:
            parts.append(_fixed(offset, _OFFSET_WIDTH))
        else:
            parts.append(_distance(offset - previous))
        previous = offset
    body = "".join(parts)
    return f"{MAGIC}{VERSION}{_fixed(zlib.crc32(body.encode()), _CRC_WIDTH)}{body}"


def decode(metadata: str, committed: int) -> Checkpoint | None:
    """Read metadata found beside the offset `committed`; None when it is not ours to use.

    Foreign are: no magic, and another offset than the one it was written with (somebody reset the
    group and the tool kept the text). Raises `UnreadableCheckpoint` for ours that is damaged.
    """
    if not metadata.startswith(MAGIC):
        return None
    version = metadata[len(MAGIC) : len(MAGIC) + 1]
    if version != VERSION:
        raise UnreadableCheckpoint(
            f"checkpoint version {version!r} is not known to this release, which reads {VERSION!r}"
        )
    body = metadata[_HEAD:]
    crc = metadata[_HEAD - _CRC_WIDTH : _HEAD]
    if crc != _fixed(zlib.crc32(body.encode()), _CRC_WIDTH) or len(body) < 2 * _OFFSET_WIDTH:
        raise UnreadableCheckpoint("the checkpoint is damaged: its checksum does not match")
    try:
        if _number(body[:_OFFSET_WIDTH]) != committed:
            return None
        position = _number(body[_OFFSET_WIDTH : 2 * _OFFSET_WIDTH])
        return Checkpoint(position, tuple(_unsettled(body[2 * _OFFSET_WIDTH :])))
    except KeyError as error:
        raise UnreadableCheckpoint(f"the checkpoint is damaged: {error} is no digit") from None


def distance_length(distance: int) -> int:
    """Characters that a distance between two neighbouring unsettled offsets takes."""
    return max(1, ((distance - 1).bit_length() + 4) // 5)


def _unsettled(text: str) -> Iterable[int]:
    if not text:
        return
    offset = _number(text[:_OFFSET_WIDTH])
    yield offset
    distance = shift = 0
    for character in text[_OFFSET_WIDTH:]:
        digit = _DIGITS[character]
        distance |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            offset += distance + 1
            yield offset
            distance = shift = 0


def _distance(distance: int) -> str:
    value = distance - 1
    text = ""
    while value > 31:
        text += _ALPHABET[(value & 31) | 32]
        value >>= 5
    return text + _ALPHABET[value]


def _fixed(value: int, width: int) -> str:
    characters = []
    for _ in range(width):
        characters.append(_ALPHABET[value & 63])
        value >>= 6
    return "".join(reversed(characters))


def _number(text: str) -> int:
    value = 0
    for character in text:
        value = value << 6 | _DIGITS[character]
    return value
