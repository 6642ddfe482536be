"""Which recipients are done, which are tried again, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.outcome import ErrorKind, Status, Verdict
from app.outcomes.schedule import wait_ms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from app.domain.job import MailJob
    from app.outcomes.ending import Ending
    from app.outcomes.schedule import Schedule


class Fate(NamedTuple):
    """What becomes of one recipient."""

    verdict: Verdict
    status: Status


class Retry(NamedTuple):
    """The next attempt: where it waits, until when (epoch ms), and the attempts counted so far."""

    topic: str
    at_ms: int
    attempts: int


_DONE_UNSENT: Final = {
    ErrorKind.EXPIRED: Status.EXPIRED,
    ErrorKind.SUPPRESSED: Status.SUPPRESSED,
    ErrorKind.DUPLICATE: Status.DUPLICATE,
}


def fates_of(
    job: MailJob, ending: Ending, schedule: Schedule, *, now_ms: int, rng: Random
) -> tuple[tuple[Fate, ...], Retry | None]:
    """One fate for each recipient of the ending, and the retry of those that have one."""
    if all(verdict.kind is None for verdict in ending.verdicts):
        return tuple([Fate(verdict, Status.DELIVERED) for verdict in ending.verdicts]), None
    left = job.trail.attempts < schedule.retries(job.message.max_retries)
    again = left and job.trail.last_kind is not ErrorKind.BUG
    fates = tuple(
        Fate(
            verdict,
            _status(
                verdict,
                retriable=not _counts(verdict, ending)
                or (again if verdict.kind is ErrorKind.BUG else left),
            ),
        )
        for verdict in ending.verdicts
    )
    waiting = [fate.verdict for fate in fates if fate.status is Status.RETRYING]
    if not waiting:
        return fates, None
    retry = _retry(job, ending, waiting, schedule, now_ms=now_ms, rng=rng)
    expires_at = job.message.expires_at
    if expires_at is not None and retry.at_ms >= expires_at.timestamp() * 1000:
        return tuple(_expired(fate) for fate in fates), None
    return fates, retry


def overall(fates: Sequence[Fate]) -> Status:
    """The attempt's status: the first of this order that any recipient has."""
    if len(fates) == 1:
        return fates[0].status
    found = {fate.status for fate in fates}
    return next(status for status in _RANKS if status in found)


_RANKS: Final = (
    Status.RETRYING,
    Status.DELIVERED,
    Status.DEAD,
    Status.EXPIRED,
    Status.SUPPRESSED,
    Status.DUPLICATE,
)


def _counts(verdict: Verdict, ending: Ending) -> bool:
    """Whether it uses up one of the message's retries: not where the relay is to blame."""
    return ending.made and verdict.kind is not ErrorKind.RELAY_AUTH


def _status(verdict: Verdict, *, retriable: bool) -> Status:
    if verdict.kind is None:
        return Status.DELIVERED
    if done := _DONE_UNSENT.get(verdict.kind):
        return done
    return Status.RETRYING if retriable and not verdict.permanent else Status.DEAD


def _retry(
    job: MailJob,
    ending: Ending,
    waiting: Sequence[Verdict],
    schedule: Schedule,
    *,
    now_ms: int,
    rng: Random,
) -> Retry:
    delay = schedule.delay(job.trail.attempts + 1)
    stated = max(verdict.delay_s or 0.0 for verdict in waiting)
    wait = max(schedule.shortened(delay, rng), stated)
    counted = any(_counts(verdict, ending) for verdict in waiting)
    return Retry(
        # By the delay before jitter, which would otherwise send everything one tier down.
        topic=schedule.topic(schedule.tier_for(max(delay, stated))),
        at_ms=now_ms + wait_ms(wait),
        attempts=job.trail.attempts + counted,
    )


def _expired(fate: Fate) -> Fate:
    if fate.status is not Status.RETRYING:
        return fate
    return Fate(replace(fate.verdict, kind=ErrorKind.EXPIRED), Status.EXPIRED)
