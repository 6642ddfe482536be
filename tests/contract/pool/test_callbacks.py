"""POOL.md, "Getting results out": in which order an end is told, and `on_error`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from app.pool import (
    JobError,
    ManualClock,
    Outcome,
    RetryPolicy,
)
from tests.contract.pool.helpers import pool_of, read_all, spin


def test_counters_callbacks_and_results_come_before_ticket_and_wait(run: Any) -> None:
    async def main() -> None:
        seen: list[str] = []

        class Plugin:
            def after_job(self, result: Any) -> None:
                assert 1 == pool.stats().failed
                seen.append("after_job")

        async def handler(job: str) -> None:
            raise ValueError(job)

        pool = pool_of(handler, plugins=(Plugin(),), on_error=lambda error: seen.append("on_error"))
        async with pool:
            results = pool.results()
            ticket = await pool.submit("a")
            with pytest.raises(ValueError, match="a"):
                await ticket
            assert ["after_job", "on_error"] == seen
            reading = asyncio.create_task(read_all(results))
            await asyncio.sleep(0)
            await pool.wait()
            await results.aclose()
            await reading

    run(main())


def test_on_error_gets_each_error_after_the_last_attempt(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        errors: list[JobError] = []

        async def handler(job: str) -> str:
            if job == "bad":
                raise ValueError(job)
            if job == "slow":
                await asyncio.Event().wait()
            return job

        pool = pool_of(
            handler,
            clock=clock,
            on_error=errors.append,
            retry=RetryPolicy(max_retries=1, base=1, jitter=0, retry_if=_is_value_error),
        )
        async with pool:
            bad = await pool.submit("bad", job_id="the bad one")
            slow = await pool.submit("slow", timeout_each=10)
            await pool.submit("good")
            await spin()
            assert [] == errors
            clock.advance(1)
            await spin()
            clock.advance(9)
            await spin()
            assert bad.done()
            assert slow.done()
            first, second = errors
            assert ("the bad one", Outcome.FAILED, 2) == (
                first.job_id,
                first.outcome,
                first.attempts,
            )
            assert isinstance(first.error, ValueError)
            assert "ValueError: bad" in (first.traceback or "")
            assert (slow.job_id, Outcome.TIMEOUT) == (second.job_id, second.outcome)

    run(main())


def _is_value_error(error: BaseException) -> bool:
    return isinstance(error, ValueError)


def test_a_failure_of_on_error_is_logged_and_counted(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async def handler(job: str) -> None:
            raise ValueError(job)

        def on_error(error: JobError) -> None:
            raise RuntimeError("on_error itself")

        async with pool_of(handler, on_error=on_error) as pool:
            ticket = await pool.submit("a")
            with pytest.raises(ValueError, match="a"):
                await ticket
            assert 1 == pool.stats().callback_errors
            assert 1 == pool.stats().failed

    with caplog.at_level(logging.ERROR):
        run(main())
    assert ["app.pool"] == [record.name for record in caplog.records]
