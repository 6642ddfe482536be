"""POOL.md, "Seeing inside": what is an issue."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from app.pool import HealthStatus, ManualClock, Outcome
from tests.contract.pool.helpers import Held, Swallower, pool_of, spin

if TYPE_CHECKING:
    import pytest


def test_a_healthy_pool_has_no_issues_and_one_not_running_is_unhealthy(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        assert HealthStatus.UNHEALTHY == pool.health().status
        async with pool:
            health = pool.health()
            assert ("healthy", ()) == (health.status, health.issues)
        assert "unhealthy" == pool.health().status

    run(main())


def test_errors_above_a_tenth_are_an_issue(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: int) -> None:
            if job:
                raise ValueError

        async with pool_of(handler, clock=clock) as pool:
            await pool.submit_many([0] * 9 + [1])
            await pool.wait()
            assert "healthy" == pool.health().status
            await pool.submit_many([1])
            await pool.wait()
            health = pool.health()
            assert "degraded" == health.status
            assert "errors" in health.issues[0]
            await pool.submit_many([1] * 20)
            await pool.wait()
            assert "unhealthy" == pool.health().status
            clock.advance(62)
            assert "healthy" == pool.health().status

    run(main())


def test_bytes_above_nine_tenths_are_an_issue(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, max_bytes=100) as pool:
            await pool.submit(1, size=90)
            assert "healthy" == pool.health().status
            await pool.submit(2, size=1)
            assert ("degraded", True) == (
                pool.health().status,
                "bytes" in pool.health().issues[0],
            )
            held.let_all_go()

    run(main())


def test_a_buffer_full_for_over_10_s_is_an_issue(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1, buffer=1) as pool:
            await pool.submit("a")
            await pool.submit("b")
            await spin()
            clock.advance(10)
            assert "healthy" == pool.health().status
            clock.advance(0.1)
            assert ("degraded", True) == (
                pool.health().status,
                "buffer" in pool.health().issues[0],
            )
            held.let_go("a")
            await spin()
            assert "healthy" == pool.health().status
            held.let_all_go()

    run(main())


def test_stragglers_are_an_issue(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        swallower = Swallower()
        pool = pool_of(swallower, clock=clock)
        await pool.start()
        ticket = await pool.submit(1, job_id="stays")
        await spin()
        stopping = asyncio.create_task(pool.stop(0))
        await spin()
        clock.advance(1)
        await stopping
        assert any("stays" in issue for issue in pool.health().issues)
        assert Outcome.ABANDONED == ticket.outcome
        swallower.end.set()
        await spin()

    run(main())


def test_a_stuck_job_is_reported_once_with_its_id_and_time(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, stuck_after=10) as pool:
            await pool.submit("a", job_id="the stuck one")
            await spin()
            clock.advance(9)
            assert not pool.stats().stuck
            clock.advance(3)
            ((job_id, run_s),) = pool.stats().stuck
            assert ("the stuck one", 12.0) == (job_id, run_s)
            (issue,) = pool.health().issues
            assert "the stuck one" in issue
            assert "12.0 s" in issue
            clock.advance(100)
            assert not caplog.records[1:]
            held.let_all_go()
            await pool.wait()
            assert not pool.stats().stuck
            assert "healthy" == pool.health().status

    with caplog.at_level(logging.WARNING):
        run(main())
    (record,) = caplog.records
    assert "app.pool" == record.name
    assert "the stuck one" in record.getMessage()
    assert "10.0 s" in record.getMessage()
