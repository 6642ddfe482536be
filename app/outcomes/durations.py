"""Durations as they stand in the names of retry tiers: `500ms`, `30s`, `5m`, `2h`."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = (("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))
_MILLISECONDS: Final = {**dict(_UNITS), "d": 86_400_000}
_SPELLING: Final = re.compile(r"([1-9][0-9]{0,8})(ms|[smhd])")


def format_duration(seconds: float) -> str:
    """The one canonical spelling: the largest of h, m, s, ms that leaves a whole number.

    Raises ValueError unless it is a positive number of whole milliseconds.
    """
    ms = round(seconds * 1000)
    if ms <= 0 or abs(ms - seconds * 1000) > 1e-6 * ms:
        raise ValueError(f"not a positive number of milliseconds: {seconds!r} s")
    unit, length = next((u, n) for u, n in _UNITS if ms % n == 0)
    return f"{ms // length}{unit}"


def parse_duration(text: str) -> float | None:
    """Seconds, or None if `text` is no duration; reads other spellings too (`60s`, `1d`)."""
    match = _SPELLING.fullmatch(text)
    if match is None:
        return None
    return int(match[1]) * _MILLISECONDS[match[2]] / 1000
