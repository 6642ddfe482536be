"""POOL.md, "Getting results out": those that nobody has read yet, and `get_result`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import (
    ManualClock,
    NoResult,
)
from tests.contract.pool.helpers import pool_of, spin
from tests.support.waiting import until


def test_the_last_results_are_kept_for_the_first_who_subscribes(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=1, results_buffer=4) as pool:
            for job in range(10):
                await (await pool.submit(job))
            assert 6 == pool.stats().dropped_results
            async with pool.results() as first, pool.results() as second:
                await (await pool.submit("new")) if pool.room() else None
                assert [6, 7, 8, 9] == [(await anext(first)).job for _ in range(4)]
                await (await pool.submit("newer"))
                assert "newer" == (await anext(second)).job

    run(main())


def test_unread_results_never_stop_the_pool(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=2, buffer=2, results_buffer=1, max_bytes=4) as pool:
            for job in range(100):
                await pool.submit(job, size=2)
            await pool.wait()
            assert 100 == pool.stats().completed

    run(main())


def test_what_the_last_reader_leaves_unread_is_kept(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            async with pool.results() as results:
                await (await pool.submit_many(range(3))).accepted[-1]
                await anext(results)
            assert [1, 2] == [(await pool.get_result(0)).job for _ in range(2)]

    run(main())


def test_get_result_takes_one_of_those_kept(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            await (await pool.submit("kept"))
            assert "kept" == (await pool.get_result()).job
            getting = asyncio.create_task(pool.get_result(timeout=5))
            await spin()
            await pool.submit("comes")
            assert "comes" == (await getting).job
            getting = asyncio.create_task(pool.get_result(timeout=5))
            await spin()
            clock.advance(5)
            with pytest.raises(NoResult):
                await getting
            with pytest.raises(NoResult):
                await pool.get_result(0)
            with pytest.raises(ValueError, match="timeout"):
                await pool.get_result(-1)
            forever = asyncio.create_task(pool.get_result())
            await spin()
        with pytest.raises(NoResult):
            await forever

    run(main())


def test_get_result_hands_over_to_the_next_when_cancelled(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            one, two = (asyncio.create_task(pool.get_result()) for _ in range(2))
            await spin()
            ticket = await pool.submit(1)
            await until(ticket.done, "it is done", every=0)  # in the same turn of the loop
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
            assert 1 == (await two).job

    run(main())


def test_a_waiting_getter_and_a_late_reader_lose_no_result(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            getters = [asyncio.create_task(pool.get_result(5)) for _ in range(3)]
            await spin()
            await pool.submit_many(range(3))
            getters[0].cancel()
            await pool.wait()
            seen = {(await getter).job for getter in getters[1:]}
            with pytest.raises(asyncio.CancelledError):
                await getters[0]
            assert {0, 1, 2} == seen | {(await pool.get_result(0)).job}

    run(main())
