"""POOL.md, "Seeing inside": stats and worker stats."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from app.pool import ManualClock
from tests.contract.pool.helpers import Held, check_numbers, pool_of, spin

FIELDS = [
    "workers",
    "busy",
    "idle",
    "queued",
    "parked",
    "bytes",
    "submitted",
    "completed",
    "failed",
    "timed_out",
    "expired",
    "cancelled",
    "abandoned",
    "rejected",
    "retried",
    "postponed",
    "dropped_results",
    "callback_errors",
    "stuck",
    "scale_ups",
    "scale_downs",
    "uptime_s",
    "throughput_1m",
    "run_s",
    "queued_s",
]


def test_stats_are_frozen_and_have_every_field(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            stats = pool.stats()
            assert set(FIELDS) == {field.name for field in dataclasses.fields(stats)}
            with pytest.raises(AttributeError):
                stats.busy = 1

    run(main())


def test_counters_add_up_at_every_moment_and_in_callbacks(run: Any) -> None:
    async def main() -> None:
        class Checker:
            def before_job(self, job: Any) -> None:
                check_numbers(pool)

            def after_job(self, result: Any) -> None:
                check_numbers(pool)

        clock = ManualClock()

        async def handler(job: int) -> int:
            check_numbers(pool)
            await asyncio.sleep(0)
            if job % 3 == 0:
                raise ValueError(job)
            check_numbers(pool)
            return job

        pool = pool_of(
            handler, clock=clock, plugins=(Checker(),), on_error=lambda _: check_numbers(pool)
        )
        async with pool:
            await pool.submit(2, not_before=clock.now() + timedelta(seconds=1))
            for job in range(50):
                await pool.submit(job)
                check_numbers(pool)
            clock.advance(2)
            await pool.wait()
            assert 0 == pool.stats().callback_errors
            assert 17 == pool.stats().failed

    run(main())


def test_workers_busy_idle_queued_and_parked_are_what_they_say(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=3) as pool:
            assert (3, 0, 3) == (pool.stats().workers, pool.stats().busy, pool.stats().idle)
            for job in range(2):
                await pool.submit(job)
            await spin()
            assert (2, 1) == (pool.stats().busy, pool.stats().idle)
            for job in range(2, 6):
                await pool.submit(job)
            await pool.submit("p", not_before=clock.now() + timedelta(seconds=1))
            await spin()
            stats = pool.stats()
            assert (3, 0, 3, 1) == (stats.busy, stats.idle, stats.queued, stats.parked)
            _ = pool.try_submit(6, size=70)
            # queued, parked, busy, workers, bytes
            assert (4, 1, 3, 3, 70) == pool.load()
            held.let_all_go()
            clock.advance(1)

    run(main())


def test_percentiles_are_right_for_the_last_10_000(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: float) -> None:
            clock.advance(job)

        async with pool_of(handler, clock=clock, workers=1, buffer=10_001) as pool:
            # A slow one first, which 10,000 others push out.
            await (await pool.submit(1_000.0))
            order = [(n * 7_919) % 10_000 for n in range(10_000)]
            for n in order:
                await (await pool.submit((n + 1) / 1_000))
            run_s = pool.stats().run_s
            for expected, seen in zip(
                (5.0, 9.5, 9.9, 5.0005, 10.0), dataclasses_or_tuple(run_s), strict=True
            ):
                assert abs(expected - seen) < 1e-6

    run(main())


def dataclasses_or_tuple(figures: Any) -> tuple[float, ...]:
    return (figures.p50, figures.p95, figures.p99, figures.mean, figures.max)


def test_queued_s_tells_how_long_jobs_waited(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock, workers=1) as pool:
            assert (0.0,) * 5 == dataclasses_or_tuple(pool.stats().queued_s)
            pool.pause()
            for _ in range(4):
                await pool.submit(1)
                clock.advance(1)
            pool.resume()
            await pool.wait()
            figures = pool.stats().queued_s
            assert (2.0, 4.0, 2.5, 4.0) == (
                figures.p50,
                figures.p99,
                figures.mean,
                figures.max,
            )

    run(main())


def test_throughput_is_of_the_last_minute(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            assert 0.0 == pool.stats().throughput_1m
            for _ in range(30):
                await pool.submit_many(range(4))
                await pool.wait()
                clock.advance(1)
            assert abs(4.0 - pool.stats().throughput_1m) < 0.2
            assert 30.0 == pool.stats().uptime_s
            clock.advance(30)
            assert abs(2.0 - pool.stats().throughput_1m) < 0.2
            clock.advance(60)
            assert 0.0 == pool.stats().throughput_1m
            await pool.submit_many(range(60))
            await pool.wait()
            assert abs(1.0 - pool.stats().throughput_1m) < 0.1

    run(main())


def test_worker_stats_tell_jobs_failures_busy_seconds_and_the_current_job(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()

        async def handler(job: str) -> None:
            await held(job)
            if job == "bad":
                raise ValueError

        async with pool_of(handler, clock=clock, workers=1) as pool:
            await pool.submit("bad", job_id="first")
            await spin()
            clock.advance(3)
            (worker,) = pool.worker_stats()
            assert (0, 0, 3.0, "first") == (
                worker.jobs,
                worker.failures,
                worker.busy_s,
                worker.job_id,
            )
            held.let_all_go()
            await pool.submit("good")
            await pool.wait()
            (worker,) = pool.worker_stats()
            assert (2, 1, 3.0, None) == (
                worker.jobs,
                worker.failures,
                worker.busy_s,
                worker.job_id,
            )

    run(main())
