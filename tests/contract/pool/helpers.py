"""Handlers and moments that many of the pool's tests need."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.pool import JobResult, ManualClock, Outcome, PoolConfig, Results, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


async def echo(job: Any) -> Any:
    return job


async def spin(turns: int = 20) -> None:
    """Let everything that can run, run."""
    for _ in range(turns):
        await asyncio.sleep(0)


class Held:
    """A handler whose jobs run until they are let go, and which remembers what it started."""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.running = 0
        self.most = 0
        self.cancelled: list[Any] = []
        self._gates: dict[Any, asyncio.Event] = {}
        self._open = False

    async def __call__(self, job: Any) -> Any:
        self.started.append(job)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if not self._open:
                await self._gate(job).wait()
        except asyncio.CancelledError:
            self.cancelled.append(job)
            raise
        finally:
            self.running -= 1
        return job

    def let_go(self, *jobs: Any) -> None:
        for job in jobs:
            self._gate(job).set()

    def let_all_go(self) -> None:
        self._open = True
        for gate in self._gates.values():
            gate.set()

    def _gate(self, job: Any) -> asyncio.Event:
        return self._gates.setdefault(job, asyncio.Event())


class Swallower:
    """A handler that swallows cancellation until `end` is set."""

    def __init__(self) -> None:
        self.end = asyncio.Event()
        self.swallowed = 0

    async def __call__(self, job: Any) -> Any:
        while not self.end.is_set():
            try:
                await self.end.wait()
            except asyncio.CancelledError:
                self.swallowed += 1
        return job


def pool_of(
    handler: Callable[[Any], Awaitable[Any]] = echo,
    *,
    clock: ManualClock | None = None,
    plugins: tuple[object, ...] = (),
    observer: Any = None,
    on_error: Callable[[Any], object] | None = None,
    **config: Any,
) -> Any:
    """Untyped, as most tickets here are dropped on purpose, which mypy would mind."""
    return WorkerPool(
        handler,
        PoolConfig(**config),
        clock=clock,
        plugins=plugins,
        observer=observer,
        on_error=on_error,
    )


async def read_all(results: Results[Any, Any]) -> list[JobResult[Any, Any]]:
    return [result async for result in results]


def outcomes(results: list[JobResult[Any, Any]]) -> dict[Any, Outcome]:
    return {result.job: result.outcome for result in results}


def check_numbers(pool: WorkerPool[Any, Any]) -> None:
    """Submitted = sum of the outcomes + inside."""
    stats = pool.stats()
    ended = (
        stats.completed
        + stats.failed
        + stats.timed_out
        + stats.expired
        + stats.cancelled
        + stats.abandoned
    )
    assert stats.submitted == ended + stats.queued + stats.parked + stats.busy, stats
