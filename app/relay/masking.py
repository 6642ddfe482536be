"""Keeping addresses out of what is logged or shown of a relay's words."""

from __future__ import annotations

import re
from typing import Final

_ADDRESS: Final = re.compile(r"[^\s<>\"'(),;:@]+@([^\s<>\"'(),;:@]+)")
_LONGEST: Final = 300


def masked(text: str) -> str:
    """The text with each address as `u***@example.com`, control characters blank, cut short."""
    clean = "".join(char if char.isprintable() else " " for char in text)
    return _ADDRESS.sub(lambda found: f"{found[0][0]}***@{found[1]}", clean)[:_LONGEST]
