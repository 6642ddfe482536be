"""Reading the options of a submission."""

from __future__ import annotations

from datetime import datetime
from math import inf
from typing import TYPE_CHECKING

from app.pool.errors import JobExpired, JobTooLarge
from app.pool.extra import Extra
from app.pool.priority import Priority

if TYPE_CHECKING:
    from app.flow import Clock


def check_duration(name: str, value: object) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{name} is {value!r}; allowed: seconds, at least 0")


def check_plain(priority: object, job_id: object) -> None:
    if not isinstance(priority, Priority):
        raise ValueError(f"priority is {priority!r}; allowed: a member of Priority")  # noqa: TRY004 - a wrong value, as with all options
    if job_id is not None and not isinstance(job_id, str):
        raise ValueError(f"job_id is {job_id!r}; allowed: a string")


def extra_of(
    clock: Clock,
    *,
    max_bytes: int | None,
    deadline: datetime | None,
    not_before: datetime | None,
    expires_at: datetime | None,
    timeout_each: float | None,
    size: object,
) -> Extra | None:
    """The rare options, on the monotonic clock from here on; None when there are none.

    ValueError for what makes no sense, JobExpired for a time that has passed, JobTooLarge for
    what can never fit.
    """
    check_duration("timeout_each", timeout_each)
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ValueError(f"size is {size!r}; allowed: a whole number of bytes, at least 0")
    if max_bytes is not None and size > max_bytes:
        raise JobTooLarge(f"size is {size}; max_bytes is {max_bytes}")
    points = (deadline, not_before, expires_at)
    if size == 0 and timeout_each is None and points == (None, None, None):
        return None
    extra = Extra()
    extra.size = size
    extra.timeout_each = timeout_each
    now = clock.monotonic()
    if not_before is not None:
        extra.due = _point(clock, now, "not_before", not_before)
    if expires_at is not None:
        extra.expires = _point(clock, now, "expires_at", expires_at)
    if deadline is not None:
        extra.deadline = _point(clock, now, "deadline", deadline)
    if extra.ends <= now:
        raise JobExpired("the job's expires_at or deadline has passed already")
    if extra.due <= now:
        extra.due = -inf
    return extra


def _point(clock: Clock, now: float, name: str, at: object) -> float:
    if not isinstance(at, datetime) or at.utcoffset() is None:
        raise ValueError(f"{name} is {at!r}; allowed: a datetime with a timezone")
    return now + (at - clock.now()).total_seconds()
