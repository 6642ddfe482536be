"""One worker: a task that runs one job after the other."""

from __future__ import annotations

import asyncio
import contextlib
from math import inf
from typing import TYPE_CHECKING

from app.pool.ending import end_badly, end_well
from app.pool.outcome import Outcome
from app.pool.ticket import DONE, RUNNING

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket

# A handler that never suspends would otherwise keep the loop for the whole buffer.
_TURN = 0.005
OK = Outcome.OK


class Worker:
    """`stop_at` is when the present job must have ended; `reason` why it was cancelled, if so.

    `cancels` counts the cancellations that the pool asked of the worker's task; `gone` is set
    once the worker no longer counts as one of the pool's.

    A plain job, of a pool with nothing special turned on, starts and ends within `run`: each
    call on the way would be felt. `_begin` and `end_well` do the same for all others.
    """

    __slots__ = (
        "_core",
        "busy_s",
        "cancels",
        "failures",
        "gone",
        "jobs",
        "number",
        "permit",
        "reason",
        "reported",
        "started",
        "stop_at",
        "task",
        "ticket",
        "woken",
    )

    task: asyncio.Task[None]
    woken: asyncio.Future[None]

    def __init__(self, core: Core, number: int) -> None:
        self._core = core
        self.number = number
        self.ticket: AnyTicket | None = None
        self.started = 0.0
        self.stop_at = inf
        self.reported = False
        self.reason: Outcome | None = None
        self.cancels = 0
        self.permit = 0
        self.jobs = self.failures = 0
        self.busy_s = 0.0
        self.gone = False

    async def run(self) -> None:  # noqa: C901, PLR0912, PLR0915 - see the class
        """Until there are too many workers, or the task is cancelled by someone else."""
        core = self._core
        handler = core.handler
        now = core.now
        levels = core.levels
        low, normal, high = levels.lines
        recorder = core.recorder
        channel = core.channel
        lag = core.config.results_buffer - 1
        plain = core.gatekeeper is None and core.hooks is None and not core.watch.always
        if not await core.crew.wait(self):
            return
        time = now()
        turn_ends = time + _TURN
        while True:
            if not (core.queued and core.flowing):
                if not await core.crew.rest(self):
                    return
                time = now()
                turn_ends = time + _TURN
                continue
            if core.gatekeeper is not None and not core.gatekeeper.lets_start():
                continue
            odd = low or high or levels.stale
            ticket = levels.pop(time) if odd else normal.popleft()
            if plain and ticket.extra is None:
                core.queued -= 1
                core.busy += 1
                ticket.state = RUNNING
                self.ticket = ticket
                self.started = time
            elif not self._begin(ticket, time):
                continue
            core.last = self
            try:
                value = await handler(ticket.job)
            except BaseException as error:  # noqa: BLE001 - it costs this job alone
                end_badly(core, self, ticket, error)
                if isinstance(error, asyncio.CancelledError) and not await self._calm_down():
                    return
                time = now()
            else:
                time = now()
                if plain and ticket.extra is None and ticket.outcome is None:
                    ticket.value = value
                    ticket.state = DONE
                    ticket.outcome = OK
                    ticket.worker = self.number
                    ticket.queued_s = queued_s = self.started - ticket.entered
                    ticket.run_s = run_s = time - self.started
                    self.ticket = None
                    self.jobs += 1
                    self.busy_s += run_s
                    core.ok += 1
                    core.busy -= 1
                    if core.flowing:
                        core.room += 1
                    else:
                        core.remeasure()  # type: ignore[unreachable]  # it turns meanwhile
                    recorder.add_queued(queued_s)
                    recorder.add_run(run_s)
                    if time >= recorder.next_mark:
                        recorder.mark(time)
                    reader = channel.sole
                    if reader is None or reader.told is not None or len(reader.unread) >= lag:
                        channel.publish(ticket)
                    else:
                        reader.unread.append(ticket)
                    if ticket.waiters is not None:
                        ticket.tell()
                    if core.tight:
                        core.relax()
                    if not core.queued and not core.busy:
                        core.rest()
                else:
                    end_well(core, self, ticket, value, time)
                del value
            # Let go of the job: a worker at rest must not keep it.
            del ticket
            if self.cancels and not await self._calm_down():
                return
            if time > turn_ends:
                # Unless others took jobs meanwhile: then the loop has turned.
                if core.last is self:
                    await asyncio.sleep(0)
                    time = now()
                turn_ends = time + _TURN

    def let_go(self, run_s: float) -> None:
        """The handler has ended; what becomes of the job is another matter."""
        self.ticket = None
        self.stop_at = inf
        self.jobs += 1
        self.busy_s += run_s

    def _begin(self, ticket: AnyTicket, started: float) -> bool:
        core = self._core
        extra = ticket.extra
        if extra is not None:
            # Without an alarm there is no time that it could have passed.
            if extra.alarm is not None and not core.parking.may_start(ticket, extra, started):
                return False
            extra.attempts += 1
        core.queued -= 1
        core.busy += 1
        ticket.state = RUNNING
        self.ticket = ticket
        self.started = started
        if core.watch.always or extra is not None:
            core.watch.begin(self, extra, started)
        if core.gatekeeper is not None:
            self.permit = core.gatekeeper.acquire()
        if core.hooks is not None:
            core.hooks.started(ticket, started - ticket.entered)
        return True

    async def _calm_down(self) -> bool:
        """Take back the pool's own cancellations; False when somebody else's remains.

        A cancellation asked for while the handler ran its last stretch is raised only at the
        next suspension, so there has to be one.
        """
        while self.cancels:
            self.task.uncancel()
            self.cancels -= 1
        self.reason = None
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)
        return not self.task.cancelling()
