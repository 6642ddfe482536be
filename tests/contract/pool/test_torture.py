"""Everything at once, and a cancellation at every point where something waits."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.pool import PoolError, Postpone, Priority, RetryPolicy, Ticket, WorkerPool
from tests.contract.pool.helpers import check_numbers, pool_of, read_all

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator


class Flapping:
    """A gate that opens and shuts all the time."""

    def __init__(self, rand: random.Random) -> None:
        self._random = rand

    def ready_in(self) -> float:
        return self._random.choice((0.0, 0.0, 0.002))


class Torture:
    """100 submitters, resizes, pauses and cancellations at random, and a stop at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.tickets: list[Ticket[Any]] = []
        self.running = 0
        self.pool: WorkerPool[Any, Any] = pool_of(
            self.handler,
            workers=5,
            min_workers=1,
            max_workers=12,
            buffer=20,
            max_bytes=500,
            results_buffer=50,
            ageing=0.002,
            job_timeout=0.02,
            scale_up_cooldown=0.005,
            scale_down_cooldown=0.005,
            scale_interval=0.003,
            stuck_after=0.015,
            retry=RetryPolicy(2, base=0.001, cap=0.004),
            breaker=Flapping(self.random) if seed % 2 else None,
        )

    async def handler(self, job: int) -> int:
        dice = self.random.random()
        await asyncio.sleep(self.random.choice((0, 0, 0.001, 0.004)))
        if dice < 0.1:
            raise ValueError(job)
        if dice < 0.15:
            raise Postpone(self.random.random() / 200)
        if dice < 0.2:
            await asyncio.sleep(10)
        if dice < 0.22:
            raise asyncio.CancelledError
        return job

    async def submitter(self) -> None:
        rand = self.random
        while True:
            now = datetime.now(UTC)
            soon = now + timedelta(seconds=rand.random() / 50)
            try:
                ticket = await self.pool.submit(
                    0,
                    priority=rand.choice(list(Priority)),
                    timeout=rand.choice((None, 0, 0.005)),
                    expires_at=rand.choice((None, None, soon)),
                    deadline=rand.choice((None, None, soon)),
                    not_before=rand.choice((None, None, soon)),
                    size=rand.choice((0, 10, 100)),
                )
            except (PoolError, TimeoutError):
                await asyncio.sleep(rand.random() / 100)
                continue
            self.tickets.append(ticket)
            if rand.random() < 0.2:
                ticket.cancel()
            elif rand.random() < 0.5:
                try:
                    async with asyncio.timeout(0.01):
                        await ticket
                except Exception:  # noqa: BLE001 - whatever became of it
                    await asyncio.sleep(0)

    async def troublemaker(self, submitters: list[asyncio.Task[None]]) -> None:
        rand = self.random
        while True:
            await asyncio.sleep(rand.random() / 200)
            check_numbers(self.pool)
            what = rand.randrange(6)
            if what == 0:
                self.pool.pause()
            elif what <= 2:
                self.pool.resume()
            elif what == 3:
                await self.pool.resize(rand.randint(1, 12))
            elif what == 4 and self.tickets:
                rand.choice(self.tickets).cancel()
            else:
                victim = rand.randrange(len(submitters))
                submitters[victim].cancel()
                submitters[victim] = asyncio.create_task(self.submitter())

    async def run(self) -> None:
        pool = self.pool
        await pool.start()
        readers = [asyncio.create_task(read_all(pool.results()))]
        seen = readers[0]
        submitters = [asyncio.create_task(self.submitter()) for _ in range(100)]
        trouble = asyncio.create_task(self.troublemaker(submitters))
        await asyncio.sleep(0.3 + self.random.random() / 3)
        report = await pool.stop(self.random.choice((0, 0.05, 5)))
        tasks = [trouble, *submitters]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        results = await seen
        stats = pool.stats()
        check_numbers(pool)
        assert (0, 0, 0, 0) == (stats.workers, stats.busy, stats.queued, stats.parked)
        assert () == report.stragglers
        assert all(ticket.done() for ticket in self.tickets)
        counts = Counter(result.job_id for result in results)
        assert stats.submitted == len(counts) == len(results)
        assert {ticket.job_id for ticket in self.tickets} <= set(counts)
        assert 0 == stats.bytes == stats.callback_errors


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_lost_and_nothing_left_behind(run: Any, seed: int) -> None:
    async def main() -> None:
        await Torture(seed).run()

    run(main())


class CancelAt:
    """Awaits a coroutine and cancels the task that does so at its n-th suspension."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], n: int) -> None:
        self._coroutine = coroutine
        self._n = n
        self.suspensions = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._coroutine.__await__()
        send: Any = lambda: steps.send(None)  # noqa: E731 - the next step to take
        while True:
            try:
                waits_for = send()
            except StopIteration as end:
                return end.value
            self.suspensions += 1
            task = asyncio.current_task()
            if self.suspensions == self._n and task is not None:
                task.cancel()
            try:
                yield waits_for
            except BaseException as error:  # noqa: BLE001 - handed on
                send = lambda error=error: steps.throw(error)  # noqa: E731
            else:
                send = lambda: steps.send(None)  # noqa: E731


async def everything(tickets: list[Ticket[Any]], pool: WorkerPool[Any, Any]) -> None:
    """One task that waits at every point of the pool at which one can wait."""
    async with pool:
        tickets.extend([await pool.submit(n) for n in range(4)])
        report = await pool.submit_many(range(4, 8), timeout=5)
        tickets.extend(report.accepted)
        try:
            await tickets[-1]
        except PoolError:
            await asyncio.sleep(0)
        await pool.wait()
        await pool.get_result(1)
        async with pool.results() as results:
            for _ in range(3):
                await anext(results)
            tickets.append(await pool.submit("more"))
            async for result in results:
                if result.job == "more":
                    break
        await pool.resize(3)
        tickets.append(await pool.submit("last"))


async def slowly(job: Any) -> Any:
    for _ in range(3):
        await asyncio.sleep(0)
    return job


def test_a_cancellation_at_every_suspension_of_the_caller_leaves_nothing_behind(run: Any) -> None:
    async def main() -> None:
        n = 0
        while True:
            n += 1
            tickets: list[Ticket[Any]] = []
            pool = pool_of(slowly, workers=2, buffer=1)
            driver = CancelAt(everything(tickets, pool), n)

            async def drive(driver: CancelAt = driver) -> None:
                await driver

            task = asyncio.create_task(drive())
            await asyncio.wait([task])
            assert all(ticket.done() for ticket in tickets)
            check_numbers(pool)
            assert 0 == pool.stats().workers == pool.stats().busy == pool.stats().queued
            if driver.suspensions < n:
                assert not task.cancelled()
                assert task.exception() is None
                break
            assert task.cancelled() or task.exception() is None
        assert n > 7

    run(main())


class Target:
    """A handler of four steps that tidies up in three more; it is hit at its n-th suspension."""

    def __init__(self, n: int, by: str) -> None:
        self._n = n
        self._by = by
        self._suspensions = 0
        self.stopping: asyncio.Task[Any] | None = None
        self.pool = pool_of(self.handler, workers=2)
        self.ticket: Any = None

    async def handler(self, job: str) -> Any:
        if job != "target":
            return await slowly(job)
        try:
            for _ in range(4):
                await self._suspend()
        finally:
            for _ in range(3):
                await self._suspend()
        return job

    async def _suspend(self) -> None:
        self._suspensions += 1
        if self._suspensions == self._n:
            self._hit()
        await asyncio.sleep(0)

    def _hit(self) -> None:
        task = asyncio.current_task()
        if self._by == "ticket":
            self.ticket.cancel()
        elif self._by == "stop":
            self.stopping = asyncio.create_task(self.pool.stop(0))
        elif task is not None:
            task.cancel()

    async def run(self) -> None:
        await self.pool.start()
        self.ticket = await self.pool.submit("target")
        if self._by != "stop":
            others = await self.pool.submit_many(["0", "1", "2"])
            assert ["0", "1", "2"] == [await other for other in others.accepted]
        await self.pool.wait()
        if self.stopping is not None:
            await self.stopping
        await self.pool.stop()
        assert self.ticket.done()
        check_numbers(self.pool)


@pytest.mark.parametrize("by", ["ticket", "stop", "outside"])
def test_a_cancellation_at_every_suspension_of_a_handler_costs_that_job_alone(
    run: Any, by: str
) -> None:
    async def main() -> None:
        for n in range(1, 8):
            await Target(n, by).run()

    run(main())
