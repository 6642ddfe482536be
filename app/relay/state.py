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


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayState:
    """`since` the status holds; `resting_until`: when the rest ends, or the next probe is due.

    `connections` are open, `busy` of them in use, at most `most_connections` allowed now;
    `waiting` messages wait for one. `rate` is the configured one, `limit` what refusals taught,
    both a second and None for none. Of the messages it was given since the start it took `sent`, at
    least in part, and answered `refused` otherwise, `limited` of these because it limits itself.
    `last_error` is free of addresses; points in time are aware.
    """

    name: str
    status: RelayStatus
    since: datetime
    resting_until: datetime | None = None
    connections: int = 0
    busy: int = 0
    most_connections: int = 0
    waiting: int = 0
    rate: float | None = None
    limit: float | None = None
    sent: int = 0
    refused: int = 0
    limited: int = 0
    last_error: str | None = None
    last_accepted_at: datetime | None = None
