"""POOL.md, "Life": wait, pause, and `async with`."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from app.pool import ManualClock, Outcome
from tests.contract.pool.helpers import Held, pool_of, spin


def test_wait_returns_at_once_on_an_empty_pool_which_stays_open(run: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            await pool.wait()
            assert 1 == await (await pool.submit(1))
            await pool.wait()
            assert 2 == await (await pool.submit(2))
        await pool.wait()

    run(main())


@pytest.mark.parametrize("what", ["queued", "parked", "running"])
def test_wait_waits_for_what_is_queued_parked_or_running(run: Any, what: str) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock) as pool:
            if what == "queued":
                pool.pause()
            at = clock.now() + timedelta(seconds=1) if what == "parked" else None
            await pool.submit("a", not_before=at)
            waiting = [asyncio.create_task(pool.wait()) for _ in range(3)]
            await spin()
            assert not any(task.done() for task in waiting)
            clock.advance(1)
            pool.resume()
            held.let_all_go()
            await asyncio.gather(*waiting)

    run(main())


@pytest.mark.parametrize("end", ["cancel", "expire"])
def test_expired_and_cancelled_jobs_count_as_done_for_wait(run: Any, end: str) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with pool_of(clock=clock) as pool:
            pool.pause()
            ticket = await pool.submit(1, expires_at=clock.now() + timedelta(seconds=1))
            waiting = asyncio.create_task(pool.wait())
            await spin()
            if end == "cancel":
                ticket.cancel()
            else:
                clock.advance(1)
            await waiting

    run(main())


def test_a_cancelled_wait_leaves_the_others(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held) as pool:
            await pool.submit("a")
            one, two = (asyncio.create_task(pool.wait()) for _ in range(2))
            await spin()
            one.cancel()
            with pytest.raises(asyncio.CancelledError):
                await one
            held.let_all_go()
            await two

    run(main())


def test_pause_stops_starting_but_not_running_or_accepting(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=2, buffer=5) as pool:
            running = await pool.submit("runs")
            await spin()
            pool.pause()
            pool.pause()
            for n in range(5):
                await pool.submit(n)
            held.let_all_go()
            assert "runs" == await running
            await spin()
            assert ["runs"] == held.started
            assert 5 == pool.stats().queued
            pool.resume()
            pool.resume()
            await pool.wait()
            assert ["runs", 0, 1, 2, 3, 4] == held.started

    run(main())


@pytest.mark.parametrize("paused", [True, False])
def test_a_paused_or_idle_pool_uses_no_cpu(run: Any, paused: bool) -> None:
    async def main() -> None:
        config: dict[str, Any] = {
            "workers": 5,
            "min_workers": 5,
            "max_workers": 9,
            "stuck_after": 0.01,
        }
        async with pool_of(**config, job_timeout=9) as pool:
            await (await pool.submit(0))
            if paused:
                pool.pause()
                for job in range(20):
                    await pool.submit(job)
            await spin()
            loop: Any = asyncio.get_running_loop()
            before = time.thread_time()
            await asyncio.sleep(0.5)  # no wait: so long it is looked at
            used = time.thread_time() - before
            assert used < 0.5 * 0.01, (used, loop)
            pool.resume()

    run(main())


def test_a_pool_may_start_paused(run: Any) -> None:
    async def main() -> None:
        pool = pool_of()
        pool.pause()
        async with pool:
            ticket = await pool.submit(1)
            await spin()
            assert not ticket.done()
            pool.resume()
            await ticket

    run(main())


def test_leaving_async_with_runs_all_that_was_accepted(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=2, buffer=100) as pool:
            tickets = [await pool.submit(job) for job in range(50)]
        assert list(range(50)) == [await ticket for ticket in tickets]

    run(main())


def test_the_bodys_exception_goes_on_after_a_graceful_stop(run: Any) -> None:
    async def main() -> None:
        tickets: list[Any] = []
        with pytest.raises(KeyError):  # noqa: PT012 - what leaves the pool's body
            async with pool_of() as pool:
                tickets.append(await pool.submit(1))
                raise KeyError
        assert Outcome.OK == tickets[0].outcome

    run(main())


def test_after_a_cancelled_body_the_pool_is_stopped_at_once(run: Any) -> None:
    async def main() -> None:
        held = Held()
        tickets: list[Any] = []

        async def body() -> None:
            async with pool_of(held, workers=1) as pool:
                tickets.extend([await pool.submit("a"), await pool.submit("b")])
                await asyncio.Event().wait()

        task = asyncio.create_task(body())
        await spin()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [Outcome.ABANDONED] * 2 == [ticket.outcome for ticket in tickets]
        assert ["a"] == held.cancelled

    run(main())


def test_a_loop_that_goes_down_takes_the_pool_with_it() -> None:
    held = Held()
    tickets: list[Any] = []

    async def main() -> None:
        pool = pool_of(held, workers=2)
        await pool.start()
        tickets.extend([await pool.submit(n) for n in range(5)])
        await spin()

    asyncio.run(main())
    assert all(ticket.done() for ticket in tickets)


def test_a_worker_cancelled_from_outside_is_replaced(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=2) as pool:
            ticket = await pool.submit("a")
            await spin()
            for task in asyncio.all_tasks():
                if task.get_name().startswith("pool-worker"):
                    task.cancel()
            await spin()
            assert Outcome.FAILED == ticket.outcome
            assert 2 == pool.stats().workers
            held.let_all_go()
            assert "b" == await (await pool.submit("b"))

    run(main())
