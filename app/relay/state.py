"""How a relay is doing, for health and the operator."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class RelayStatus(StrEnum):
    """CLOSED (the breaker's) is well; RESTING means the relay asked for less, not that it ails.

    PAUSED is an operator's wish, whatever the breaker says.
    """

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"
    RESTING = "resting"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class RelayState:
    """`since` the status holds; `last_error` is free of addresses; points in time are aware.

    `connections` are open, of at most `most_connections` now; `waiting` messages wait for one.
    `rate` is the configured one, `limit` what refusals have taught, both a second and None for
    none.
    """

    name: str
    status: RelayStatus
    since: datetime
    connections: int
    last_error: str | None
    last_accepted_at: datetime | None
    most_connections: int
    waiting: int
    rate: float | None
    limit: float | None
