"""Foreign words made safe for headers, results and logs."""

from __future__ import annotations

import unicodedata
from typing import Final

LONGEST: Final = 500
_BREAKS: Final = "\t\n\v\f\r\x85\u2028\u2029"
_REMOVED: Final = frozenset({"Cc", "Cs"})


def one_line(text: str) -> str:
    """Line breaks and tabs as spaces, other control characters removed, at most 500 characters."""
    if not text.isprintable():
        text = "".join(
            " " if char in _BREAKS else char
            for char in text[: 4 * LONGEST]
            if char in _BREAKS or unicodedata.category(char) not in _REMOVED
        )
    return text[:LONGEST]
