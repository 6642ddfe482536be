"""Time as a thing that is handed in, so that logic can be tested without waiting."""

from __future__ import annotations

import time
from typing import Protocol


class WallClock(Protocol):
    """Epoch milliseconds."""

    def __call__(self) -> int: ...


def epoch_ms() -> int:
    """Milliseconds since 1970-01-01 UTC."""
    return time.time_ns() // 1_000_000
