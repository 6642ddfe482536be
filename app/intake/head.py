"""How long the head of a retry tier's partition waits, whatever is done to the wall clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.claim import Claim


class Head:
    """The record that waits at the head of one partition, for the length of one assignment.

    Times in records are the wall clock's, which may have been put back since they were written. So
    none is held for longer than the tier's delay by the monotonic clock. Where that ends a wait, or
    times to come show it, the log's clock is `ahead` of ours: those behind, written by the same
    clock, follow in the distances in which they were appended instead of each waiting anew.
    """

    __slots__ = ("_ahead_ms", "_claim", "_until_s", "epoch")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self._ahead_ms = 0
        self._claim: Claim | None = None
        self._until_s = 0.0

    def wait_s(
        self,
        claim: Claim,
        *,
        appended_ms: int,
        due_ms: int,
        delay_ms: int,
        now_ms: int,
        now_s: float,
    ) -> float:
        """Seconds until the record may be taken, 0 for now; `now_s` is the monotonic time."""
        if appended_ms <= now_ms:
            self._ahead_ms = 0
        wait_ms = due_ms - self._ahead_ms - now_ms
        if wait_ms <= 0:
            return 0.0
        if claim != self._claim:
            self._claim = claim
            self._until_s = now_s + min(wait_ms, delay_ms) / 1000
        left_s = self._until_s - now_s
        if left_s > 0:
            return min(left_s, wait_ms / 1000)
        if appended_ms > now_ms:
            self._ahead_ms += wait_ms
        return 0.0
