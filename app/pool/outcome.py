"""How a job ended."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Every accepted job has exactly one."""

    OK = "ok"
    FAILED = "failed"
    TIMEOUT = "timeout"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
