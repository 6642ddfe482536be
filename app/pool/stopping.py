"""How a pool ends."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from app.pool.core_log import log
from app.pool.outcome import Outcome
from app.pool.phase import Phase
from app.pool.result import JobResult, result_of

if TYPE_CHECKING:
    from app.pool.agenda import Alarm
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket

_GRACE = 1.0


@dataclass(frozen=True, slots=True)
class StopReport:
    """`forced` when running or queued jobs were cut off because the time was up.

    `unfinished` holds the results of the jobs that were abandoned, in order of submission,
    `stragglers` the ids of those whose handlers still run, `seconds` what stopping took.
    """

    forced: bool
    unfinished: tuple[JobResult[Any, Any], ...]
    stragglers: tuple[str, ...]
    seconds: float


class Stopping:
    """Runs what was accepted, until `ends`; then cuts off what is left."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.forced = False
        self.ends = inf
        self.report: StopReport | None = None
        self.unfinished: list[AnyTicket] = []
        self.stragglers: list[str] = []
        self._began = 0.0
        self._alarm: Alarm | None = None
        self._told: list[asyncio.Future[None]] = []

    async def join(self, timeout: float) -> StopReport:
        """Stop within `timeout` seconds; a cancelled caller forces the end, then raises."""
        core = self._core
        if core.phase is Phase.NEW:
            self._began = core.now()
            core.phase = Phase.STOPPED
            self.complete()
        elif self.report is None:
            self._begin()
            self._end_by(core.now() + timeout)
            await self._wait()
        if self.report is None:
            raise RuntimeError("the pool has not stopped")
        return self.report

    def check(self) -> None:
        """Nothing is queued or running: see whether what is parked is worth waiting for."""
        core = self._core
        if core.phase is not Phase.STOPPING or core.queued or core.busy:
            return
        if any(t.extra is not None and t.extra.due <= self.ends for t in core.parking):
            return
        self._abandon(list(core.parking))
        self._dismiss_all()

    def force(self) -> None:
        """Abandon what waits, cancel what runs; handlers have a moment to end."""
        core = self._core
        if core.phase is not Phase.STOPPING or self.forced:
            return
        self.forced = True
        core.flowing = False
        core.agenda.cancel(self._alarm)
        for worker in tuple(core.crew.workers.values()):
            if worker.ticket is not None:
                core.crew.cancel_run(worker, Outcome.ABANDONED, again=True)
        self._alarm = core.agenda.at(core.now() + _GRACE, self._give_up)
        self._abandon([*core.levels, *core.parking])
        self.check()

    def collapse(self) -> None:
        """The loop is going down: nothing will run any more."""
        core = self._core
        self.forced = True
        core.door.close()
        core.phase = Phase.STOPPING
        core.flowing = False
        self._abandon([*core.levels, *core.parking])
        self._give_up()
        core.phase = Phase.STOPPED
        self.complete()

    def complete(self) -> None:
        """Every worker has left."""
        core = self._core
        if self.report is not None:
            return
        self.report = StopReport(
            self.forced,
            tuple(result_of(t) for t in sorted(self.unfinished, key=lambda t: t.submission)),
            tuple(self.stragglers),
            core.now() - self._began,
        )
        self.unfinished.clear()
        if core.gatekeeper is not None:
            core.gatekeeper.close()
        if core.hooks is not None:
            core.hooks.stopped(self.report)
        core.channel.close()
        core.agenda.close()
        for told in self._told:
            if not told.done():
                told.set_result(None)

    def _begin(self) -> None:
        core = self._core
        if core.phase is Phase.RUNNING:
            self._began = core.now()
            core.phase = Phase.STOPPING
            core.paused = False
            core.scaler.rest()
            core.door.close()
            core.measure()

    def _end_by(self, ends: float) -> None:
        """The earlier end wins."""
        core = self._core
        if core.phase is Phase.STOPPING and not self.forced and ends <= self.ends:
            self.ends = ends
            core.agenda.cancel(self._alarm)
            self._alarm = None if ends == inf else core.agenda.at(ends, self._time_up)
            self.check()
            if core.now() >= ends:
                self._time_up()

    def _time_up(self) -> None:
        core = self._core
        if core.queued or core.busy:
            self.force()
        elif core.phase is Phase.STOPPING:
            self._abandon(list(core.parking))
            self.check()

    async def _wait(self) -> None:
        cancelled: asyncio.CancelledError | None = None
        while self.report is None:
            told = self._core.loop.create_future()
            self._told.append(told)
            try:
                await told
            except asyncio.CancelledError as error:
                cancelled = error
                self.force()
        if cancelled is not None:
            raise cancelled

    def _abandon(self, tickets: list[AnyTicket]) -> None:
        for ticket in tickets:
            if ticket.outcome is None:
                self._core.settle(ticket, Outcome.ABANDONED, None)

    def _give_up(self) -> None:
        """Handlers that swallow their cancellation are left behind."""
        core = self._core
        for worker in tuple(core.crew.workers.values()):
            ticket = worker.ticket
            if ticket is not None:
                core.crew.dismiss_straggler(worker)
                self.stragglers.append(ticket.job_id)
                log.error("job %s swallows its cancellation and is left behind", ticket.job_id)
                core.settle_run(worker, Outcome.ABANDONED, None)
        self.check()

    def _dismiss_all(self) -> None:
        core = self._core
        if core.phase is not Phase.STOPPING:
            return
        core.phase = Phase.STOPPED
        core.target = 0
        core.agenda.cancel(self._alarm)
        core.crew.shrink()
        core.measure()
        if not core.crew.workers:
            self.complete()
