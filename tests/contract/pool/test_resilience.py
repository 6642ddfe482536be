"""POOL.md, "Resilience": the breaker, and gates of any kind."""

from __future__ import annotations

import asyncio
from typing import Any

from app.pool import (
    CircuitBreaker,
    JobResult,
    ManualClock,
    Outcome,
    Postpone,
)
from tests.contract.pool.helpers import Held, pool_of, spin


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
