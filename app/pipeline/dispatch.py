"""Intake's way into the pool and past it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.job import Refused, RefusedAs
from app.domain.message import MessagePriority
from app.pipeline.line import Place
from app.pool import JobExpired, JobTooLarge, PoolClosed, Priority, QueueFull

if TYPE_CHECKING:
    from app.domain.job import Handled, Hop, MailJob
    from app.pipeline.flights import Flights
    from app.pipeline.line import Line
    from app.pipeline.router import Router
    from app.pipeline.traces import Traces
    from app.pool import WorkerPool

PRIORITIES = {
    MessagePriority.HIGH: Priority.HIGH,
    MessagePriority.NORMAL: Priority.NORMAL,
    MessagePriority.LOW: Priority.LOW,
}
LOOK_AGAIN_S = 0.05


class Dispatch:
    """One reader's: submits jobs, keeps their tickets for withdrawal, says how many would enter."""

    def __init__(
        self,
        pool: WorkerPool[MailJob, Handled],
        flights: Flights,
        router: Router,
        line: Line,
        traces: Traces,
    ) -> None:
        self._pool = pool
        self._flights = flights
        self._router = router
        self._line = line
        self._traces = traces
        self._place = Place()

    def room(self) -> int:
        """How many more jobs are to enter at once; 0 until something moved after a refusal.

        Also 0 while it is another reader's turn, and while most of the buffer is full.
        """
        line = self._line
        if line.full or self._router.full or line.ahead_of(self._place):
            return 0
        return line.usable(self._pool.room())

    async def wait_for_room(self, seconds: float) -> None:
        """Return once something left the pool, or after a moment."""
        await self._line.wait(self._place, min(seconds, LOOK_AGAIN_S))

    def offer(self, job: MailJob) -> bool:
        """Hand a job to the pool; False when it has no room for it now (nothing was kept)."""
        message = job.message
        try:
            ticket = self._pool.try_submit(
                job,
                priority=PRIORITIES[message.priority],
                expires_at=message.expires_at,
                size=job.size,
                job_id=str(job.trail.origin),
            )
        except (QueueFull, PoolClosed):
            self._line.full = True
            return False
        except JobTooLarge as error:
            self.divert(_refused(job, RefusedAs.INVALID, f"size: {error}"))
            return True
        except JobExpired:
            self.divert(_refused(job, RefusedAs.EXPIRED, f"expired at {_iso(message.expires_at)}"))
            return True
        self._line.entered(self._place)
        self._flights.begin(job.claim, ticket)
        self._traces.keep(job)
        return True

    def divert(self, item: Refused | Hop) -> None:
        """Hand the router what never becomes a job; never waits."""
        self._router.divert(item)

    def withdraw(self, epochs: frozenset[int]) -> int:
        """Take back the jobs of these assignments that have not started; how many there were."""
        return self._flights.cancel(epochs, running=False)

    def abort(self, epochs: frozenset[int]) -> int:
        """Cut those that run, before their last octet only; how many there were."""
        return self._flights.cancel(epochs, running=True)


def _refused(job: MailJob, why: RefusedAs, reason: str) -> Refused:
    return Refused(job.claim, job.record, job.trail, why, reason, job.message)


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat() if moment else ""
