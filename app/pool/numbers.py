"""What the pool counts."""

from __future__ import annotations

from app.pool.outcome import Outcome


class Numbers:
    """submitted = the six outcomes + inside, at every moment.

    `numbers` is the last order of entry given; `reserved` places belong to submitters that were
    let in and have not entered yet; `live` workers include those that leave after their job;
    `bytes_unread` are those of results that readers have not taken.
    """

    __slots__ = (
        "abandoned",
        "busy",
        "bytes_inside",
        "bytes_unread",
        "callback_errors",
        "cancelled",
        "dropped_results",
        "expired",
        "failed",
        "live",
        "numbers",
        "ok",
        "parked",
        "postponed",
        "queued",
        "rejected",
        "reserved",
        "retried",
        "submitted",
        "timed_out",
    )

    def __init__(self) -> None:
        self.numbers = 0
        self.submitted = self.rejected = self.retried = self.postponed = 0
        self.ok = self.failed = self.timed_out = 0
        self.expired = self.cancelled = self.abandoned = 0
        self.dropped_results = self.callback_errors = 0
        self.queued = self.parked = self.busy = self.reserved = 0
        self.live = 0
        self.bytes_inside = self.bytes_unread = 0

    @property
    def inside(self) -> int:
        return self.queued + self.parked + self.busy

    def count(self, outcome: Outcome) -> None:
        name = _COUNTERS[outcome]
        setattr(self, name, getattr(self, name) + 1)


_COUNTERS = {
    Outcome.OK: "ok",
    Outcome.FAILED: "failed",
    Outcome.TIMEOUT: "timed_out",
    Outcome.EXPIRED: "expired",
    Outcome.CANCELLED: "cancelled",
    Outcome.ABANDONED: "abandoned",
}
