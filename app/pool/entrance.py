"""The ways in: `submit`, `try_submit`, `submit_many`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from app.pool.errors import PoolError
from app.pool.extra import sized
from app.pool.priority import Priority
from app.pool.submit_report import Refusal, SubmitReport
from app.pool.terms import check_duration, check_plain, extra_of
from app.pool.ticket import QUEUED, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.pool.core import Core

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

new_ticket = object.__new__


class Entrance(Generic[JobT, ResultT]):
    """The part of `WorkerPool` that takes work."""

    _core: Core

    async def submit(  # noqa: PLR0913 - each option may be given or left out
        self,
        job: JobT,
        *,
        priority: Priority = Priority.NORMAL,
        timeout: float | None = None,
        deadline: datetime | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        timeout_each: float | None = None,
        job_id: str | None = None,
        size: int = 0,
    ) -> Ticket[ResultT]:
        """Wait for room and enter; a caller cancelled while waiting has enqueued nothing.

        `timeout` bounds the wait (SubmitTimeout), `timeout_each` each run of the handler.
        Inside a handler a full pool raises QueueFull.
        """
        core = self._core
        if (
            core.easy
            and type(priority) is Priority
            and timeout is None
            and deadline is None
            and not_before is None
            and expires_at is None
            and timeout_each is None
            and (job_id is None or type(job_id) is str)
            and not size
        ):
            # As `Ticket(…)` and `core.enter_easily` do, with nothing called on the way.
            ticket: Ticket[ResultT] = new_ticket(Ticket)
            ticket.core = core
            ticket.job = job
            ticket.priority = priority
            ticket.given_id = job_id
            ticket.extra = ticket.outcome = ticket.waiters = None
            core.submitted += 1
            core.numbers = ticket.number = core.numbers + 1
            ticket.entered = core.now()
            ticket.state = QUEUED
            core.queued += 1
            core.lines[priority].append(ticket)
            if core.resting and core.flowing:
                core.crew.wake_one()
            core.room = room = core.room - 1
            if room <= 0 or core.attentive:
                core.entered_easily(ticket)
            return ticket
        try:
            check_duration("timeout", timeout)
            ticket = self._ticket(
                job,
                priority,
                deadline=deadline,
                not_before=not_before,
                expires_at=expires_at,
                timeout_each=timeout_each,
                job_id=job_id,
                size=size,
            )
            await core.door.enter(ticket, timeout)
        except Exception as error:
            core.refused(error)
            raise
        return ticket

    def try_submit(
        self,
        job: JobT,
        *,
        priority: Priority = Priority.NORMAL,
        deadline: datetime | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        timeout_each: float | None = None,
        job_id: str | None = None,
        size: int = 0,
    ) -> Ticket[ResultT]:
        """As `submit`, never waiting: QueueFull when there is no room at once."""
        core = self._core
        if (
            type(priority) is Priority
            and deadline is None
            and not_before is None
            and expires_at is None
            and timeout_each is None
            and (job_id is None or type(job_id) is str)
        ):
            if core.easy and not size:
                ticket: Ticket[ResultT] = Ticket(core, job, priority, job_id, None)
                core.enter_easily(ticket)
                return ticket
            if type(size) is int and core.door.is_clear_for(size):
                ticket = Ticket(core, job, priority, job_id, sized(size) if size else None)
                core.door.walk_in(ticket)
                return ticket
        try:
            ticket = self._ticket(
                job,
                priority,
                deadline=deadline,
                not_before=not_before,
                expires_at=expires_at,
                timeout_each=timeout_each,
                job_id=job_id,
                size=size,
            )
            core.door.enter_now(ticket)
        except Exception as error:
            core.refused(error)
            raise
        return ticket

    async def submit_many(
        self,
        jobs: Iterable[JobT],
        *,
        priority: Priority = Priority.NORMAL,
        timeout: float | None = None,
        deadline: datetime | None = None,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        timeout_each: float | None = None,
        size: int = 0,
    ) -> SubmitReport[JobT, ResultT]:
        """Submit one after the other; `timeout` bounds the whole call."""
        core = self._core
        ends = None if timeout is None else core.now() + timeout
        accepted: list[Ticket[ResultT]] = []
        refused: list[Refusal[JobT]] = []
        for job in jobs:
            left = None if ends is None else max(0.0, ends - core.now())
            try:
                ticket = await self.submit(
                    job,
                    priority=priority,
                    timeout=left,
                    deadline=deadline,
                    not_before=not_before,
                    expires_at=expires_at,
                    timeout_each=timeout_each,
                    size=size,
                )
            except (PoolError, ValueError) as error:
                refused.append(Refusal(job, error))
            else:
                accepted.append(ticket)
        return SubmitReport(tuple(accepted), tuple(refused))

    def room(self) -> int:
        """How many more jobs would enter at once, as far as their number goes."""
        return self._core.door.room()

    def _ticket(
        self,
        job: JobT,
        priority: Priority,
        *,
        deadline: datetime | None,
        not_before: datetime | None,
        expires_at: datetime | None,
        timeout_each: float | None,
        job_id: str | None,
        size: int,
    ) -> Ticket[ResultT]:
        core = self._core
        core.door.check_open()
        check_plain(priority, job_id)
        extra = extra_of(
            core.clock,
            max_bytes=core.config.max_bytes,
            deadline=deadline,
            not_before=not_before,
            expires_at=expires_at,
            timeout_each=timeout_each,
            size=size,
        )
        return Ticket(core, job, priority, job_id, extra)
