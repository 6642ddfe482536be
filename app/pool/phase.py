"""A pool's life."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """Goes one way."""

    NEW = 0
    RUNNING = 1
    STOPPING = 2
    STOPPED = 3
