"""How urgent a job is."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """The higher number goes first."""

    LOW = 0
    NORMAL = 1
    HIGH = 2

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = ("low", "normal", "high")
"""By priority, for who asks it of every job."""
