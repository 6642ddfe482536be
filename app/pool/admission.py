"""Where jobs come in: what is refused, what waits, what enters."""

from __future__ import annotations

import asyncio
from functools import partial
from math import inf
from typing import TYPE_CHECKING

from app.pool.errors import (
    JobExpired,
    PoolClosed,
    PoolNotStarted,
    QueueFull,
    SubmitTimeout,
)
from app.pool.line import Answer, Line, Waiter
from app.pool.phase import Phase

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket


class Door:
    """Lets jobs in while there is room for them; none overtakes one that waits.

    A submitter whose turn has come keeps its place reserved until its task runs, so that one
    cancelled at that moment has enqueued nothing.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self.line = Line()
        self._reserved_bytes = 0
        self._letting_in = False
        self.full_since = inf

    def room(self) -> int:
        """How many plain jobs would enter at once."""
        core = self._core
        if core.phase is not Phase.RUNNING or self.line or core.reserved or core.channel.lag:
            return 0
        if core.gatekeeper is not None:
            core.gatekeeper.refresh()
        return max(0, core.room)

    def check_open(self) -> None:
        phase = self._core.phase
        if phase is Phase.NEW:
            raise PoolNotStarted("the pool takes work only after start()")
        if phase is not Phase.RUNNING:
            raise PoolClosed("the pool is stopping or has stopped")

    def enter_now(self, ticket: AnyTicket) -> None:
        """QueueFull when there is no room at this moment."""
        self.check_open()
        reading = self._reading()
        behind = self.line.readers if reading else len(self.line) + self._core.reserved
        if behind or not self._fits(ticket, reading=reading):
            raise QueueFull("no room in the pool")
        self._core.room -= 1
        self._enter(ticket)

    def is_clear_for(self, size: int) -> bool:
        """Whether a job without other rare options may walk in; when not, `enter_now` knows why."""
        core = self._core
        if core.gatekeeper is not None:
            core.gatekeeper.refresh()
        if (
            core.room <= 0
            or size < 0
            or core.phase is not Phase.RUNNING
            or core.reserved
            or core.channel.lag
            or self.line
        ):
            return False
        most = core.config.max_bytes
        return most is None or core.bytes_inside + core.bytes_unread + size <= most

    def walk_in(self, ticket: AnyTicket) -> None:
        """Enter by the shortest way, right after `is_clear_for`."""
        self._core.room -= 1
        self._enter(ticket)

    async def enter(self, ticket: AnyTicket, timeout: float | None) -> None:
        """Wait for room, at most `timeout` seconds."""
        core = self._core
        try:
            self.enter_now(ticket)
        except QueueFull:
            if core.crew.is_worker(asyncio.current_task(core.loop)):
                raise
        else:
            return
        ends = inf if timeout is None else core.now() + timeout
        waiter = Waiter(ticket, core.loop.create_future(), first=self._reading())
        self.line.join(waiter)
        core.easy = False
        core.tight = True
        wakes = min(ends, ticket.extra.ends if ticket.extra else inf)
        alarm = None if wakes == inf else core.agenda.at(wakes, partial(self._end_wait, waiter))
        if core.autoscaling:
            core.scaler.look()
        try:
            answer = await waiter.told
        except asyncio.CancelledError:
            self._withdraw(waiter)
            raise
        finally:
            core.agenda.cancel(alarm)
        self._act_on(answer, waiter)

    def let_in(self) -> None:
        """Let in those who wait and fit now, then see whether submitting has become easy."""
        if self._letting_in:
            return
        self._letting_in = True
        try:
            while (waiter := self.line.head()) is not None:
                if not waiter.told.done():
                    if not self._fits(waiter.ticket, reading=waiter.first):
                        break
                    self._reserve(waiter)
                self.line.leave(waiter)
        finally:
            self._letting_in = False
        self.review()

    def review(self) -> None:
        core = self._core
        free = core.room > 0
        if free:
            self.full_since = inf
        elif self.full_since == inf:
            self.full_since = core.now()
        core.tight = not free or bool(self.line)
        core.easy = (
            free
            and core.phase is Phase.RUNNING
            and core.gatekeeper is None
            and not (self.line or core.reserved or core.channel.lag)
        )

    def close(self) -> None:
        """Turn away all who wait."""
        self._core.easy = False
        while (waiter := self.line.head()) is not None:
            self.line.leave(waiter)
            if not waiter.told.done():
                waiter.told.set_result(Answer.CLOSED)

    def _reading(self) -> bool:
        core = self._core
        channel = core.channel
        if not channel.subscriptions:
            return False
        return channel.is_reading(asyncio.current_task(core.loop))

    def _fits(self, ticket: AnyTicket, *, reading: bool) -> bool:
        core = self._core
        if core.gatekeeper is not None:
            core.gatekeeper.refresh()
        if core.room <= 0 or (core.channel.lag and not reading):
            return False
        most = core.config.max_bytes
        if most is None or not ticket.size:
            return True
        taken = core.bytes_inside + self._reserved_bytes + ticket.size
        if not reading:
            surplus = taken + core.bytes_unread - most
            if surplus > core.channel.kept_bytes:
                return False
            core.channel.make_room(surplus)
        return taken <= most

    def _enter(self, ticket: AnyTicket) -> None:
        """The place is taken; put the job where it belongs."""
        core = self._core
        extra = ticket.extra
        if extra is not None:
            core.bytes_inside += extra.size
        if extra is None or extra.is_timeless:
            core.accept(ticket)
        else:
            core.parking.admit(ticket, extra)
        if core.hooks is not None:
            core.hooks.submitted(ticket)
        if core.room <= 0:
            self.review()

    def _end_wait(self, waiter: Waiter) -> None:
        if not waiter.told.done():
            self.line.leave(waiter)
            extra = waiter.ticket.extra
            expired = extra is not None and self._core.now() >= extra.ends
            waiter.told.set_result(Answer.EXPIRED if expired else Answer.TOO_LATE)
            self.let_in()

    def _withdraw(self, waiter: Waiter) -> None:
        """The submitter is gone: the next may have its turn."""
        self.line.leave(waiter)
        told = waiter.told
        if told.done() and not told.cancelled() and told.result() is Answer.ENTER:
            self._free_place(waiter)
        self._core.relax()

    def _reserve(self, waiter: Waiter) -> None:
        self._core.reserved += 1
        self._core.room -= 1
        self._reserved_bytes += waiter.ticket.size
        waiter.told.set_result(Answer.ENTER)

    def _free_place(self, waiter: Waiter) -> None:
        core = self._core
        core.reserved -= 1
        core.room += 1
        self._reserved_bytes -= waiter.ticket.size

    def _act_on(self, answer: Answer, waiter: Waiter) -> None:
        core = self._core
        if answer is not Answer.ENTER:
            raise _refusal(answer)
        ticket = waiter.ticket
        if core.phase is not Phase.RUNNING or (
            ticket.extra is not None and core.now() >= ticket.extra.ends
        ):
            self._free_place(waiter)
            self.let_in()
            raise _refusal(Answer.CLOSED if core.phase is not Phase.RUNNING else Answer.EXPIRED)
        core.reserved -= 1
        self._reserved_bytes -= ticket.size
        self._enter(ticket)
        self.review()


def _refusal(answer: Answer) -> Exception:
    if answer is Answer.TOO_LATE:
        return SubmitTimeout("there was no room in time")
    if answer is Answer.EXPIRED:
        return JobExpired("the job's time passed while it waited to be let in")
    return PoolClosed("the pool is stopping or has stopped")
