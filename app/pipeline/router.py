"""Reads the pool's results and routes each outcome to the logger and to its topics."""

from __future__ import annotations

import logging
from random import Random
from typing import TYPE_CHECKING

from app.domain.job import Hop, MailJob
from app.domain.smtp import RelayUnavailable
from app.outcomes import Unsent, decide, decide_hop, decide_refused
from app.pool import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.domain.claim import Settlements
    from app.domain.clock import WallClock
    from app.domain.job import Handled, Refused
    from app.domain.outcome import Attempt, Withheld
    from app.domain.vitals import Vitals
    from app.outcomes import Decision, Routes
    from app.pipeline.flights import Flights
    from app.pipeline.writer import Writer
    from app.pool import JobResult
    from app.telemetry import MailLog

log = logging.getLogger(__name__)


class Router:
    """Decides about each outcome, logs it, hands it to the writer; never waits for a publish.

    `routes` may be replaced while running. `on_progress` is called whenever something left the
    pool, for whoever waits for room.
    """

    def __init__(
        self,
        routes: Routes,
        writer: Writer,
        settlements: Settlements,
        flights: Flights,
        mail_log: MailLog,
        *,
        clock: WallClock,
        vitals: Vitals,
    ) -> None:
        self.routes = routes
        self._writer = writer
        self._settlements = settlements
        self._flights = flights
        self._mail_log = mail_log
        self._clock = clock
        self._vitals = vitals
        self.on_progress: Callable[[], None] = _nobody
        self._rng = Random()  # noqa: S311 - jitter of retries, no secret

    @property
    def full(self) -> bool:
        """Whether too much waits to be acknowledged for anything more to be read."""
        return self._writer.full

    async def run(self, results: AsyncIterator[JobResult[MailJob, Handled]]) -> None:
        """Route until the pool has stopped and all was read."""
        async for result in results:
            self._vitals.beat()
            self._route(result)
            self.on_progress()
            self._vitals.rest()
            if self.full:
                await self._writer.wait_for_room()

    def divert(self, item: Refused | Hop) -> None:
        """What intake read and never became a job."""
        if isinstance(item, Hop):
            self._write(decide_hop(item, self.routes, now_ms=self._clock()))
        else:
            self._write(decide_refused(item, self.routes, now_ms=self._clock()))

    def _route(self, result: JobResult[MailJob, Handled]) -> None:
        job = result.job
        self._flights.end(job.claim)
        if not self._settlements.is_current(job.claim):
            log.info(
                "%s of %s/%d/%d belongs to an assignment that has ended; its new owner decides",
                result.outcome,
                *job.claim[:3],
            )
            return
        ended = _ended(result)
        if ended is None:
            self._settlements.give_up(job.claim)
            return
        if isinstance(ended, Hop):
            self.divert(ended)
            return
        try:
            decision = self._decide(job, ended, result.queued_s)
        except Exception as error:
            log.exception("deciding failed")
            decision = self._decide(job, error, result.queued_s)
        self._write(decision)

    def _decide(
        self, job: MailJob, ended: Attempt | Withheld | BaseException | Unsent, queued_s: float
    ) -> Decision:
        return decide(
            job, ended, self.routes, now_ms=self._clock(), rng=self._rng, queued_s=queued_s
        )

    def _write(self, decision: Decision) -> None:
        self._mail_log.write(decision)
        self._writer.write(decision)


def _nobody() -> None:
    """Nobody waits for room yet."""


def _ended(
    result: JobResult[MailJob, Handled],
) -> Attempt | Withheld | Hop | BaseException | Unsent | None:
    """How the attempt ended; None when there was none and the message stays unsettled."""
    match result.outcome:
        case Outcome.OK:
            return result.value
        case Outcome.FAILED:
            return result.error
        case Outcome.TIMEOUT:
            # Cut before MAIL it was the relay's trouble, and no attempt.
            if isinstance(result.error, RelayUnavailable):
                return result.error
            return Unsent.TIMED_OUT
        case Outcome.EXPIRED:
            return Unsent.EXPIRED
        case Outcome.CANCELLED | Outcome.ABANDONED:
            return None
