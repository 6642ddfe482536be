"""POOL.md: what `stop` does with jobs that are parked, tried again or held back by the gate."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.pool import JobAbandoned, ManualClock, Outcome, Postpone, RetryPolicy
from tests.contract.pool.helpers import (
    Held,
    pool_of,
    spin,
)


def test_jobs_parked_beyond_the_time_are_abandoned_once_the_rest_is_done(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        pool = pool_of(held, clock=clock)
        await pool.start()
        await pool.submit("runs")
        late = await pool.submit("late", not_before=clock.now() + timedelta(seconds=99))
        soon = await pool.submit("soon", not_before=clock.now() + timedelta(seconds=5))
        stopping = asyncio.create_task(pool.stop(10))
        await spin()
        held.let_all_go()
        await spin()
        assert not stopping.done()
        assert not late.done()
        clock.advance(5)
        report = await stopping
        assert not report.forced
        assert ["late"] == [result.job for result in report.unfinished]
        assert (Outcome.OK, Outcome.ABANDONED) == (soon.outcome, late.outcome)

    run(main())


def test_retries_and_postponed_jobs_within_the_time_are_waited_for(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        runs: list[str] = []

        async def handler(job: str) -> str:
            runs.append(job)
            if runs.count(job) == 1:
                if job == "retry":
                    raise ValueError
                raise Postpone(1)
            return job

        pool = pool_of(handler, clock=clock, retry=RetryPolicy(max_retries=1, base=2, jitter=0))
        await pool.start()
        tickets = [await pool.submit(job) for job in ("retry", "postpone")]
        stopping = asyncio.create_task(pool.stop(5))
        await spin()
        clock.advance(1)
        await spin()
        clock.advance(1)
        assert not (await stopping).forced
        assert [Outcome.OK] * 2 == [ticket.outcome for ticket in tickets]

    run(main())


def test_a_retry_beyond_the_time_is_abandoned_without_force(run: Any) -> None:
    async def main() -> None:
        async def handler(job: str) -> None:
            raise ValueError(job)

        pool = pool_of(handler, retry=RetryPolicy(max_retries=1, base=60, cap=60, jitter=0))
        await pool.start()
        ticket = await pool.submit("a")
        report = await pool.stop(20)
        assert (False, 1) == (report.forced, len(report.unfinished))
        with pytest.raises(JobAbandoned) as caught:
            await ticket
        assert isinstance(caught.value.__cause__, ValueError)

    run(main())


def test_stop_obeys_the_gate(run: Any) -> None:
    class Gate:
        wait = 100.0

        def ready_in(self) -> float:
            return self.wait

    async def main() -> None:
        clock = ManualClock()
        gate = Gate()
        held = Held()
        held.let_all_go()
        pool = pool_of(held, clock=clock, breaker=gate)
        await pool.start()
        await pool.submit(1)
        stopping = asyncio.create_task(pool.stop(10))
        await spin()
        clock.advance(5)
        await spin()
        assert [] == held.started
        gate.wait = 0.0
        clock.advance(1)
        assert not (await stopping).forced
        assert [1] == held.started

    run(main())


def test_a_gate_that_stays_shut_ends_in_a_forced_stop(run: Any) -> None:
    class Gate:
        def ready_in(self) -> float:
            return float("inf")

    async def main() -> None:
        clock = ManualClock()
        pool = pool_of(clock=clock, breaker=Gate())
        await pool.start()
        await pool.submit(1)
        stopping = asyncio.create_task(pool.stop(10))
        await spin()
        clock.advance(10)
        report = await stopping
        assert (True, 1) == (report.forced, len(report.unfinished))

    run(main())


def test_on_a_retry_policy_forced_jobs_are_not_tried_again(run: Any) -> None:
    async def main() -> None:
        async def handler(job: str) -> None:
            try:
                await asyncio.sleep(100)
            except asyncio.CancelledError:
                raise ValueError(job) from None

        pool = pool_of(handler, retry=RetryPolicy(max_retries=5, base=0))
        await pool.start()
        ticket = await pool.submit("a")
        await spin()
        report = await pool.stop(0)
        assert Outcome.ABANDONED == ticket.outcome
        assert isinstance(report.unfinished[0].error, ValueError)

    run(main())
