"""Durations and sizes as people write them."""

from __future__ import annotations

import math
import re
from typing import Final

SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
BYTES: Final = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
}

_NUMBER = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[a-z]*)", re.ASCII | re.IGNORECASE)

_RATE = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)\s*(?:/\s*(?P<unit>[smhd]))?", re.ASCII | re.IGNORECASE
)
_SLOWEST: Final = 1 / 86_400
_FASTEST: Final = 1e6


def _split(text: str) -> tuple[float, str]:
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a number with a unit")
    number = float(found["number"])
    if not math.isfinite(number):
        raise ValueError("too large")
    return number, found["unit"].lower()


def parse_duration(text: str) -> float:
    """Seconds from `500ms`, `30s`, `5m`, `2h`, `1d` or a bare number of seconds; ValueError."""
    number, unit = _split(text)
    if unit and unit not in SECONDS:
        raise ValueError(f"unknown unit {unit!r}")
    return number * SECONDS[unit or "s"]


def parse_rate(text: str) -> float:
    """So many a second from `50/s`, `600/m`, `10000/h`, `50000/d` or a bare number; ValueError."""
    found = _RATE.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a number by a unit of time")
    rate = float(found["number"]) / SECONDS[(found["unit"] or "s").lower()]
    if not _SLOWEST <= rate <= _FASTEST:
        raise ValueError("out of bounds")
    return rate


def parse_size(text: str) -> int:
    """Bytes from `10MiB`, `256MB`, `64kB` or a bare number of bytes; ValueError."""
    number, unit = _split(text)
    if unit and unit not in BYTES:
        raise ValueError(f"unknown unit {unit!r}")
    return int(number * BYTES[unit or "b"])
