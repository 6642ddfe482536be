"""POOL.md: `not_before`, `expires_at`, `deadline`, time-outs, `Postpone`."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.pool import JobExpired, JobTimeout, ManualClock, Outcome, Postpone, RetryPolicy
from tests.contract.pool.helpers import Held, check_numbers, pool_of, spin


def in_s(clock: ManualClock, seconds: float) -> Any:
    return clock.now() + timedelta(seconds=seconds)


def test_not_before_parks_a_job_without_holding_a_worker(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock, workers=1) as pool:
            parked = await pool.submit("later", not_before=in_s(clock, 10))
            assert "now" == await (await pool.submit("now"))
            assert (1, 0) == (pool.stats().parked, pool.stats().busy)
            clock.advance(9.9)
            await spin()
            assert not parked.done()
            clock.advance(0.1)
            assert "later" == await parked

    run(main())


@pytest.mark.parametrize("name", ["expires_at", "deadline"])
@pytest.mark.parametrize("paused", [True, False])
def test_a_waiting_job_expires_when_due_even_while_paused(
    run: Any, name: str, paused: bool
) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1, buffer=1) as pool:
            if paused:
                pool.pause()
            else:
                await pool.submit("runs")
                await spin()
            options: Any = {name: in_s(clock, 3)}
            ticket = await pool.submit("waits", **options)
            assert 1 == pool.stats().queued
            clock.advance(2.9)
            assert not ticket.done()
            clock.advance(0.1)
            assert Outcome.EXPIRED == ticket.outcome
            with pytest.raises(JobExpired):
                await ticket
            assert 0 == pool.stats().queued
            pool.try_submit("takes its place")
            pool.resume()
            held.let_all_go()
            await pool.wait()
            assert "waits" not in held.started

    run(main())


def test_a_parked_job_expires_before_it_is_due(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            ticket = await pool.submit(1, not_before=in_s(clock, 10), expires_at=in_s(clock, 5))
            clock.advance(5)
            assert Outcome.EXPIRED == ticket.outcome
            assert 0 == pool.stats().parked

    run(main())


def test_a_job_that_started_in_time_runs_past_expires_at(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock) as pool:
            ticket = await pool.submit("a", expires_at=in_s(clock, 5))
            await spin()
            clock.advance(10)
            await spin()
            held.let_all_go()
            assert "a" == await ticket

    run(main())


def test_a_running_job_at_its_deadline_is_timed_out_and_not_tried_again(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        retry = RetryPolicy(max_retries=3, base=0)
        async with pool_of(held, clock=clock, retry=retry) as pool:
            ticket = await pool.submit("a", deadline=in_s(clock, 5))
            await spin()
            clock.advance(5)
            with pytest.raises(JobTimeout):
                await ticket
            assert ["a"] == held.cancelled == held.started
            assert 1 == pool.stats().timed_out

    run(main())


def test_job_timeout_cancels_the_handler(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, job_timeout=2) as pool:
            ticket = await pool.submit("a")
            await spin()
            clock.advance(1.9)
            await spin()
            assert not ticket.done()
            clock.advance(0.1)
            with pytest.raises(TimeoutError) as caught:
                await ticket
            assert isinstance(caught.value, JobTimeout)
            assert ["a"] == held.cancelled
            assert Outcome.TIMEOUT == ticket.outcome

    run(main())


def test_timeout_each_overrides_job_timeout_both_ways(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, job_timeout=5) as pool:
            short = await pool.submit("short", timeout_each=1)
            plain = await pool.submit("plain")
            long = await pool.submit("long", timeout_each=50)
            await spin()
            clock.advance(1)
            await spin()
            assert (True, False, False) == (short.done(), plain.done(), long.done())
            clock.advance(4)
            await spin()
            assert (True, False) == (plain.done(), long.done())
            clock.advance(44)
            await spin()
            held.let_all_go()
            assert "long" == await long

    run(main())


def test_timeout_each_works_without_job_timeout_and_leaves_later_jobs_alone(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1) as pool:
            quick = await pool.submit("quick", timeout_each=5)
            await spin()
            held.let_go("quick")
            await quick
            slow = await pool.submit("slow")
            await spin()
            clock.advance(100)
            await spin()
            assert not slow.done()
            held.let_all_go()
            await slow

    run(main())


def test_the_time_is_per_attempt(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        retry = RetryPolicy(max_retries=1, base=10, jitter=0)
        async with pool_of(held, clock=clock, job_timeout=2, retry=retry) as pool:
            ticket = await pool.submit("a")
            await spin()
            clock.advance(2)
            await spin()
            assert 1 == pool.stats().parked
            clock.advance(10)
            await spin()
            clock.advance(1.9)
            await spin()
            held.let_all_go()
            assert "a" == await ticket
            assert 2 == len(held.started)

    run(main())


def test_real_time_outs_never_come_early(run: Any) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        took: list[float] = []
        submitted: dict[float, float] = {}

        async def handler(job: float) -> None:
            # The time runs before this line is reached, on a busy machine long before.
            try:
                await asyncio.sleep(10)
            finally:
                took.append(loop.time() - submitted[job] - job)

        async with pool_of(handler, workers=50) as pool:
            waits = [0.001 * n + 0.0003 for n in range(1, 50)]
            tickets = []
            for wait in waits:
                submitted[wait] = loop.time()
                tickets.append(await pool.submit(wait, timeout_each=wait))
            for ticket in tickets:
                with pytest.raises(JobTimeout):
                    await ticket
        assert min(took) > -0.0005

    run(main())


def test_postpone_parks_again_without_outcome_or_counted_attempt(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        runs: list[str] = []

        async def handler(job: str) -> str:
            runs.append(job)
            if len(runs) < 3:
                raise Postpone(7)
            return job

        pool = pool_of(handler, clock=clock, workers=1, buffer=0, max_bytes=10)
        async with pool:
            results = pool.results()
            ticket = await pool.submit("a", size=10)
            for postponed in (1, 2):
                await spin()
                stats = pool.stats()
                assert (1, 0, 10) == (stats.parked, stats.busy, stats.bytes)
                assert postponed == stats.postponed
                assert not ticket.done()
                check_numbers(pool)
                clock.advance(7)
            assert "a" == await ticket
            result = await anext(results)
            assert 1 == result.attempts
            assert Outcome.OK == result.outcome
            assert (3, 0) == (len(runs), pool.stats().retried)

    run(main())


def test_a_postponed_job_still_expires(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()

        async def handler(job: str) -> None:
            raise Postpone(60)

        async with pool_of(handler, clock=clock) as pool:
            ticket = await pool.submit("a", expires_at=in_s(clock, 30))
            await spin()
            clock.advance(30)
            assert Outcome.EXPIRED == ticket.outcome

    run(main())


def test_postpone_0_lets_the_loop_turn(run: Any) -> None:
    async def main() -> None:
        runs = 0

        async def handler(job: str) -> None:
            nonlocal runs
            runs += 1
            if runs < 1_000:
                raise Postpone(0)

        async with pool_of(handler, workers=1) as pool:
            ticket = await pool.submit("a")
            turns = 0
            while not ticket.done():
                await asyncio.sleep(0)
                turns += 1
            assert turns > 500

    run(main())


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), "1"])
def test_postpone_refuses_what_is_no_time(seconds: Any) -> None:
    with pytest.raises(ValueError, match="seconds"):
        Postpone(seconds)
