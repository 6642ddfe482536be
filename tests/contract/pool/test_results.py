"""POOL.md, "Getting results out": readers, and how they hold the pool up."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import (
    ManualClock,
    Outcome,
    Priority,
    QueueFull,
)
from tests.contract.pool.helpers import Held, echo, outcomes, pool_of, read_all, spin


def test_a_subscribed_reader_gets_every_result_from_then_on(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(workers=3)
        first = pool.results()
        async with pool:
            for job in range(10):
                await (await pool.submit(job))
            second = pool.results()
            for job in range(10, 20):
                await (await pool.submit(job))
        assert list(range(20)) == [result.job for result in await read_all(first)]
        assert list(range(10, 20)) == [result.job for result in await read_all(second)]

    run(main())


def test_every_outcome_reaches_results(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: str) -> str:
            if job == "failed":
                raise ValueError
            if job in {"timeout", "abandoned"}:
                await asyncio.sleep(100)
            return job

        pool = pool_of(handler, clock=clock, workers=3)
        results = pool.results()
        await pool.start()
        await pool.submit("ok")
        await pool.submit("failed")
        await pool.submit("timeout", timeout_each=1)
        await spin()
        clock.advance(1)
        await spin()
        await pool.submit("abandoned")
        await spin()
        pool.pause()
        (await pool.submit("cancelled")).cancel()
        at = clock.now().replace(year=clock.now().year + 1)
        await pool.submit("expired", expires_at=at)
        clock.advance(366 * 86_400)
        await pool.stop(0)
        assert {o.value: o for o in Outcome} == outcomes(await read_all(results))

    run(main())


def test_workers_never_wait_for_a_reader_and_submit_does(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(workers=2, buffer=10, results_buffer=3)
        async with pool, pool.results() as results:
            for job in range(10):
                pool.try_submit(job)
            await pool.wait()
            assert 10 == pool.stats().completed
            with pytest.raises(QueueFull):
                pool.try_submit("more")
            waiting = asyncio.create_task(pool.submit("more"))
            await spin()
            assert not waiting.done()
            for job in range(7):
                assert job == (await anext(results)).job
            await spin()
            assert not waiting.done()
            await anext(results)
            await waiting

    run(main())


def test_the_slowest_reader_counts(run: Any) -> None:
    async def main() -> None:
        async with pool_of(results_buffer=2) as pool:
            quick, slow = pool.results(), pool.results()
            reading = asyncio.create_task(read_all(quick))
            for job in range(2):
                await (await pool.submit(job))
                await spin()
            with pytest.raises(QueueFull):
                pool.try_submit("more")
            await slow.aclose()
            pool.try_submit("more")
        await reading

    run(main())


def test_wait_and_stop_never_depend_on_readers(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(buffer=50, results_buffer=1)
        results = pool.results()
        await pool.start()
        for job in range(50):
            pool.try_submit(job)
        await pool.wait()
        report = await pool.stop()
        assert not report.forced
        assert 50 == len(await read_all(results))

    run(main())


@pytest.mark.parametrize("buffer", [0, 1, 7])
@pytest.mark.parametrize("results_buffer", [1, 2, 10])
@pytest.mark.parametrize("max_bytes", [None, 5])
def test_a_reader_that_resubmits_from_its_loop_never_deadlocks(
    run: Any, buffer: int, results_buffer: int, max_bytes: int | None
) -> None:
    async def main() -> None:
        failures: dict[int, int] = {}

        async def handler(job: int) -> int:
            await asyncio.sleep(0)
            failures[job] = failures.get(job, 0) + 1
            if failures[job] <= job % 4:
                raise ValueError(job)
            return job

        pool = pool_of(
            handler, workers=2, buffer=buffer, results_buffer=results_buffer, max_bytes=max_bytes
        )
        size = 5 if max_bytes else 0
        done = 0

        async def read() -> None:
            nonlocal done
            async for result in pool.results():
                if result.outcome is Outcome.FAILED:
                    await pool.submit(result.job, size=size)
                else:
                    done += 1
                    if done == 60:
                        return

        async with pool:
            reader = asyncio.create_task(read())
            await spin(2)
            submitters = [
                asyncio.create_task(pool.submit_many(range(n, 60, 4), size=size)) for n in range(4)
            ]
            await asyncio.gather(*submitters)
            await reader

    run(main())


def test_the_readers_own_submit_goes_first(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            results = pool.results()
            await pool.submit("a")
            await spin()
            other = asyncio.create_task(pool.submit("other", priority=Priority.HIGH))

            async def read() -> None:
                await anext(results)
                await spin()
                await pool.submit("mine", priority=Priority.LOW)

            reader = asyncio.create_task(read())
            await spin()
            held.let_go("a")
            await asyncio.sleep(0)
            await other
            await spin(50)
            third = asyncio.create_task(pool.submit("third"))
            await spin(5)
            held.let_all_go()
            await asyncio.gather(reader, third)
            await pool.wait()
            assert ["a", "other", "mine", "third"] == held.started
            await results.aclose()

    run(main())


def test_results_before_start_are_waited_for(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(echo)
        reader = asyncio.create_task(read_all(pool.results()))
        await spin()
        async with pool:
            await pool.submit(1)
        assert [1] == [result.job for result in await reader]

    run(main())
