"""POOL.md: `max_bytes`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.pool import ManualClock, QueueFull
from tests.contract.pool.helpers import Held, check_numbers, echo, pool_of, spin


def test_max_bytes_bounds_what_is_inside(run: Any) -> None:
    async def main() -> None:
        held = Held()
        clock = ManualClock()
        pool = pool_of(held, clock=clock, workers=2, buffer=10, max_bytes=100)
        async with pool, pool.results() as results:
            pool.try_submit("runs", size=40)
            pool.try_submit("parked", size=40, not_before=clock.now() + timedelta(seconds=9))
            assert 80 == pool.stats().bytes
            with pytest.raises(QueueFull):
                pool.try_submit("big", size=21)
            pool.try_submit("small", size=20)
            assert 100 == pool.stats().bytes
            held.let_all_go()
            await spin()
            # Ended, but their results have not been taken.
            assert 100 == pool.stats().bytes
            with pytest.raises(QueueFull):
                pool.try_submit("more", size=1)
            pool.try_submit("weightless")
            await anext(results)
            assert 60 == pool.stats().bytes
            clock.advance(9)
            for _ in range(3):
                await anext(results)
            assert 0 == pool.stats().bytes

    run(main())


def test_none_overtakes_not_even_a_smaller_one_under_max_bytes(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=2, buffer=10, max_bytes=100) as pool:
            await pool.submit("a", size=60)
            big = asyncio.create_task(pool.submit("big", size=50))
            await spin()
            small = asyncio.create_task(pool.submit("small", size=1))
            weightless = asyncio.create_task(pool.submit("weightless"))
            await spin()
            assert not any(task.done() for task in (big, small, weightless))
            with pytest.raises(QueueFull):
                pool.try_submit("smaller", size=1)
            held.let_go("a")
            await asyncio.gather(big, small, weightless)
            held.let_all_go()
            await pool.wait()
            assert ["a", "big", "small", "weightless"] == held.started

    run(main())


def test_unread_results_give_way_when_a_submission_needs_their_bytes(run: Any) -> None:
    async def main() -> None:
        async with pool_of(echo, workers=1, buffer=10, max_bytes=100) as pool:
            for job in range(50):
                await (await pool.submit(job, size=30))
            assert 0 < pool.stats().dropped_results
            assert pool.stats().bytes <= 100
            kept = [await pool.get_result(0) for _ in range(3)]
            assert [47, 48, 49] == [result.job for result in kept]
            assert 0 == pool.stats().bytes

    run(main())


def test_bytes_of_several_readers_are_freed_by_the_slowest(run: Any) -> None:
    async def main() -> None:
        async with pool_of(echo, max_bytes=100) as pool:
            one, two = pool.results(), pool.results()
            await pool.submit(1, size=100)
            await anext(one)
            assert 100 == pool.stats().bytes
            await anext(two)
            assert 0 == pool.stats().bytes
            await pool.submit(2, size=100)
            await anext(one)
            await two.aclose()
            assert 0 == pool.stats().bytes
            check_numbers(pool)

    run(main())
