"""How busy the machine is with everything, where Linux tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

_STAT: Final = Path("/proc/stat")
_IDLE: Final = slice(3, 5)  # idle, and waiting for a disk
_COUNTED: Final = 8  # what guests take is counted as user already


class Ticks(NamedTuple):
    """Of all cores since the machine started."""

    idle: int
    all: int


def ticks(path: Path = _STAT) -> Ticks | None:
    """None where the system does not tell."""
    try:
        fields = [int(each) for each in path.read_text().split("\n", 1)[0].split()[1:]]
    except (OSError, ValueError):
        return None
    return Ticks(sum(fields[_IDLE]), sum(fields[:_COUNTED]))


def used(before: Ticks | None, after: Ticks | None) -> float | None:
    """The part of all cores that was in use in between, 0 to 1."""
    if before is None or after is None or after.all <= before.all:
        return None
    return 1 - (after.idle - before.idle) / (after.all - before.all)
