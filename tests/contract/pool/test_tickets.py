"""POOL.md: the ticket of a job, awaited and cancelled."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import Any

import pytest

from app.pool import (
    JobCancelled,
    ManualClock,
    Outcome,
    PoolError,
)
from tests.contract.pool.helpers import Held, pool_of, spin


def test_a_ticket_may_be_awaited_by_many_and_cancelling_one_leaves_the_others(
    run: Any,
) -> None:
    async def main() -> None:
        held = Held()

        async def waits() -> Any:
            return await ticket

        async with pool_of(held) as pool:
            ticket = await pool.submit("a")
            first, second = asyncio.create_task(waits()), asyncio.create_task(waits())
            await spin()
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            held.let_all_go()
            assert "a" == await second == await ticket == await ticket

    run(main())


def test_a_ticket_nobody_awaits_makes_no_noise(run: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async def handler(job: str) -> None:
            raise ValueError(job)

        async with pool_of(handler) as pool:
            await pool.submit("a")
            await pool.wait()

    with caplog.at_level(logging.DEBUG):
        run(main())
        gc.collect()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


def test_cancel_acts_at_once_on_waiting_jobs_and_frees_their_place(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1, buffer=1) as pool:
            running = await pool.submit("runs")
            await spin()
            queued = await pool.submit("queued")
            waiting = asyncio.create_task(pool.submit("waits"))
            await spin()
            assert queued.cancel()
            assert (True, Outcome.CANCELLED) == (queued.done(), queued.outcome)
            await waiting
            with pytest.raises(JobCancelled):
                await queued
            assert not queued.cancel()
            assert running.cancel()
            assert not running.done()
            await spin()
            assert Outcome.CANCELLED == running.outcome
            assert not running.cancel()
            held.let_all_go()
            await pool.wait()
            assert ["runs", "waits"] == held.started
            assert ["runs"] == held.cancelled

    run(main())


def test_cancel_of_a_parked_job_acts_at_once(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            ticket = await pool.submit(1, not_before=clock.now().replace(year=2100))
            assert ticket.cancel()
            assert (Outcome.CANCELLED, 0) == (ticket.outcome, pool.stats().parked)
            await pool.wait()

    run(main())


def test_awaiting_never_raises_a_bare_cancelled_error(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held) as pool:
            ticket = await pool.submit("a")
            await spin()
            ticket.cancel()
            with pytest.raises(PoolError):
                await ticket

    run(main())
