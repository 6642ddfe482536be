"""Points in time as text."""

from __future__ import annotations

import time
from functools import lru_cache


def rfc3339(epoch_ms: int) -> str:
    """UTC with milliseconds, like `2026-01-31T12:00:00.250Z`."""
    second, ms = divmod(epoch_ms, 1000)
    return f"{_to_the_second(second)}.{ms:03d}Z"


@lru_cache(maxsize=256)
def _to_the_second(epoch_s: int) -> str:
    # Most of those asked for are of this second: a line, a result.
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(epoch_s))
