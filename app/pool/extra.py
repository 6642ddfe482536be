"""What only some jobs need: kept apart, so that the others do not pay for it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pool.agenda import Alarm


class Extra:
    """A job's rare options and what happened to it beyond one plain run.

    Points in time are on the pool's monotonic clock; `inf` stands for never.
    """

    __slots__ = (
        "alarm",
        "attempts",
        "deadline",
        "due",
        "expires",
        "first_number",
        "last_error",
        "queued_s",
        "run_s",
        "size",
        "timeout_each",
        "unread",
        "worker",
    )

    def __init__(self) -> None:
        self.size = 0
        self.timeout_each: float | None = None
        self.due = -inf
        self.expires = inf
        self.deadline = inf
        self.alarm: Alarm | None = None
        self.attempts = 0
        self.first_number = 0
        self.queued_s = 0.0
        self.run_s = 0.0
        self.last_error: BaseException | None = None
        self.unread = 0
        self.worker: int | None = None

    @property
    def is_timeless(self) -> bool:
        """Whether the job may start at once and never expires."""
        return self.due == -inf and self.expires == inf == self.deadline

    @property
    def ends(self) -> float:
        """When the job expires if it still waits."""
        return min(self.expires, self.deadline)


def sized(size: int) -> Extra:
    """Of a job that has its size alone."""
    extra = Extra()
    extra.size = size
    return extra
