"""One message by which a number can be looked into: its trace."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

TraceId = Callable[[], str | None]
"""The id of the trace that the code runs in now, None where there is none."""


def untraced() -> str | None:
    """No message is traced."""
    return None


class Exemplar(NamedTuple):
    """`at` in epoch seconds."""

    trace_id: str
    value: float
    at: float

    @classmethod
    def of(cls, trace_id: str, value: float) -> Exemplar:
        return cls(trace_id, value, time.time())
