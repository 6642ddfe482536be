"""POOL.md, "Putting work in": what is refused, and how."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.pool import (
    JobExpired,
    JobTooLarge,
    ManualClock,
    Outcome,
    PoolAlreadyStarted,
    PoolClosed,
    PoolError,
    PoolNotStarted,
    Priority,
    QueueFull,
    SubmitTimeout,
)
from tests.contract.pool.helpers import Held, check_numbers, echo, pool_of, read_all, spin


def test_before_start_nothing_is_taken(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        with pytest.raises(PoolNotStarted):
            await pool.submit(1)
        with pytest.raises(PoolNotStarted):
            pool.try_submit(1)
        report = await pool.submit_many([1, 2])
        assert [PoolNotStarted] * 2 == [type(error) for _, error in report.refused]
        assert 4 == pool.stats().rejected

    run(main())


def test_once_stopping_and_for_ever_after_the_pool_is_closed(run: Any) -> None:
    async def main() -> None:
        held = Held()
        pool = pool_of(held, workers=1, buffer=0)
        await pool.start()
        await pool.submit("runs")
        waiting = asyncio.create_task(pool.submit("waits"))
        await spin()
        stopping = asyncio.create_task(pool.stop())
        await spin()
        with pytest.raises(PoolClosed):
            await waiting
        with pytest.raises(PoolClosed):
            pool.try_submit("late")
        held.let_all_go()
        await stopping
        with pytest.raises(PoolClosed):
            await pool.submit("later still")
        with pytest.raises(PoolClosed):
            await pool.resize(3)
        assert 3 == pool.stats().rejected

    run(main())


def test_start_twice_is_an_error(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        await pool.start()
        with pytest.raises(PoolAlreadyStarted):
            await pool.start()
        await pool.stop()
        with pytest.raises(PoolAlreadyStarted):
            await pool.start()

    run(main())


def test_stop_before_start_closes_the_pool(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        report = await pool.stop()
        assert not report.forced
        with pytest.raises(PoolClosed):
            await pool.submit(1)
        with pytest.raises(PoolClosed):
            await pool.start()

    run(main())


def test_errors_are_plain_classes_under_pool_error() -> None:
    for kind in (QueueFull, SubmitTimeout, PoolClosed, PoolNotStarted, JobTooLarge, JobExpired):
        assert issubclass(kind, PoolError)


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


def test_job_id_is_made_when_absent(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            results = pool.results()
            given = await pool.submit(1, job_id="mine")
            made = [await pool.submit(job) for job in (2, 3)]
            assert "mine" == given.job_id
            assert 2 == len({ticket.job_id for ticket in made} - {""})
            await pool.wait()
            seen = [await anext(results) for _ in range(3)]
            assert {t.job_id for t in (given, *made)} == {result.job_id for result in seen}

    run(main())


def test_a_size_above_max_bytes_is_refused(run: Any) -> None:
    async def main() -> None:
        async with pool_of(max_bytes=10) as pool:
            with pytest.raises(JobTooLarge):
                await pool.submit(1, size=11)
            await pool.submit(2, size=10)

    run(main())


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": "1"},
        {"timeout_each": -0.1},
        {"size": -1},
        {"size": 1.5},
        {"priority": 5},
        {"priority": "high"},
        {"priority": None},
        {"job_id": 7},
        {"deadline": datetime(2100, 1, 1)},  # noqa: DTZ001 - that is the point
        {"not_before": datetime(2100, 1, 1)},  # noqa: DTZ001
        {"expires_at": datetime(2100, 1, 1)},  # noqa: DTZ001
        {"expires_at": 5},
        {"deadline": 0},
    ],
    ids=str,
)
def test_a_bad_option_is_a_value_error_and_enqueues_nothing(
    run: Any, options: dict[str, Any]
) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            with pytest.raises(ValueError, match=next(iter(options))):
                await pool.submit(1, **options)
            if "timeout" not in options:
                with pytest.raises(ValueError, match=next(iter(options))):
                    pool.try_submit(1, **options)
            assert 0 == pool.stats().submitted
            assert 0 < pool.stats().rejected

    run(main())


@pytest.mark.parametrize("name", ["deadline", "expires_at"])
def test_a_point_already_past_is_expired_and_enqueues_nothing(run: Any, name: str) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            past: dict[str, Any] = {name: clock.now() - timedelta(seconds=1)}
            with pytest.raises(JobExpired):
                await pool.submit(1, **past)
            with pytest.raises(JobExpired):
                pool.try_submit(1, **past)
            assert 0 == pool.stats().submitted
            assert 2 == pool.stats().rejected

    run(main())


def test_a_not_before_already_past_means_now(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            early = datetime(2020, 1, 1, tzinfo=UTC)
            assert 1 == await (await pool.submit(1, not_before=early))

    run(main())


@pytest.mark.parametrize("name", ["deadline", "expires_at"])
def test_a_point_that_passes_while_waiting_in_submit_is_expired(run: Any, name: str) -> None:
    async def main() -> None:
        held = Held()
        clock = ManualClock()
        async with pool_of(held, clock=clock, workers=1, buffer=0) as pool:
            await pool.submit("a")
            soon: dict[str, Any] = {name: clock.now() + timedelta(seconds=5)}
            waiting = asyncio.create_task(pool.submit("b", timeout=60, **soon))
            await spin()
            clock.advance(5)
            with pytest.raises(JobExpired):
                await waiting
            held.let_all_go()
            await pool.wait()
            assert ["a"] == held.started
            assert (1, 0) == (pool.stats().submitted, pool.stats().expired)

    run(main())


def test_changes_of_the_wall_clock_have_no_effect(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            parked = await pool.submit(1, not_before=clock.now() + timedelta(seconds=10))
            clock.set_wall(clock.now() + timedelta(days=1))
            await spin()
            assert not parked.done()
            clock.set_wall(clock.now() - timedelta(days=2))
            clock.advance(10)
            assert 1 == await parked

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
