"""POOL.md: `stop` and its report."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.pool import JobAbandoned, ManualClock, Outcome
from tests.contract.pool.helpers import (
    Held,
    Swallower,
    check_numbers,
    outcomes,
    pool_of,
    read_all,
    spin,
)


def test_stop_runs_all_that_was_accepted_and_lifts_a_pause(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(workers=3, buffer=100)
        await pool.start()
        pool.pause()
        tickets = [await pool.submit(job) for job in range(50)]
        report = await pool.stop()
        assert (False, (), ()) == (report.forced, report.unfinished, report.stragglers)
        assert all(ticket.outcome is Outcome.OK for ticket in tickets)

    run(main())


def test_when_the_time_is_up_it_cancels_what_runs(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        pool = pool_of(held, clock=clock, workers=2, buffer=10)
        results = pool.results()
        await pool.start()
        tickets = [await pool.submit(job, job_id=f"id{job}") for job in range(5)]
        at = clock.now() + timedelta(seconds=2)
        await pool.submit("parked", job_id="id5", not_before=at)
        stopping = asyncio.create_task(pool.stop(3))
        await spin()
        held.let_go(0)
        await spin()
        clock.advance(3)
        report = await stopping
        assert report.forced
        assert [f"id{n}" for n in (1, 2, 3, 4, 5)] == [r.job_id for r in report.unfinished]
        assert {Outcome.ABANDONED} == {result.outcome for result in report.unfinished}
        assert () == report.stragglers
        with pytest.raises(JobAbandoned):
            await tickets[4]
        assert 6 == len(await read_all(results))
        assert 5 == pool.stats().abandoned
        check_numbers(pool)

    run(main())


def test_stop_uses_shutdown_timeout_when_told_nothing(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        pool = pool_of(held, clock=clock, shutdown_timeout=7)
        await pool.start()
        await pool.submit(1)
        stopping = asyncio.create_task(pool.stop())
        await spin()
        clock.advance(6.9)
        await spin()
        assert not stopping.done()
        clock.advance(0.1)
        assert (await stopping).forced

    run(main())


def test_handlers_that_swallow_cancellation_are_left_behind_after_a_second(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        swallower = Swallower()
        pool = pool_of(swallower, clock=clock, workers=2)
        results = pool.results()
        await pool.start()
        ticket = await pool.submit("stays", job_id="stays")
        await spin()
        stopping = asyncio.create_task(pool.stop(0))
        await spin()
        assert not stopping.done()
        clock.advance(1)
        report = await stopping
        assert report.forced
        assert ("stays",) == report.stragglers
        assert ["stays"] == [result.job_id for result in report.unfinished]
        assert Outcome.ABANDONED == ticket.outcome
        assert {"stays": Outcome.ABANDONED} == outcomes(await read_all(results))
        assert any("straggler" in issue for issue in pool.health().issues)
        check_numbers(pool)
        # When it ends after all, nothing changes any more.
        swallower.end.set()
        await spin()
        assert Outcome.ABANDONED == ticket.outcome
        check_numbers(pool)
        assert 1 == swallower.swallowed

    run(main())


def test_a_handler_that_needs_less_than_a_second_to_end_is_no_straggler(run: Any) -> None:
    async def main() -> None:
        async def handler(job: str) -> str:
            try:
                await asyncio.sleep(100)
            finally:
                await asyncio.sleep(0.05)
            return job

        pool = pool_of(handler)
        await pool.start()
        await pool.submit("a")
        await spin()
        report = await pool.stop(0)
        assert (True, 1, ()) == (report.forced, len(report.unfinished), report.stragglers)

    run(main())


def test_a_second_call_joins_the_first_and_the_earlier_end_wins(run: Any) -> None:
    async def main() -> None:
        for first, second in ((100, 2), (2, 100)):
            clock = ManualClock()
            held = Held()
            pool = pool_of(held, clock=clock)
            await pool.start()
            await pool.submit(1)
            one = asyncio.create_task(pool.stop(first))
            await spin()
            two = asyncio.create_task(pool.stop(second))
            await spin()
            clock.advance(2)
            reports = await asyncio.gather(one, two)
            assert reports[0] is reports[1]
            assert reports[0].forced
            assert reports[0] is await pool.stop()
            assert reports[0] is await pool.stop(0)

    run(main())


def test_cancelling_stop_forces_then_raises(run: Any) -> None:
    async def main() -> None:
        held = Held()
        pool = pool_of(held, workers=1)
        await pool.start()
        tickets = [await pool.submit(job) for job in range(3)]
        stopping = asyncio.create_task(pool.stop(100))
        await spin()
        stopping.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopping
        assert [Outcome.ABANDONED] * 3 == [ticket.outcome for ticket in tickets]
        assert (await pool.stop()).forced

    run(main())


def test_stop_0_on_an_empty_pool_is_not_forced(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        await pool.start()
        assert not (await pool.stop(0)).forced
        with pytest.raises(ValueError, match="timeout"):
            await pool.stop(-1)

    run(main())


def test_no_task_of_the_pool_outlives_stop(run: Any) -> None:
    async def main() -> None:
        before = asyncio.all_tasks()
        pool = pool_of(workers=20, job_timeout=5)
        await pool.start()
        await pool.submit_many(range(100))
        assert 20 == len(asyncio.all_tasks() - before)
        await pool.stop()
        assert before == asyncio.all_tasks()

    run(main())


def test_a_callback_may_submit_while_the_pool_is_stopping_and_is_refused(run: Any) -> None:
    async def main() -> None:
        refused: list[Exception] = []

        class Plugin:
            def after_job(self, result: Any) -> None:
                try:
                    pool.try_submit("again")
                except Exception as error:  # noqa: BLE001 - whatever it is
                    refused.append(error)

        pool = pool_of(plugins=(Plugin(),))
        await pool.start()
        pool.pause()
        await pool.submit("a")
        await pool.stop()
        assert ["PoolClosed"] == [type(error).__name__ for error in refused]

    run(main())
