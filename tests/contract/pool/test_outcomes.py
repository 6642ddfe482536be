"""POOL.md: one outcome for every accepted job."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from typing import Any

import pytest

from app.pool import (
    JobAbandoned,
    JobCancelled,
    JobResult,
    JobTimeout,
    ManualClock,
    Outcome,
)
from tests.contract.pool.helpers import Held, check_numbers, pool_of, read_all, spin


def test_ok_gives_the_value_and_failed_the_handlers_own_exception(run: Any) -> None:
    async def main() -> None:
        problem = ValueError("no")

        async def handler(job: int) -> int:
            if job:
                raise problem
            return 42

        async with pool_of(handler) as pool:
            good, bad = await pool.submit(0), await pool.submit(1)
            assert (None, False) == (good.outcome, good.done())
            assert 42 == await good
            assert (Outcome.OK, True) == (good.outcome, good.done())
            with pytest.raises(ValueError, match="no") as caught:
                await bad
            assert problem is caught.value
            assert Outcome.FAILED == bad.outcome
            assert "failed" == bad.outcome

    run(main())


@pytest.mark.parametrize("why", ["cancel", "timeout", "stop"])
@pytest.mark.parametrize("then", ["value", "error", "cancelled"])
def test_a_job_ends_when_its_handler_ends(run: Any, why: str, then: str) -> None:
    """A value is ok even after a cancellation; an exception is the cancellation's outcome."""

    async def main() -> None:
        async def handler(job: str) -> str:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(0)  # ends in a later turn
                if then == "value":
                    return "made it"
                if then == "error":
                    raise KeyError(job) from None
                raise
            return "never"

        pool = pool_of(handler, job_timeout=0.01 if why == "timeout" else None)
        results = pool.results()
        await pool.start()
        ticket = await pool.submit("a")
        await spin()
        stopping = None
        if why == "cancel":
            assert ticket.cancel()
        elif why == "stop":
            stopping = asyncio.create_task(pool.stop(0))
        await pool.wait()
        await (stopping or pool.stop())
        outcome, error = {
            "cancel": (Outcome.CANCELLED, JobCancelled),
            "timeout": (Outcome.TIMEOUT, JobTimeout),
            "stop": (Outcome.ABANDONED, JobAbandoned),
        }[why]
        (result,) = await read_all(results)
        if then == "value":
            assert "made it" == await ticket
            assert (Outcome.OK, None) == (result.outcome, result.error)
        else:
            assert outcome == result.outcome == ticket.outcome
            expected: type[BaseException] = KeyError if then == "error" else error
            with pytest.raises(expected) as caught:
                await ticket
            assert caught.value is result.error
        check_numbers(pool)

    run(main())


def test_a_cancelled_error_that_nobody_asked_for_is_failed(run: Any) -> None:
    async def main() -> None:
        async def handler(job: str) -> None:
            if job == "raises":
                raise asyncio.CancelledError
            if job == "inner":
                inner = asyncio.ensure_future(asyncio.Event().wait())
                inner.cancel()
                await inner
            if job == "itself":
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                await asyncio.Event().wait()

        async with pool_of(handler, workers=1) as pool:
            for job in ("raises", "inner", "itself"):
                ticket = await pool.submit(job)
                with pytest.raises(JobCancelled):
                    await ticket
                assert Outcome.FAILED == ticket.outcome
            assert (await (await pool.submit("fine"))) is None
            await spin()
            assert 1 == pool.stats().workers

    run(main())


@pytest.mark.parametrize("then", ["returns", "swallows"])
def test_a_handler_that_cancels_itself_and_ends_well_costs_nobody_else(run: Any, then: str) -> None:
    async def main() -> None:
        async def handler(job: str) -> str:
            if job == "odd":
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
                if then == "swallows":
                    with contextlib.suppress(asyncio.CancelledError):
                        await asyncio.sleep(0)
            return job

        async with pool_of(handler, workers=1) as pool:
            assert "odd" == await (await pool.submit("odd"))
            for job in "abc":
                assert job == await (await pool.submit(job))

    run(main())


def test_a_job_that_cancels_its_own_ticket_does_not_hurt_the_next(run: Any) -> None:
    async def main() -> None:
        tickets: dict[str, Any] = {}

        async def handler(job: str) -> str:
            if job == "odd":
                assert tickets["odd"].cancel()
            return job

        async with pool_of(handler, workers=1) as pool:
            pool.pause()
            tickets["odd"] = await pool.submit("odd")
            after = await pool.submit("after")
            pool.resume()
            assert "odd" == await tickets["odd"]
            assert "after" == await after

    run(main())


@pytest.mark.parametrize("kind", [ValueError, BaseException, MemoryError, GeneratorExit])
def test_every_other_exception_costs_that_job_alone(run: Any, kind: type[BaseException]) -> None:
    async def main() -> None:
        async def handler(job: int) -> int:
            if job % 2:
                raise kind
            return job

        async with pool_of(handler, workers=1) as pool:
            tickets = [await pool.submit(job) for job in range(6)]
            await pool.wait()
            expected = [Outcome.FAILED if job % 2 else Outcome.OK for job in range(6)]
            assert expected == [ticket.outcome for ticket in tickets]

    run(main())


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_keyboard_interrupt_and_system_exit_pass_through(kind: type[BaseException]) -> None:
    seen: list[Any] = []

    async def handler(job: int) -> None:
        raise kind

    async def main() -> None:
        pool = pool_of(handler, workers=2)
        await pool.start()
        seen.append(await pool.submit(1))
        await asyncio.Event().wait()

    with pytest.raises(kind):
        asyncio.run(main())
    assert Outcome.FAILED == seen[0].outcome
    gc.collect()


def test_a_result_carries_everything(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1) as pool:
            results = pool.results()
            pool.pause()
            ticket = await pool.submit("job")
            clock.advance(3)
            pool.resume()
            await spin()
            clock.advance(2)
            held.let_all_go()
            await ticket
            result = await anext(results)
            assert isinstance(result, JobResult)
            assert (ticket.job_id, "job", Outcome.OK, "job", None, None, 1, 1, 3.0, 2.0, 1) == (
                result.job_id,
                result.job,
                result.outcome,
                result.value,
                result.error,
                result.traceback,
                result.attempts,
                result.priority,
                result.queued_s,
                result.run_s,
                result.worker,
            )

    run(main())


def test_the_traceback_is_the_handlers_own(run: Any) -> None:
    async def main() -> None:
        async def unlucky(job: str) -> None:
            raise ValueError(job)

        async with pool_of(unlucky) as pool:
            results = pool.results()
            ticket = await pool.submit("a")
            for _ in range(3):
                with pytest.raises(ValueError, match="a"):
                    await ticket
            text = (await anext(results)).traceback
            assert text is not None
            assert "in unlucky" in text
            assert "ValueError: a" in text
            assert 1 == text.count('File "')

    run(main())
