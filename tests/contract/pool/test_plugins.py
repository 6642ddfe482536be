"""POOL.md, "Resilience": plugins and the observer."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

import pytest

from app.pool import (
    CircuitBreaker,
    ManualClock,
    Observer,
    Postpone,
    RetryPolicy,
)
from tests.contract.pool.helpers import pool_of, spin


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
