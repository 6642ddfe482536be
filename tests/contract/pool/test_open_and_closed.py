"""POOL.md, "Putting work in": a pool takes it from its start to its stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import (
    JobExpired,
    JobTooLarge,
    PoolAlreadyStarted,
    PoolClosed,
    PoolError,
    PoolNotStarted,
    QueueFull,
    SubmitTimeout,
)
from tests.contract.pool.helpers import Held, pool_of, spin


def test_before_start_nothing_is_taken(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        with pytest.raises(PoolNotStarted):
            await pool.submit(1)
        with pytest.raises(PoolNotStarted):
            pool.try_submit(1)
        report = await pool.submit_many([1, 2])
        assert [PoolNotStarted] * 2 == [type(error) for _, error in report.refused]
        assert 4 == pool.stats().rejected

    run(main())


def test_once_stopping_and_for_ever_after_the_pool_is_closed(run: Any) -> None:
    async def main() -> None:
        held = Held()
        pool = pool_of(held, workers=1, buffer=0)
        await pool.start()
        await pool.submit("runs")
        waiting = asyncio.create_task(pool.submit("waits"))
        await spin()
        stopping = asyncio.create_task(pool.stop())
        await spin()
        with pytest.raises(PoolClosed):
            await waiting
        with pytest.raises(PoolClosed):
            pool.try_submit("late")
        held.let_all_go()
        await stopping
        with pytest.raises(PoolClosed):
            await pool.submit("later still")
        with pytest.raises(PoolClosed):
            await pool.resize(3)
        assert 3 == pool.stats().rejected

    run(main())


def test_start_twice_is_an_error(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        await pool.start()
        with pytest.raises(PoolAlreadyStarted):
            await pool.start()
        await pool.stop()
        with pytest.raises(PoolAlreadyStarted):
            await pool.start()

    run(main())


def test_stop_before_start_closes_the_pool(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        report = await pool.stop()
        assert not report.forced
        with pytest.raises(PoolClosed):
            await pool.submit(1)
        with pytest.raises(PoolClosed):
            await pool.start()

    run(main())


def test_errors_are_plain_classes_under_pool_error() -> None:
    for kind in (QueueFull, SubmitTimeout, PoolClosed, PoolNotStarted, JobTooLarge, JobExpired):
        assert issubclass(kind, PoolError)
