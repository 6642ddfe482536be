"""POOL.md, "Getting results out": readers, kept results, `get_result`, `on_error`."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from app.pool import (
    JobError,
    ManualClock,
    NoResult,
    Outcome,
    Priority,
    QueueFull,
    RetryPolicy,
)
from tests.contract.pool.helpers import Held, echo, outcomes, pool_of, read_all, spin


def test_a_subscribed_reader_gets_every_result_from_then_on(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(workers=3)
        first = pool.results()
        async with pool:
            for job in range(10):
                await (await pool.submit(job))
            second = pool.results()
            for job in range(10, 20):
                await (await pool.submit(job))
        assert list(range(20)) == [result.job for result in await read_all(first)]
        assert list(range(10, 20)) == [result.job for result in await read_all(second)]

    run(main())


def test_every_outcome_reaches_results(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: str) -> str:
            if job == "failed":
                raise ValueError
            if job in {"timeout", "abandoned"}:
                await asyncio.sleep(100)
            return job

        pool = pool_of(handler, clock=clock, workers=3)
        results = pool.results()
        await pool.start()
        await pool.submit("ok")
        await pool.submit("failed")
        await pool.submit("timeout", timeout_each=1)
        await spin()
        clock.advance(1)
        await spin()
        await pool.submit("abandoned")
        await spin()
        pool.pause()
        (await pool.submit("cancelled")).cancel()
        at = clock.now().replace(year=clock.now().year + 1)
        await pool.submit("expired", expires_at=at)
        clock.advance(366 * 86_400)
        await pool.stop(0)
        assert {o.value: o for o in Outcome} == outcomes(await read_all(results))

    run(main())


def test_workers_never_wait_for_a_reader_and_submit_does(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(workers=2, buffer=10, results_buffer=3)
        async with pool, pool.results() as results:
            for job in range(10):
                pool.try_submit(job)
            await pool.wait()
            assert 10 == pool.stats().completed
            with pytest.raises(QueueFull):
                pool.try_submit("more")
            waiting = asyncio.create_task(pool.submit("more"))
            await spin()
            assert not waiting.done()
            for job in range(7):
                assert job == (await anext(results)).job
            await spin()
            assert not waiting.done()
            await anext(results)
            await waiting

    run(main())


def test_the_slowest_reader_counts(run: Any) -> None:
    async def main() -> None:
        async with pool_of(results_buffer=2) as pool:
            quick, slow = pool.results(), pool.results()
            reading = asyncio.create_task(read_all(quick))
            for job in range(2):
                await (await pool.submit(job))
                await spin()
            with pytest.raises(QueueFull):
                pool.try_submit("more")
            await slow.aclose()
            pool.try_submit("more")
        await reading

    run(main())


def test_wait_and_stop_never_depend_on_readers(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(buffer=50, results_buffer=1)
        results = pool.results()
        await pool.start()
        for job in range(50):
            pool.try_submit(job)
        await pool.wait()
        report = await pool.stop()
        assert not report.forced
        assert 50 == len(await read_all(results))

    run(main())


@pytest.mark.parametrize("buffer", [0, 1, 7])
@pytest.mark.parametrize("results_buffer", [1, 2, 10])
@pytest.mark.parametrize("max_bytes", [None, 5])
def test_a_reader_that_resubmits_from_its_loop_never_deadlocks(
    run: Any, buffer: int, results_buffer: int, max_bytes: int | None
) -> None:
    async def main() -> None:
        failures: dict[int, int] = {}

        async def handler(job: int) -> int:
            await asyncio.sleep(0)
            failures[job] = failures.get(job, 0) + 1
            if failures[job] <= job % 4:
                raise ValueError(job)
            return job

        pool = pool_of(
            handler, workers=2, buffer=buffer, results_buffer=results_buffer, max_bytes=max_bytes
        )
        size = 5 if max_bytes else 0
        done = 0

        async def read() -> None:
            nonlocal done
            async for result in pool.results():
                if result.outcome is Outcome.FAILED:
                    await pool.submit(result.job, size=size)
                else:
                    done += 1
                    if done == 60:
                        return

        async with pool:
            reader = asyncio.create_task(read())
            await spin(2)
            submitters = [
                asyncio.create_task(pool.submit_many(range(n, 60, 4), size=size)) for n in range(4)
            ]
            await asyncio.gather(*submitters)
            await reader

    run(main())


def test_the_readers_own_submit_goes_first(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            results = pool.results()
            await pool.submit("a")
            await spin()
            other = asyncio.create_task(pool.submit("other", priority=Priority.HIGH))

            async def read() -> None:
                await anext(results)
                await spin()
                await pool.submit("mine", priority=Priority.LOW)

            reader = asyncio.create_task(read())
            await spin()
            held.let_go("a")
            await asyncio.sleep(0)
            await other
            await spin(50)
            third = asyncio.create_task(pool.submit("third"))
            await spin(5)
            held.let_all_go()
            await asyncio.gather(reader, third)
            await pool.wait()
            assert ["a", "other", "mine", "third"] == held.started
            await results.aclose()

    run(main())


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
            while not ticket.done():  # noqa: ASYNC110 - to be there in the same turn of the loop
                await asyncio.sleep(0)
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
            assert 1 == (await two).job

    run(main())


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
                await asyncio.sleep(100)
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


def test_results_before_start_are_waited_for(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(echo)
        reader = asyncio.create_task(read_all(pool.results()))
        await spin()
        async with pool:
            await pool.submit(1)
        assert [1] == [result.job for result in await reader]

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
