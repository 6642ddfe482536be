"""POOL.md, "Resilience": retries, the breaker, plugins, the observer."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import pytest

from app.pool import (
    CircuitBreaker,
    JobResult,
    JobTimeout,
    ManualClock,
    Observer,
    Outcome,
    Postpone,
    RetryPolicy,
)
from tests.contract.pool.helpers import Held, check_numbers, pool_of, spin


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


def test_while_the_breaker_is_open_nothing_buffered_is_started(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        started: list[int] = []
        sick = True

        async def handler(job: int) -> int:
            started.append(job)
            if sick:
                raise ConnectionError
            return job

        breaker = CircuitBreaker(failures=3, reset_after=30, clock=clock)
        changes: list[tuple[str, str]] = []
        breaker.listen(lambda old, new: changes.append((old, new)))
        async with pool_of(handler, clock=clock, workers=2, breaker=breaker) as pool:
            for job in range(20):
                pool.try_submit(job)
            await spin()
            assert 3 == len(started)
            assert 17 == pool.stats().queued
            assert any("breaker" in issue for issue in pool.health().issues)
            clock.advance(29)
            await spin()
            assert 3 == len(started)
            # One trial, which fails.
            clock.advance(1)
            await spin()
            assert 4 == len(started)
            sick = False
            clock.advance(30)
            await pool.wait()
            assert list(range(20)) == sorted(started)
            assert [
                ("closed", "open"),
                ("open", "half_open"),
                ("half_open", "open"),
                ("open", "half_open"),
                ("half_open", "closed"),
            ] == changes

    run(main())


def test_half_open_lets_only_its_trials_through(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        breaker = CircuitBreaker(1, 10, half_open_calls=2, successes=3, clock=clock)
        breaker.trip()
        async with pool_of(held, clock=clock, workers=5, buffer=20, breaker=breaker) as pool:
            for job in range(8):
                pool.try_submit(job)
            clock.advance(10)
            await spin()
            assert [0, 1] == held.started
            held.let_go(0)
            await spin()
            assert [0, 1, 2] == held.started
            held.let_go(1, 2)
            await spin()
            assert "closed" == breaker.state
            assert 8 == len(held.started)
            held.let_all_go()

    run(main())


def test_reset_lets_work_start_at_once(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        breaker = CircuitBreaker(1, 1_000, clock=clock)
        breaker.trip()
        async with pool_of(clock=clock, breaker=breaker) as pool:
            ticket = await pool.submit(1)
            await spin()
            assert not ticket.done()
            breaker.reset()
            assert 1 == await ticket

    run(main())


def test_counts_if_sees_the_result_so_returned_failures_count(run: Any) -> None:
    async def main() -> None:
        seen: list[JobResult[Any, Any]] = []

        def counts_if(result: JobResult[Any, Any]) -> bool:
            seen.append(result)
            return result.value == "refused"

        async def handler(job: str) -> str:
            if job == "raises":
                raise ValueError
            return job

        breaker = CircuitBreaker(failures=2, reset_after=100, counts_if=counts_if)
        async with pool_of(handler, workers=1, breaker=breaker) as pool:
            for job in ("raises", "raises", "raises", "refused", "refused", "never"):
                pool.try_submit(job)
            await spin()
            assert "open" == breaker.state
            assert [Outcome.FAILED] * 3 + [Outcome.OK] * 2 == [r.outcome for r in seen]
            assert 1 == pool.stats().queued
            breaker.reset()

    run(main())


def test_postponed_and_cancelled_runs_say_nothing_to_the_breaker(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: str) -> None:
            if job == "postponed":
                raise Postpone(100)
            await asyncio.sleep(100)

        breaker = CircuitBreaker(failures=1, half_open_calls=1, reset_after=1, clock=clock)
        breaker.trip()
        async with pool_of(handler, clock=clock, breaker=breaker) as pool:
            postponed = await pool.submit("postponed")
            cancelled = await pool.submit("cancelled")
            clock.advance(1)
            await spin()
            assert cancelled.cancel()
            await spin()
            assert Outcome.CANCELLED == cancelled.outcome
            assert "half_open" == breaker.state
            assert breaker.acquire()
            postponed.cancel()

    run(main())


def test_a_gate_that_raises_is_counted_and_holds_nothing_up(run: Any) -> None:
    class Gate:
        def ready_in(self) -> float:
            raise OSError

    async def main() -> None:
        async with pool_of(breaker=Gate()) as pool:
            assert 1 == await (await pool.submit(1))
            assert 0 < pool.stats().callback_errors

    run(main())


def test_a_gate_that_opens_earlier_than_it_said_is_noticed_within_a_second(run: Any) -> None:
    class Gate:
        wait = 900.0

        def ready_in(self) -> float:
            return self.wait

    async def main() -> None:
        clock = ManualClock()
        gate = Gate()
        async with pool_of(clock=clock, breaker=gate) as pool:
            ticket = await pool.submit(1)
            await spin()
            gate.wait = 0.0
            clock.advance(1)
            assert 1 == await ticket
            await spin()
            assert 0 == clock.pending

    run(main())


class Recorder:
    def __init__(self, name: str, calls: list[tuple[str, str, Any]]) -> None:
        self.name = name
        self.calls = calls

    def on_start(self, pool: Any) -> None:
        self.calls.append((self.name, "on_start", pool))

    def before_job(self, job: Any) -> None:
        self.calls.append((self.name, "before_job", job))

    def after_job(self, result: Any) -> None:
        self.calls.append((self.name, "after_job", result.job))

    def on_stop(self, report: Any) -> None:
        self.calls.append((self.name, "on_stop", report.forced))


def test_plugins_are_called_in_the_order_given(run: Any) -> None:
    async def main() -> None:
        calls: list[tuple[str, str, Any]] = []

        class Half:
            def before_job(self, job: Any) -> None:
                calls.append(("half", "before_job", job))

        plugins = (Recorder("one", calls), Half(), Recorder("two", calls))
        pool = pool_of(plugins=plugins)
        async with pool:
            await (await pool.submit("a"))
        assert [
            ("one", "on_start", pool),
            ("two", "on_start", pool),
            ("one", "before_job", "a"),
            ("half", "before_job", "a"),
            ("two", "before_job", "a"),
            ("one", "after_job", "a"),
            ("two", "after_job", "a"),
            ("one", "on_stop", False),
            ("two", "on_stop", False),
        ] == calls

    run(main())


def test_a_plugin_or_observer_that_fails_is_logged_and_counted_and_harms_nothing(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                raise AttributeError(name)

            def fail(*args: object) -> None:
                raise asyncio.CancelledError if name == "after_job" else RuntimeError(name)

            return fail

    async def main() -> None:
        async with pool_of(plugins=(Broken(),), observer=Broken()) as pool:
            assert 1 == await (await pool.submit(1))
            assert 8 <= pool.stats().callback_errors

    with caplog.at_level(logging.ERROR):
        run(main())
    assert {"app.pool"} == {record.name for record in caplog.records}


def test_an_observer_hears_every_event_in_strings_and_numbers_only(run: Any) -> None:
    heard: list[tuple[str, tuple[Any, ...]]] = []

    class Listener:
        def __getattr__(self, name: str) -> Any:
            return lambda *args: heard.append((name, args))

    async def main() -> None:
        clock = ManualClock()
        runs: Counter[str] = Counter()

        async def handler(job: str) -> str:
            runs[job] += 1
            if job == "postpone" and runs[job] == 1:
                raise Postpone(1)
            if job == "retry" and runs[job] == 1:
                raise ValueError
            if job == "stuck":
                await asyncio.sleep(100)
            return job

        breaker = CircuitBreaker(failures=50, clock=clock)
        pool = pool_of(
            handler,
            clock=clock,
            observer=Listener(),
            on_error=print,
            stuck_after=5,
            workers=3,
            results_buffer=1,
            breaker=breaker,
            retry=RetryPolicy(max_retries=1, base=1, jitter=0),
        )
        await pool.start()
        for job in ("ok", "postpone", "retry"):
            await pool.submit(job, size=3)
        with pytest.raises(ValueError, match="size"):
            pool.try_submit("bad", size=-1)
        await spin()
        clock.advance(1)
        await pool.submit("stuck")
        await spin()
        clock.advance(5)
        pool.pause()
        pool.resume()
        await pool.resize(4)
        breaker.trip()
        await pool.stop(0)

    run(main())
    names = {name for name, _ in heard}
    assert {name for name in vars(Observer) if not name.startswith("_")} - {
        "callback_failed"
    } <= names
    for name, args in heard:
        assert all(isinstance(arg, str | int | float) for arg in args), (name, args)
    finished = Counter(args[1] for name, args in heard if name == "finished")
    assert {"ok": 3, "abandoned": 1} == finished
    assert ("rejected", ("ValueError",)) in heard
    assert ("load", (0, 0, 0, 0, 0)) == heard[-1]


def test_an_observer_may_have_only_some_of_the_methods(run: Any) -> None:
    class Mine:
        count = 0

        def submitted(self, priority: str, size: int) -> None:
            self.count += 1

    async def main() -> None:
        observer = Mine()
        async with pool_of(observer=observer) as pool:
            await pool.submit_many(range(3))
        assert 3 == observer.count

    run(main())
