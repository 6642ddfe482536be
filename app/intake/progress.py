"""How far the reading of a partition is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.domain.record import Partition


class Progress(NamedTuple):
    """`position`: the next offset to take up, None while resuming. `unsettled`: taken up before.

    `committed` as far as is known. `lag`: records not taken up, as of the last fetch; None before
    it.
    """

    partition: Partition
    position: int | None
    unsettled: int
    committed: int | None
    lag: int | None
