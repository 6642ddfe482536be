"""POOL.md, "Getting results out": a reader that leaves, is cancelled, or comes to the end."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import (
    QueueFull,
)
from tests.contract.pool.helpers import pool_of, read_all, spin


def test_the_iterator_ends_once_the_pool_has_stopped_and_all_was_read(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        results = pool.results()
        await pool.start()
        reader = asyncio.create_task(read_all(results))
        await pool.submit_many(range(5))
        await pool.stop()
        assert 5 == len(await reader)
        assert [] == await read_all(pool.results())
        with pytest.raises(StopAsyncIteration):
            await anext(results)

    run(main())


@pytest.mark.parametrize("way", ["aclose", "with", "last reference"])
def test_leaving_the_iterator_lifts_its_hold(run: Any, way: str) -> None:
    async def main() -> None:
        async with pool_of(results_buffer=1) as pool:
            if way == "with":
                async with pool.results():
                    await (await pool.submit(1))
                    with pytest.raises(QueueFull):
                        pool.try_submit(2)
            else:
                results = pool.results()
                await (await pool.submit(1))
                waiting = asyncio.create_task(pool.submit(2))
                await spin()
                assert not waiting.done()
                if way == "aclose":
                    await results.aclose()
                del results
                await waiting
            pool.try_submit(3)

    run(main())


def test_leaving_a_loop_by_break_lifts_its_hold(run: Any) -> None:
    async def main() -> None:
        async with pool_of(results_buffer=1) as pool:
            await pool.submit(1)
            async for _ in pool.results():
                break
            for job in range(5):
                await (await pool.submit(job))

    run(main())


def test_an_iterator_closed_while_it_waits_ends(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            results = pool.results()
            reader = asyncio.create_task(read_all(results))
            await spin()
            await results.aclose()
            await results.aclose()
            assert [] == await reader

    run(main())


def test_a_cancelled_reader_may_go_on_reading(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            results = pool.results()

            async def read_one() -> Any:
                return await anext(results)

            reader = asyncio.create_task(read_one())
            await spin()
            reader.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reader
            await pool.submit(5)
            assert 5 == (await anext(results)).job
            await results.aclose()

    run(main())


def test_two_tasks_reading_from_one_iterator_is_an_error(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            results = pool.results()
            first = asyncio.create_task(read_all(results))
            await spin()
            with pytest.raises(RuntimeError, match="another task"):
                await anext(results)
            await results.aclose()
            assert [] == await first

    run(main())
