"""Jobs that wait for a time, and the times at which waiting jobs expire."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import TYPE_CHECKING

from app.pool.extra import Extra
from app.pool.outcome import Outcome
from app.pool.ticket import PARKED, QUEUED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.pool.core import Core
    from app.pool.ticket import AnyTicket


class Parking:
    """Holds jobs without holding a worker; one alarm per job, for whatever comes first."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._tickets: dict[AnyTicket, None] = {}

    def __iter__(self) -> Iterator[AnyTicket]:
        return iter(self._tickets)

    def admit(self, ticket: AnyTicket, extra: Extra) -> None:
        """A new job with rare options."""
        core = self._core
        if extra.due == -inf:
            core.accept(ticket)
            self._set_alarm(ticket, extra)
            return
        core.submitted += 1
        core.numbers += 1
        ticket.number = core.numbers
        self._park(ticket, extra)

    def put_back(self, ticket: AnyTicket, seconds: float) -> None:
        """A job comes back from a worker, which counts it as running no longer."""
        extra = extra_for(ticket)
        extra.due = self._core.now() + seconds
        self._park(ticket, extra)

    def leave(self, ticket: AnyTicket) -> None:
        """A parked job has ended or is due."""
        del self._tickets[ticket]
        self._core.parked -= 1

    def may_start(self, ticket: AnyTicket, extra: Extra, now: float) -> bool:
        """Whether a job just taken from the buffer is still in time; settles it when not."""
        core = self._core
        core.agenda.cancel(extra.alarm)
        extra.alarm = None
        if now < extra.ends:
            return True
        # It stands in no line any more, so it leaves as a parked job would.
        core.queued -= 1
        core.parked += 1
        self._tickets[ticket] = None
        ticket.state = PARKED
        core.settle(ticket, Outcome.EXPIRED, None)
        return False

    def _park(self, ticket: AnyTicket, extra: Extra) -> None:
        ticket.state = PARKED
        self._tickets[ticket] = None
        self._core.parked += 1
        self._set_alarm(ticket, extra)

    def _set_alarm(self, ticket: AnyTicket, extra: Extra) -> None:
        core = self._core
        core.agenda.cancel(extra.alarm)
        when = min(extra.ends, extra.due) if ticket.state == PARKED else extra.ends
        extra.alarm = None if when == inf else core.agenda.at(when, partial(self._ring, ticket))

    def _ring(self, ticket: AnyTicket) -> None:
        extra = extra_for(ticket)
        core = self._core
        if ticket.state not in {QUEUED, PARKED}:
            return
        if core.now() >= extra.ends:
            core.settle(ticket, Outcome.EXPIRED, None)
            return
        extra.first_number = ticket.submission
        self.leave(ticket)
        core.enqueue(ticket)
        self._set_alarm(ticket, extra)


def extra_for(ticket: AnyTicket) -> Extra:
    """The job's rare part, made when it first needs one; before it counts its attempts."""
    extra = ticket.extra
    if extra is None:
        extra = ticket.extra = Extra()
        extra.attempts = 1
    return extra
