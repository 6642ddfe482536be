"""The pool's numbers, and the moves of a job that change them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.pool.admission import Door
from app.pool.agenda import Agenda
from app.pool.channel import Channel
from app.pool.core_log import log
from app.pool.crew import Crew
from app.pool.gatekeeper import gatekeeper_of
from app.pool.levels import Levels
from app.pool.numbers import Numbers
from app.pool.outcome import Outcome
from app.pool.parking import Parking
from app.pool.phase import Phase
from app.pool.recorder import Recorder
from app.pool.scaler import Scaler
from app.pool.stopping import Stopping
from app.pool.ticket import DONE, PARKED, QUEUED, RUNNING
from app.pool.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.flow import Clock
    from app.pool.config import PoolConfig
    from app.pool.hooks import Hooks
    from app.pool.ticket import AnyTicket
    from app.pool.worker import Worker


class Core(Numbers):
    """What the pool's parts share.

    `room` is buffer + workers able to start - queued - parked - places kept for submitters that
    were let in and have not entered yet. Flags keep checks off each job's way: `easy` while a
    plain submission needs no more thought, `flowing` while workers may start what is queued,
    `tight` while somebody may want to know that room has appeared. `last` took the last job.
    """

    __slots__ = (
        "agenda",
        "attentive",
        "autoscaling",
        "channel",
        "clock",
        "config",
        "crew",
        "door",
        "easy",
        "flowing",
        "gatekeeper",
        "handler",
        "hooks",
        "idle_told",
        "last",
        "levels",
        "lines",
        "loop",
        "now",
        "on_error",
        "parking",
        "paused",
        "phase",
        "recorder",
        "resting",
        "room",
        "scaler",
        "started_at",
        "stopping",
        "target",
        "tight",
        "watch",
    )

    loop: asyncio.AbstractEventLoop

    def __init__(
        self,
        handler: Callable[[Any], Awaitable[Any]],
        config: PoolConfig,
        clock: Clock,
        hooks: Hooks | None,
    ) -> None:
        super().__init__()
        self.handler = handler
        self.config = config
        self.clock = clock
        self.now = clock.monotonic
        self.hooks = hooks
        self.phase = Phase.NEW
        self.paused = self.easy = self.flowing = False
        self.tight = True
        self.last: Worker | None = None
        self.target = config.workers
        self.room = config.buffer
        self.started_at: float | None = None
        self.idle_told: list[asyncio.Future[None]] = []
        self.levels = Levels(config.ageing)
        self.lines = self.levels.lines
        self.agenda = Agenda(clock)
        self.recorder = Recorder(self)
        self.channel = Channel(self)
        self.door = Door(self)
        self.parking = Parking(self)
        self.watch = Watch(self)
        self.gatekeeper = gatekeeper_of(self)
        self.crew = Crew(self)
        self.resting = self.crew.resting
        self.autoscaling = config.autoscaling
        self.attentive = self.autoscaling or hooks is not None
        self.scaler = Scaler(self)
        self.stopping = Stopping(self)
        if hooks is not None:
            hooks.core = self

    @property
    def held(self) -> bool:
        """Nothing may start: paused, gated, or not running."""
        if self.paused or self.phase not in {Phase.RUNNING, Phase.STOPPING}:
            return True
        return self.gatekeeper is not None and self.gatekeeper.closed

    @property
    def uptime(self) -> float:
        return 0.0 if self.started_at is None else self.now() - self.started_at

    def start(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.started_at = self.now()
        self.phase = Phase.RUNNING
        self.crew.fill()
        if self.gatekeeper is not None:
            self.gatekeeper.start()
        self.measure()
        if self.autoscaling:
            self.scaler.start()

    def enter_easily(self, ticket: AnyTicket) -> None:
        """A plain job, while submitting is easy."""
        self.accept(ticket)
        self.room = room = self.room - 1
        if room <= 0:
            self.door.review()
        if self.hooks is not None:
            self.hooks.submitted(ticket)

    def entered_easily(self, ticket: AnyTicket) -> None:
        """What `enter_easily` does besides, for who has put a plain job in line himself."""
        if self.room <= 0:
            self.door.review()
        if self.autoscaling:
            self.scaler.look()
        if self.hooks is not None:
            self.hooks.submitted(ticket)

    def refused(self, error: Exception) -> None:
        self.rejected += 1
        if self.hooks is not None:
            self.hooks.rejected(error)

    def accept(self, ticket: AnyTicket) -> None:
        """A new job enters the buffer; the place it takes is the caller's matter."""
        self.submitted += 1
        self.enqueue(ticket)

    def enqueue(self, ticket: AnyTicket) -> None:
        """To the tail of its line."""
        self.numbers = number = self.numbers + 1
        ticket.number = number
        ticket.entered = self.now()
        ticket.state = QUEUED
        self.queued += 1
        self.lines[ticket.priority].append(ticket)
        if self.resting and self.flowing:
            self.crew.wake_one()
        if self.autoscaling:
            self.scaler.look()

    def settle(self, ticket: AnyTicket, outcome: Outcome, error: BaseException | None) -> None:
        """The job's one outcome, for all that did not simply end well.

        Numbers, callbacks and results first, then the ticket, then whoever waits for room or
        for the end.
        """
        was = ticket.state
        self._leave(ticket, was)
        if was != RUNNING:
            now = self.now()
            ticket.queued_s = now - ticket.entered if was == QUEUED else 0.0
            ticket.run_s = 0.0
            ticket.worker = ticket.extra.worker if ticket.extra is not None else None
        ticket.state = DONE
        ticket.outcome = outcome
        ticket.error = error
        ticket.trace = None if error is None else error.__traceback__
        self.count(outcome)
        if outcome is Outcome.ABANDONED:
            self.stopping.unfinished.append(ticket)
        if ticket.extra is not None:
            self.agenda.cancel(ticket.extra.alarm)
        self.announce(ticket)

    def settle_run(self, worker: Worker, outcome: Outcome, error: BaseException | None) -> None:
        """Settle a job whose handler has not come back to the pool."""
        ticket = worker.ticket
        if ticket is not None:
            ticket.worker = worker.number
            ticket.queued_s = worker.started - ticket.entered
            ticket.run_s = self.now() - worker.started
            self.settle(ticket, outcome, error)

    def announce(self, ticket: AnyTicket) -> None:
        """Tell all who want to know that a job is done."""
        if self.hooks is not None:
            self.hooks.settled(ticket)
        self.channel.publish(ticket)
        if ticket.waiters is not None:
            ticket.tell()
        if self.tight:
            self.relax()
        if not self.queued and not self.busy:
            self.rest()

    def cancel(self, ticket: AnyTicket) -> bool:
        if ticket.outcome is not None:
            return False
        if ticket.state == RUNNING:
            return self.crew.cancel_job(ticket, Outcome.CANCELLED)
        self.settle(ticket, Outcome.CANCELLED, None)
        return True

    def callback_failed(self, name: str) -> None:
        """To be called where a callback's exception is handled."""
        self.callback_errors += 1
        log.exception("a callback of the pool failed: %s", name)
        if self.hooks is not None:
            self.hooks.callback_failed(name)

    def _leave(self, ticket: AnyTicket, was: int) -> None:
        if was == QUEUED:
            self.queued -= 1
            self.levels.discard()
            self.room += 1
        elif was == PARKED:
            self.parking.leave(ticket)
            self.room += 1
        else:
            self.stop_running()
        if ticket.extra is not None:
            self.bytes_inside -= ticket.extra.size

    def stop_running(self) -> None:
        """A worker's handler has ended; its place is free only if the worker may start anew."""
        self.busy -= 1
        if self.flowing:
            self.room += 1
        else:
            self.remeasure()

    def remeasure(self) -> None:
        """Work out `room` and `flowing` anew: what may start, or how many, has changed."""
        held = self.held
        self.flowing = not held and self.live <= self.target
        able = 0 if held else max(0, min(self.live, self.target) - self.busy)
        self.room = self.config.buffer + able - self.queued - self.parked - self.reserved

    def measure(self) -> None:
        """As `remeasure`, and tell those who wait for it."""
        self.remeasure()
        self.relax()
        if self.flowing and self.queued:
            self.crew.rouse()

    def relax(self) -> None:
        """Room may have appeared: let in who waits for it."""
        self.door.let_in()

    def rest(self) -> None:
        """Nothing is queued or running."""
        if not self.parked and self.idle_told:
            told, self.idle_told = self.idle_told, []
            for future in told:
                if not future.done():
                    future.set_result(None)
        if self.phase is Phase.STOPPING:
            self.stopping.check()
