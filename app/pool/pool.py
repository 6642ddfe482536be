"""The pool as its users see it."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Generic, TypeVar

from app.flow import Clock, SystemClock
from app.pool.config import PoolConfig
from app.pool.core import Core
from app.pool.errors import PoolAlreadyStarted, PoolClosed, PoolError
from app.pool.health import Health, health_of
from app.pool.hooks import hooks_of
from app.pool.phase import Phase
from app.pool.priority import Priority
from app.pool.reader import Results
from app.pool.result import JobError, JobResult, result_of
from app.pool.stats import PoolStats, WorkerStats, stats_of, worker_stats_of
from app.pool.submit_report import Refusal, SubmitReport
from app.pool.terms import check_duration, check_plain, extra_of
from app.pool.ticket import QUEUED, Ticket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime
    from types import TracebackType

    from app.pool.observer import Observer
    from app.pool.stopping import StopReport

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")

new_ticket = object.__new__


class WorkerPool(Generic[JobT, ResultT]):
    """Runs `handler(job)` for the jobs submitted, on so many workers, on one event loop.

    TypeError when the handler is no async callable. Nothing may be called from other threads.
    """

    def __init__(
        self,
        handler: Callable[[JobT], Awaitable[ResultT]],
        config: PoolConfig | None = None,
        *,
        on_error: Callable[[JobError], object] | None = None,
        plugins: Sequence[object] = (),
        observer: Observer | None = None,
        clock: Clock | None = None,
    ) -> None:
        if not (iscoroutinefunction(handler) or iscoroutinefunction(type(handler).__call__)):
            raise TypeError(f"handler must be an async callable, not {handler!r}")
        hooks = hooks_of(on_error, tuple(plugins), observer)
        self._core = Core(handler, config or PoolConfig(), clock or SystemClock(), hooks)

    # -- life

    async def start(self) -> None:
        """Make the workers. PoolAlreadyStarted the second time, PoolClosed after `stop`."""
        core = self._core
        if core.started_at is not None:
            raise PoolAlreadyStarted("a pool is started once")
        if core.phase is Phase.STOPPED:
            raise PoolClosed("the pool was stopped before it started")
        core.start()
        if core.hooks is not None:
            core.hooks.began(self)

    async def stop(self, timeout: float | None = None) -> StopReport:
        """Refuse new work, run all that was accepted, end; by force after `timeout` seconds.

        A second call joins the first and the earlier end wins; later ones get the same report.
        RuntimeError inside a handler.
        """
        core = self._core
        check_duration("timeout", timeout)
        self._not_inside("stop")
        return await core.stopping.join(
            core.config.shutdown_timeout if timeout is None else timeout
        )

    async def wait(self) -> None:
        """Until nothing is buffered, parked or running. RuntimeError inside a handler."""
        core = self._core
        self._not_inside("wait")
        if core.inside:
            told: asyncio.Future[None] = core.loop.create_future()
            core.idle_told.append(told)
            try:
                await told
            finally:
                if told in core.idle_told:
                    core.idle_told.remove(told)

    def pause(self) -> None:
        """Start no more jobs, while accepting goes on. Nothing once the pool is stopping."""
        core = self._core
        if not core.paused and core.phase <= Phase.RUNNING:
            core.paused = True
            core.measure()
            if core.autoscaling:
                core.scaler.look()
            if core.hooks is not None:
                core.hooks.paused()

    def resume(self) -> None:
        core = self._core
        if core.paused:
            core.paused = False
            core.measure()
            if core.autoscaling:
                core.scaler.look()
            if core.hooks is not None:
                core.hooks.resumed()

    async def __aenter__(self) -> WorkerPool[JobT, ResultT]:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        cancelled = isinstance(error, asyncio.CancelledError)
        _ = await self.stop(0 if cancelled else None)

    # -- putting work in

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
            core.easy
            and type(priority) is Priority
            and deadline is None
            and not_before is None
            and expires_at is None
            and timeout_each is None
            and (job_id is None or type(job_id) is str)
            and not size
        ):
            ticket: Ticket[ResultT] = Ticket(core, job, priority, job_id, None)
            core.enter_easily(ticket)
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

    # -- getting results out

    def results(self) -> Results[JobT, ResultT]:
        """Subscribe, from this call on; the first subscriber also gets what was kept."""
        return Results(self._core)

    async def get_result(self, timeout: float | None = None) -> JobResult[JobT, ResultT]:
        """Take the oldest result kept while nobody subscribes; NoResult after `timeout` s."""
        check_duration("timeout", timeout)
        return result_of(await self._core.channel.get(timeout))

    # -- size

    async def resize(self, n: int) -> None:
        """Have n workers; busy ones finish their job first. Does not wait for them."""
        self._core.door.check_open()
        self._core.scaler.set_size(n)

    async def scale_up(self, n: int = 1) -> int:
        """So many more, up to the bound; the new number. AtMaxWorkers when already there."""
        self._core.door.check_open()
        return self._core.scaler.change_by(1, n)

    async def scale_down(self, n: int = 1) -> int:
        """So many fewer, down to the bound; the new number. AtMinWorkers when already there."""
        self._core.door.check_open()
        return self._core.scaler.change_by(-1, n)

    # -- seeing inside

    def stats(self) -> PoolStats:
        return stats_of(self._core)

    def worker_stats(self) -> tuple[WorkerStats, ...]:
        return worker_stats_of(self._core)

    def health(self) -> Health:
        return health_of(self._core)

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

    def _not_inside(self, what: str) -> None:
        if self._core.crew.is_worker(asyncio.current_task()):
            raise RuntimeError(f"{what}() inside a handler would wait for itself")
