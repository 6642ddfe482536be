"""Which offsets are submitted and not settled, per assigned partition. No I/O."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import TYPE_CHECKING

from app.intake import checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.domain.claim import Claim
    from app.domain.record import Partition


class CommitPolicy(StrEnum):
    """Which offset a checkpoint commits; the metadata is the same, and nothing is lost either way.

    SUBMITTED: the next one to submit; what is unsettled stands in the metadata alone.
    SETTLED: the lowest that is unsettled, for tools that look at offsets only.
    """

    SUBMITTED = "submitted"
    SETTLED = "settled"


class PartitionLedger:
    """One assignment of one partition.

    `position` is the next offset to submit. An unsettled offset is *in hand* while somebody of
    this process works on it; one that is not waits to be handed out again after a resume, or was
    given up and waits for the next owner.
    """

    __slots__ = (
        *("_began", "_clock", "_length", "_unsettled"),
        *("epoch", "in_hand", "position", "version"),
    )

    def __init__(
        self,
        epoch: int,
        position: int,
        unsettled: Iterable[int] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._began = clock()
        self.epoch = epoch
        self.position = position
        self.in_hand = 0
        self.version = 0
        # Ascending by construction: a dict keeps the order of submission. Each with when it was
        # taken in hand, None while it is not.
        self._unsettled: dict[int, float | None] = dict.fromkeys(unsettled)
        self._length = self._exact_length()

    @property
    def unsettled(self) -> tuple[int, ...]:
        """Ascending."""
        return tuple(self._unsettled)

    @property
    def unsettled_count(self) -> int:
        return len(self._unsettled)

    @property
    def lowest(self) -> int | None:
        return next(iter(self._unsettled), None)

    def oldest_s(self) -> float:
        """How long the lowest unsettled offset has been in hand, or was known to us; 0 for none."""
        lowest = self.lowest
        if lowest is None:
            return 0.0
        since = self._unsettled[lowest]
        return self._clock() - (self._began if since is None else since)

    def fits(self, offset: int) -> bool:
        """Whether a checkpoint including this next offset stays within Kafka's limit."""
        if not self._unsettled:
            return True
        more = checkpoint.distance_length(offset - next(reversed(self._unsettled)))
        if self._length + more <= checkpoint.MAX_CHARACTERS:
            return True
        # The running length only grows; what was settled since may have made room.
        self._length = self._exact_length()
        return self._length + more <= checkpoint.MAX_CHARACTERS

    def take(self, offset: int) -> None:
        """The offset is submitted, anew or again after a resume."""
        if offset >= self.position:
            if self._unsettled:
                last = next(reversed(self._unsettled))
                self._length += checkpoint.distance_length(offset - last)
            self.position = offset + 1
        self._unsettled[offset] = self._clock()
        self.in_hand += 1
        self.version += 1

    def advance(self, position: int) -> None:
        """Everything below `position` was submitted or does not exist; never moves back."""
        if position > self.position:
            self.position = position
            self.version += 1

    def settle(self, offset: int) -> None:
        """Done with; one that is not unsettled is fine."""
        if offset in self._unsettled:
            self.in_hand -= self._unsettled.pop(offset) is not None
            self.version += 1

    def give_up(self, offset: int) -> None:
        """Nobody of this process works on it any more; it stays unsettled."""
        if self._unsettled.get(offset) is not None:
            self._unsettled[offset] = None
            self.in_hand -= 1

    def committed_offset(self, policy: CommitPolicy) -> int:
        lowest = self.lowest
        if policy is CommitPolicy.SETTLED and lowest is not None:
            return lowest
        return self.position

    def metadata(self, policy: CommitPolicy) -> str:
        return checkpoint.encode(self.committed_offset(policy), self.position, self._unsettled)

    def _exact_length(self) -> int:
        length = checkpoint.FIXED_LENGTH
        previous: int | None = None
        for offset in self._unsettled:
            if previous is not None:
                length += checkpoint.distance_length(offset - previous)
            previous = offset
        return length


class Ledger:
    """All assigned partitions of the process, whichever consumer reads them."""

    def __init__(self) -> None:
        self._partitions: dict[Partition, PartitionLedger] = {}
        self._epoch = 0

    def assign(
        self, partition: Partition, position: int, unsettled: Iterable[int] = ()
    ) -> PartitionLedger:
        """Begin an epoch; an earlier one of the same partition ends."""
        self._epoch += 1
        ledger = PartitionLedger(self._epoch, position, unsettled)
        self._partitions[partition] = ledger
        return ledger

    def drop(self, partition: Partition) -> None:
        """End the partition's epoch; claims of it are stale from now on."""
        self._partitions.pop(partition, None)

    def get(self, partition: Partition) -> PartitionLedger | None:
        return self._partitions.get(partition)

    def is_current(self, claim: Claim) -> bool:
        return self._of(claim) is not None

    def settle(self, claim: Claim) -> None:
        """Stale claims are ignored: their partition's fate is its new owner's to write."""
        if ledger := self._of(claim):
            ledger.settle(claim.offset)

    def give_up(self, claim: Claim) -> None:
        if ledger := self._of(claim):
            ledger.give_up(claim.offset)

    def _of(self, claim: Claim) -> PartitionLedger | None:
        # A `Partition` is equal to the plain tuple, which is made sooner.
        ledger = self._partitions.get((claim[0], claim[1]))  # type: ignore[call-overload]
        return ledger if ledger is not None and ledger.epoch == claim.epoch else None
