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
    in the log, ascending. `look_s`: when to look at the first leftover again, monotonic, if it is
    not due.
    `job`: the first leftover, decoded once for all the times it is offered while there is no room.
    `passed_ms`: what is still to be submitted was written after this, epoch.
    """

    partition: Partition
    ledger: PartitionLedger | None = None
    leftover: deque[Record] = field(default_factory=deque)
    replay: deque[int] = field(default_factory=deque)
    look_s: float | None = None
    job: MailJob | None = None
    passed_ms: int = -1

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

    def skip_to_wanted(self) -> list[int]:
        """Drop leftovers before the first that is wanted; gives the offsets found gone."""
        gone = []
        while self.leftover:
            record = self.leftover[0]
            gone += self.passed(record.offset)
            if self.wants(record):
                break
            self.leftover.popleft()
        return gone

    def held_back(self) -> bool:
        """Whether the first leftover has to wait for room in the checkpoint."""
        ledger = self.ledger
        if ledger is None or not self.leftover:
            return False
        offset = self.leftover[0].offset
        return offset >= ledger.position and not ledger.fits(offset)

    def submitted(self) -> None:
        """The first leftover was handed on."""
        record = self.leftover.popleft()
        offset = record.offset
        self.passed_ms = max(self.passed_ms, record.timestamp_ms)
        if self.replay and self.replay[0] == offset:
            self.replay.popleft()
        if self.ledger is not None:
            self.ledger.take(offset)

    def read_up_to(self, position: int) -> list[int]:
        """All below `position` was read and submitted; gives the offsets found gone."""
        gone = self.passed(position)
        if self.ledger is not None:
            self.ledger.advance(position)
        return gone

    def waiting_since_ms(self) -> int | None:
        """When the oldest record that waits was written, or the latest time known to be before."""
        if self.leftover:
            return self.leftover[0].timestamp_ms
        return self.passed_ms if self.passed_ms >= 0 else None

    def next_wanted(self) -> int:
        """The lowest offset that is still to be submitted."""
        if self.replay:
            return self.replay[0]
        return self.ledger.position if self.ledger is not None else 0
