"""POOL.md, "Room"."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.pool import ManualClock, Postpone, Priority, QueueFull, RetryPolicy
from tests.contract.pool.helpers import Held, pool_of, spin


def fill(pool: Any, prefix: str = "fill") -> int:
    """Submit until the pool is full; how many entered."""
    entered = 0
    while True:
        try:
            pool.try_submit(f"{prefix}{entered}")
        except QueueFull:
            return entered
        entered += 1


@pytest.mark.parametrize(("workers", "buffer"), [(1, 0), (1, 1), (3, 0), (3, 5), (10, 100)])
def test_as_many_enter_as_buffer_and_workers_able_to_start(
    run: Any, workers: int, buffer: int
) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=workers, buffer=buffer) as pool:
            assert workers + buffer == pool.room()
            assert workers + buffer == fill(pool)
            await spin(2 * workers)
            assert 0 == pool.room()
            assert 0 == fill(pool)
            assert workers == held.running
            held.let_go("fill0")
            await spin()
            assert 1 == pool.room()
            assert 1 == fill(pool, "again")
            held.let_all_go()

    run(main())


def test_buffer_0_hands_a_job_straight_to_a_free_worker(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=2, buffer=0) as pool:
            await pool.submit("a")
            await pool.submit("b")
            await spin()
            assert 2 == held.running
            with pytest.raises(QueueFull):
                pool.try_submit("c")
            held.let_all_go()

    run(main())


def test_a_paused_pool_accepts_only_what_its_buffer_holds(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=4, buffer=3) as pool:
            pool.pause()
            assert 3 == fill(pool)
            pool.resume()
            assert 4 == fill(pool, "more")

    run(main())


def test_a_gated_pool_accepts_only_what_its_buffer_holds(run: Any) -> None:
    class Gate:
        wait = 30.0

        def ready_in(self) -> float:
            return self.wait

    async def main() -> None:
        gate = Gate()
        clock = ManualClock()
        async with pool_of(clock=clock, workers=4, buffer=3, breaker=gate) as pool:
            assert 3 == fill(pool)
            gate.wait = 0.0
            clock.advance(1)
            await pool.wait()
            assert 7 == fill(pool, "more")

    run(main())


def test_parked_jobs_count_in_the_buffer(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock, workers=1, buffer=2) as pool:
            later = clock.now() + timedelta(seconds=5)
            for job in range(3):
                pool.try_submit(job, not_before=later)
            with pytest.raises(QueueFull):
                pool.try_submit("more")
            clock.advance(5)
            await pool.wait()
            assert 3 == pool.stats().completed

    run(main())


def test_a_job_that_comes_back_always_enters_again(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        tries: list[str] = []

        async def handler(job: str) -> None:
            tries.append(job)
            await asyncio.sleep(0)
            if tries.count(job) == 1:
                if job.startswith("p"):
                    raise Postpone(2)
                raise ValueError(job)

        pool = pool_of(
            handler,
            clock=clock,
            workers=2,
            buffer=0,
            retry=RetryPolicy(max_retries=1, base=1, jitter=0),
        )
        async with pool:
            pool.try_submit("p")
            pool.try_submit("r")
            await spin()
            assert 2 == pool.stats().parked
            with pytest.raises(QueueFull):
                pool.try_submit("new")
            clock.advance(2)
            await pool.wait()
            assert 2 == pool.stats().completed
            assert 2 == pool.room()

    run(main())


def test_waiters_enter_by_priority_then_in_order_of_call(run: Any) -> None:
    async def main() -> None:
        held = Held()
        entered: list[str] = []

        async def enter(name: str, priority: Priority) -> None:
            await pool.submit(name, priority=priority)
            entered.append(name)

        async with pool_of(held, workers=1, buffer=0, ageing=0) as pool:
            await pool.submit("first")
            await spin()
            tasks = []
            for name, priority in [
                ("low1", Priority.LOW),
                ("normal1", Priority.NORMAL),
                ("normal2", Priority.NORMAL),
                ("high1", Priority.HIGH),
                ("low2", Priority.LOW),
                ("high2", Priority.HIGH),
            ]:
                tasks.append(asyncio.create_task(enter(name, priority)))
                await spin(3)
            held.let_all_go()
            await asyncio.gather(*tasks)
            expected = ["high1", "high2", "normal1", "normal2", "low1", "low2"]
            assert expected == entered
            await pool.wait()
            assert ["first", *expected] == held.started

    run(main())


def test_try_submit_behind_a_waiter_is_queue_full(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            await pool.submit("a")
            await spin()
            waiting = asyncio.create_task(pool.submit("b"))
            await spin()
            # There is room from here on, and it is the waiter's.
            await pool.resize(2)
            with pytest.raises(QueueFull):
                pool.try_submit("c")
            await waiting
            held.let_all_go()
            await pool.wait()
            assert ["a", "b"] == held.started

    run(main())


def test_a_job_that_comes_back_to_a_paused_pool_takes_the_last_place(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        go = asyncio.Event()

        async def handler(job: str) -> None:
            if job == "back" and not go.is_set():
                await go.wait()
                raise Postpone(2)

        async with pool_of(handler, clock=clock, workers=1, buffer=2) as pool:
            pool.try_submit("back")
            await spin()
            pool.pause()
            pool.try_submit("queued")
            go.set()
            await spin()
            assert 0 == pool.room()
            with pytest.raises(QueueFull):
                pool.try_submit("one too many")
            pool.resume()
            clock.advance(2)

    run(main())
