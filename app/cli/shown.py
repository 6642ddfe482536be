"""Numbers, times and foreign text as the commands show them."""

from __future__ import annotations

import unicodedata
from typing import Final

_UNITS: Final = (("d", 86_400), ("h", 3600), ("m", 60))
_SIZES: Final = ("kB", "MB", "GB")
_KEPT: Final = frozenset("\n\t")


def age(since_ms: int, now_ms: int) -> str:
    """How long ago, as `span` says it; `?` for what has no time."""
    return "?" if since_ms < 0 else span(now_ms - since_ms)


def span(ms: int) -> str:
    """In the largest unit of which there are two or more: `45s`, `12m`, `30h`, `5d`."""
    seconds = ms // 1000
    for unit, length in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def size(count: int) -> str:
    """Bytes in the unit that suits."""
    shown, unit = float(count), "bytes"
    for larger in _SIZES:
        if shown < 1000:
            break
        shown, unit = shown / 1000, larger
    return f"{count:,} bytes" if unit == "bytes" else f"{shown:.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """`1 letter`, `2,000 letters`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def harmless(text: str) -> str:
    """Without the control characters by which a text could command the terminal."""
    return "".join(
        char if char in _KEPT or unicodedata.category(char) != "Cc" else "\ufffd"
        for char in text.replace("\r\n", "\n")
    )
