"""POOL.md, "Resilience": retries."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from app.pool import (
    JobTimeout,
    ManualClock,
    Outcome,
    RetryPolicy,
)
from tests.contract.pool.helpers import check_numbers, pool_of, spin


def failing(times: int, error: type[BaseException] = ValueError) -> Any:
    runs: Counter[Any] = Counter()

    async def handler(job: Any) -> Any:
        runs[job] += 1
        if runs[job] <= times:
            raise error(job)
        return job

    handler.__dict__["runs"] = runs
    return handler


def test_retries_wait_parked_by_the_policys_delays(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        handler = failing(3)
        policy = RetryPolicy(max_retries=3, base=1, factor=10, cap=50, jitter=0)
        async with pool_of(handler, clock=clock, workers=1, retry=policy) as pool:
            results = pool.results()
            ticket = await pool.submit("a")
            for attempt, delay in enumerate((1, 10, 50), start=1):
                await spin()
                stats = pool.stats()
                assert (1, 0, attempt) == (stats.parked, stats.busy, stats.retried)
                clock.advance(delay - 0.01)
                await spin()
                assert attempt == handler.runs["a"]
                clock.advance(0.01)
            assert "a" == await ticket
            result = await anext(results)
            assert (4, Outcome.OK) == (result.attempts, result.outcome)
            assert 1 == pool.stats().completed
            check_numbers(pool)

    run(main())


def test_after_the_last_attempt_there_is_one_outcome(run: Any) -> None:
    async def main() -> None:
        handler = failing(99)
        policy = RetryPolicy(max_retries=2, base=0, jitter=0)
        async with pool_of(handler, retry=policy) as pool:
            results = pool.results()
            ticket = await pool.submit("a")
            with pytest.raises(ValueError, match="a"):
                await ticket
            result = await anext(results)
            assert (3, Outcome.FAILED) == (result.attempts, result.outcome)
            assert (1, 2) == (pool.stats().failed, pool.stats().retried)
            await results.aclose()

    run(main())


def test_retry_if_sees_exceptions_and_job_timeout(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        seen: list[BaseException] = []

        def retry_if(error: BaseException) -> bool:
            seen.append(error)
            return False

        async def handler(job: str) -> None:
            if job == "slow":
                await asyncio.sleep(100)
            raise ValueError(job)

        policy = RetryPolicy(max_retries=2, base=0, retry_if=retry_if)
        async with pool_of(handler, clock=clock, job_timeout=1, retry=policy) as pool:
            await pool.submit("bad")
            await pool.submit("slow")
            await spin()
            clock.advance(1)
            await pool.wait()
            assert [ValueError, JobTimeout] == [type(error) for error in seen]
            assert 0 == pool.stats().retried

    run(main())


def test_a_retry_if_that_fails_is_counted_and_the_job_ends_with_its_own_error(
    run: Any,
) -> None:
    async def main() -> None:
        def retry_if(error: BaseException) -> bool:
            raise KeyError

        policy = RetryPolicy(max_retries=2, base=0, retry_if=retry_if)
        async with pool_of(failing(9), retry=policy) as pool:
            with pytest.raises(ValueError, match="a"):
                await (await pool.submit("a"))
            assert 1 == pool.stats().callback_errors

    run(main())


def test_retries_are_not_limited_in_rate(run: Any) -> None:
    async def main() -> None:
        policy = RetryPolicy(max_retries=1, base=0.001, jitter=0)
        async with pool_of(failing(1), buffer=500, retry=policy) as pool:
            began = asyncio.get_running_loop().time()
            report = await pool.submit_many(range(500))
            await pool.wait()
            assert asyncio.get_running_loop().time() - began < 5
            assert 500 == pool.stats().completed == len(report.accepted)

    run(main())
