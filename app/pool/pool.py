"""The pool as its users see it."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, TypeVar

from app.flow import Clock, SystemClock
from app.pool.config import PoolConfig
from app.pool.core import Core
from app.pool.entrance import Entrance
from app.pool.errors import PoolAlreadyStarted, PoolClosed
from app.pool.health import Health, health_of
from app.pool.hooks import hooks_of
from app.pool.phase import Phase
from app.pool.reader import Results
from app.pool.result import JobError, JobResult, result_of
from app.pool.stats import Load, PoolStats, WorkerStats, load_of, stats_of, worker_stats_of
from app.pool.terms import check_duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    from app.pool.observer import EventObserver
    from app.pool.stopping import StopReport
    from app.pool.watch import StuckJob

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")


class WorkerPool(Entrance[JobT, ResultT]):
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
        observer: EventObserver | None = None,
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

    def load(self) -> Load:
        """As in `stats`, which costs more."""
        return load_of(self._core)

    @property
    def workers(self) -> int:
        """How many there are, including such as leave once their job is done."""
        return self._core.live

    def stuck(self) -> tuple[StuckJob, ...]:
        """As in `stats`, which costs more."""
        return self._core.watch.stuck()

    def worker_stats(self) -> tuple[WorkerStats, ...]:
        return worker_stats_of(self._core)

    def health(self) -> Health:
        return health_of(self._core)

    def _not_inside(self, what: str) -> None:
        if self._core.crew.is_worker(asyncio.current_task()):
            raise RuntimeError(f"{what}() inside a handler would wait for itself")
