"""POOL.md, "Putting work in": waiting for room, and ceasing to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import (
    ManualClock,
    Outcome,
    Priority,
    QueueFull,
    SubmitTimeout,
)
from tests.contract.pool.helpers import Held, check_numbers, echo, pool_of, read_all, spin


def test_submit_waits_for_room(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=1) as pool:
            await pool.submit("a")
            await spin()
            await pool.submit("b")
            waiting = asyncio.create_task(pool.submit("c"))
            await spin()
            assert not waiting.done()
            held.let_go("a")
            await waiting
            held.let_all_go()

    run(main())


def test_submit_times_out_when_there_is_no_room_in_time(run: Any) -> None:
    async def main() -> None:
        held = Held()
        clock = ManualClock()
        async with pool_of(held, clock=clock, workers=1, buffer=0) as pool:
            await pool.submit("a")
            waiting = asyncio.create_task(pool.submit("b", timeout=3))
            await spin()
            clock.advance(2.9)
            await spin()
            assert not waiting.done()
            clock.advance(0.1)
            with pytest.raises(SubmitTimeout):
                await waiting
            waiting = asyncio.create_task(pool.submit("c", timeout=0))
            await spin()
            clock.advance(0)
            with pytest.raises(SubmitTimeout):
                await waiting
            held.let_all_go()
            await pool.wait()
            assert ["a"] == held.started
            assert 2 == pool.stats().rejected

    run(main())


def test_a_caller_cancelled_while_waiting_has_enqueued_nothing(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            await pool.submit("a")
            waiting = asyncio.create_task(pool.submit("b"))
            await spin()
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            held.let_all_go()
            await pool.wait()
            assert ["a"] == held.started
            assert 1 == pool.stats().submitted

    run(main())


def test_a_caller_cancelled_as_its_turn_comes_has_enqueued_nothing_and_the_next_enters(
    run: Any,
) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            first = await pool.submit("a")
            await spin()
            second = asyncio.create_task(pool.submit("b"))
            third = asyncio.create_task(pool.submit("c"))
            await spin()
            # The ticket is told after room was given away, in the same turn of the loop.
            told = asyncio.create_task(_cancel_after(first, second))
            await spin()
            held.let_all_go()
            await told
            with pytest.raises(asyncio.CancelledError):
                await second
            assert "c" == await (await third)
            assert ["a", "c"] == held.started

    async def _cancel_after(ticket: Any, task: asyncio.Task[Any]) -> None:
        await ticket
        task.cancel()

    run(main())


def test_cancelled_in_the_very_turn_of_admission(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=0) as pool:
            running = await pool.submit("a")
            await spin()
            second = asyncio.create_task(pool.submit("b"))
            third = asyncio.create_task(pool.submit("c"))
            await spin()
            await pool.resize(2)
            second.cancel()
            with pytest.raises(asyncio.CancelledError):
                await second
            await spin()
            assert third.done()
            held.let_all_go()
            await pool.wait()
            assert running.done()
            assert ["a", "c"] == held.started
            check_numbers(pool)

    run(main())


def test_try_submit_never_waits(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1, buffer=1) as pool:
            pool.try_submit("a")
            pool.try_submit("b")
            with pytest.raises(QueueFull):
                pool.try_submit("c")
            held.let_all_go()
            await pool.wait()
            assert ["a", "b"] == held.started
            assert 1 == pool.stats().rejected

    run(main())


def test_submit_many_reports_what_was_accepted_and_each_refusal(run: Any) -> None:
    async def main() -> None:
        held = Held()
        clock = ManualClock()
        async with pool_of(held, clock=clock, workers=1, buffer=1) as pool:
            many = asyncio.create_task(pool.submit_many(["a", "b", "c", "d"], timeout=1))
            await spin()
            clock.advance(1)
            await spin()
            clock.advance(0)
            report = await many
            assert 2 == len(report.accepted)
            assert [("c", SubmitTimeout), ("d", SubmitTimeout)] == [
                (refusal.job, type(refusal.error)) for refusal in report.refused
            ]
            held.let_all_go()
            assert ["a", "b"] == [await ticket for ticket in report.accepted]

    run(main())


def test_submit_many_waits_for_room_and_accepts_all(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=2, buffer=3) as pool:
            report = await pool.submit_many(range(50), priority=Priority.LOW)
            assert list(range(50)) == [await ticket for ticket in report.accepted]
            assert () == report.refused

    run(main())


def test_inside_a_handler_submit_on_a_full_pool_is_queue_full_and_waiting_an_error(
    run: Any,
) -> None:
    async def main() -> None:
        errors: list[type[BaseException]] = []

        async def handler(job: str) -> None:
            if job == "outer":
                await pool.submit("inner")
                for call in (pool.submit("more"), pool.wait(), pool.stop()):
                    try:
                        await call
                    except (QueueFull, RuntimeError) as error:
                        errors.append(type(error))

        pool = pool_of(handler, workers=1, buffer=1)
        async with pool:
            await (await pool.submit("outer"))
            assert [QueueFull, RuntimeError, RuntimeError] == errors
        assert 2 == pool.stats().completed

    run(main())


def test_a_ticket_of_each_accepted_job_has_exactly_one_outcome(run: Any) -> None:
    async def main() -> None:
        pool = pool_of(echo, workers=3, buffer=5)
        results = pool.results()
        async with pool:
            report = await pool.submit_many(range(200))
            report.accepted[-1].cancel()
        seen = await read_all(results)
        assert 200 == len(seen) == len({result.job_id for result in seen})
        assert {Outcome.OK, Outcome.CANCELLED} >= {result.outcome for result in seen}
        check_numbers(pool)

    run(main())
