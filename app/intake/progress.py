"""How far the reading of a partition is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.domain.record import Partition


class Progress(NamedTuple):
    """`position`: the next offset to take up, None while resuming. `unsettled`: taken up before.

    `committed` as far as is known. `lag`: records not taken up, as of the last fetch; None before
    it. `waiting_since_ms`: the oldest of these was written then or later, in epoch milliseconds;
    None where there is none, or that is unknown.
    """

    partition: Partition
    position: int | None
    unsettled: int
    committed: int | None
    lag: int | None
    waiting_since_ms: int | None = None
    oldest_unsettled_s: float = 0.0
    checkpoint_bytes: int = 0
