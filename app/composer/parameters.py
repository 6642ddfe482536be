"""Parameters of MIME headers, file names above all (RFC 2045 5.1, RFC 2231)."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from app.composer.headers import FOLD, WIDTH

# Readers stumble over these in a quoted string, escaped or not.
_HARD_TO_QUOTE: Final = re.compile(r'["\\;]')
_UNLIKE_A_NAME: Final = re.compile(r"[^ !#-\[\]-~]|[/:;*?<>|]")
# RFC 5987's attr-char; letters, digits and `_.-~` are always safe to `quote`.
_SAFE: Final = "!#$&+^`{|}"
_MAX_FALLBACK: Final = 50
# Separator, `name*10*=`, and the `;` behind.
_FRAME: Final = 8


def parameter(name: str, value: str) -> str:
    """`; name="value"` on a line of its own where needed.

    A value that is long, not ASCII or hard to quote comes in RFC 2231's form, then once more as
    ASCII for readers that know no better. In this order: those who take the first and those who
    prefer the extended form both get the true one.
    """
    fits = value.isascii() and len(name) + len(value) <= WIDTH - _FRAME
    if fits and not _HARD_TO_QUOTE.search(value):
        return f';{FOLD}{name}="{value}"'
    extended = "".join(f";{FOLD}{piece}" for piece in _extended(name, value))
    return f'{extended};{FOLD}{name}="{ascii_fallback(value)}"'


def ascii_fallback(file_name: str) -> str:
    """A short name of plain characters that keeps the ending: `Übersicht.pdf` → `Ubersicht.pdf`."""
    apart = unicodedata.normalize("NFKD", file_name)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    plain = PurePosixPath(_UNLIKE_A_NAME.sub("_", bare) or "_")
    ending = plain.suffix[:10]
    return plain.name.removesuffix(plain.suffix)[: _MAX_FALLBACK - len(ending)] + ending


def _extended(name: str, value: str) -> list[str]:
    """`name*=utf-8''…`, or numbered sections; a character is never divided between two."""
    room = WIDTH - len(name) - _FRAME
    sections = [""]
    length = len("utf-8''")
    for char in value:
        piece = quote(char, safe=_SAFE)
        if length + len(piece) > room:
            sections.append("")
            length = 0
        sections[-1] += piece
        length += len(piece)
    sections[0] = f"utf-8''{sections[0]}"
    if len(sections) == 1:
        return [f"{name}*={sections[0]}"]
    return [f"{name}*{number}*={section}" for number, section in enumerate(sections)]
