"""Reads the pool's results and routes each outcome to the logger and to its topics."""

from __future__ import annotations

import logging
from random import Random
from typing import TYPE_CHECKING

from app.domain.job import Hop, MailJob
from app.domain.smtp import RelayUnavailable
from app.outcomes import Unsent, decide, decide_hop, decide_refused
from app.pool import Outcome
from app.telemetry.in_hand import in_hand

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.domain.claim import Settlements
    from app.domain.clock import WallClock
    from app.domain.job import Handled, Refused
    from app.domain.outcome import Attempt, Withheld
    from app.domain.record import Headers
    from app.domain.vitals import Vitals
    from app.outcomes import Decision, Routes
    from app.pipeline.flights import Flights
    from app.pipeline.traces import Traces
    from app.pipeline.writer import Writer
    from app.pool import JobResult
    from app.telemetry import MailLog
    from app.telemetry.tracing import MailTrace

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
        traces: Traces,
    ) -> None:
        self.routes = routes
        self._writer = writer
        self._settlements = settlements
        self._flights = flights
        self._mail_log = mail_log
        self._clock = clock
        self._vitals = vitals
        self._traces = traces
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
        trace = self._traces.begin(item)
        with in_hand(item.trail.origin, trace):
            self._turn_away(item, trace)

    def _turn_away(self, item: Refused | Hop, trace: MailTrace | None) -> None:
        now_ms, context = self._clock(), _context(trace)
        if isinstance(item, Hop):
            self._write(decide_hop(item, self.routes, now_ms=now_ms, context=context), trace)
        else:
            self._write(decide_refused(item, self.routes, now_ms=now_ms, context=context), trace)

    def _route(self, result: JobResult[MailJob, Handled]) -> None:
        job = result.job
        self._flights.end(job.claim)
        trace = self._traces.end(job.claim)
        with in_hand(job.trail.origin, trace):
            self._conclude(result, job, trace)

    def _conclude(
        self, result: JobResult[MailJob, Handled], job: MailJob, trace: MailTrace | None
    ) -> None:
        ended = _ended(result)
        if not self._settlements.is_current(job.claim):
            log.info(
                "%s of %s/%d/%d belongs to an assignment that has ended; its new owner decides",
                result.outcome,
                *job.claim[:3],
            )
        elif ended is None:
            self._settlements.give_up(job.claim)
        elif isinstance(ended, Hop):
            self._turn_away(ended, trace)
            return
        else:
            self._decide(result, job, ended, trace)
            return
        if trace is not None:
            trace.end(None)

    def _decide(
        self,
        result: JobResult[MailJob, Handled],
        job: MailJob,
        ended: Attempt | Withheld | BaseException | Unsent,
        trace: MailTrace | None,
    ) -> None:
        try:
            decision = self._decided(result, job, ended, trace)
        except Exception as error:
            log.exception("deciding failed")
            decision = self._decided(result, job, error, trace)
        self._write(decision, trace)

    def _decided(
        self,
        result: JobResult[MailJob, Handled],
        job: MailJob,
        ended: Attempt | Withheld | BaseException | Unsent,
        trace: MailTrace | None,
    ) -> Decision:
        return decide(
            job,
            ended,
            self.routes,
            now_ms=self._clock(),
            rng=self._rng,
            queued_s=result.queued_s,
            context=_context(trace),
        )

    def _write(self, decision: Decision, trace: MailTrace | None) -> None:
        self._mail_log.write(decision)
        self._writer.write(decision)
        if trace is not None:
            trace.end(decision)


def _context(trace: MailTrace | None) -> Headers | None:
    return None if trace is None else trace.headers


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
