"""One assigned partition as its reader sees it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.job import MailJob
    from app.domain.record import Partition, Record
    from app.intake.ledger import PartitionLedger


@dataclass(slots=True, eq=False)
class Assigned:
    """One assignment of one partition.

    `ledger` is None until the checkpoint was read; nothing is handed out before. `leftover`:
    read, not yet submitted. `replay`: the checkpoint's unsettled offsets that are still to be met
    in the log, ascending. `due_ms`: when the first leftover may go, epoch ms, if it has to wait.
    `job`: the first leftover, decoded once for all the times it is offered while there is no room.
    """

    partition: Partition
    ledger: PartitionLedger | None = None
    leftover: deque[Record] = field(default_factory=deque)
    replay: deque[int] = field(default_factory=deque)
    due_ms: int | None = None
    job: MailJob | None = None

    def passed(self, offset: int) -> list[int]:
        """Drop and give the replayed offsets below `offset`: the log does not hold them."""
        gone = []
        while self.replay and self.replay[0] < offset:
            gone.append(self.replay.popleft())
        return gone

    def wants(self, record: Record) -> bool:
        """Whether a record is to be submitted: new, or one that the checkpoint left unsettled."""
        ledger = self.ledger
        if ledger is None:
            return False
        if self.replay and self.replay[0] == record.offset:
            return True
        return record.offset >= ledger.position

    def next_wanted(self) -> int:
        """The lowest offset that is still to be submitted."""
        if self.replay:
            return self.replay[0]
        return self.ledger.position if self.ledger is not None else 0
