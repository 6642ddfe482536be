"""POOL.md, "Size": resizing by hand and by itself, stuck jobs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from app.pool import AtMaxWorkers, AtMinWorkers, ManualClock
from tests.contract.pool.helpers import Held, pool_of, spin


def test_resize_up_acts_at_once(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=1) as pool:
            await pool.submit_many(range(8))
            await spin()
            assert 1 == held.running
            await pool.resize(5)
            assert 5 == pool.stats().workers
            await spin()
            assert 5 == held.running
            held.let_all_go()

    run(main())


def test_after_shrinking_no_more_than_n_run_at_once_measured(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=10, buffer=100) as pool:
            await pool.submit_many(range(40))
            await spin()
            await pool.resize(2)
            # They finish their job first, and are told as what they are.
            assert (10, 10, 10) == (held.running, pool.stats().workers, pool.stats().busy)
            held.let_go(*range(10))
            await spin()
            assert (2, 2, 2) == (held.running, pool.stats().workers, pool.stats().busy)
            held.most = 0
            held.let_all_go()
            await pool.wait()
            assert held.most <= 2
            assert 40 == pool.stats().completed

    run(main())


def test_idle_workers_leave_at_once(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=10) as pool:
            await spin()
            tasks = len(asyncio.all_tasks())
            await pool.resize(3)
            assert 3 == pool.stats().workers
            await spin()
            assert tasks - 7 == len(asyncio.all_tasks())
            await pool.resize(4)
            assert 4 == pool.stats().workers
            assert 1 == await (await pool.submit(1))

    run(main())


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3"])
def test_a_size_that_is_none_is_a_value_error(run: Any, n: Any) -> None:
    async def main() -> None:
        async with pool_of() as pool:
            for call in (pool.resize, pool.scale_up, pool.scale_down):
                with pytest.raises(ValueError, match="n is"):
                    await call(n)
            assert 10 == pool.stats().workers

    run(main())


def test_a_fixed_pool_takes_any_size(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=3) as pool:
            await pool.resize(50)
            await pool.resize(1)
            assert 1 == pool.stats().workers
            assert 4 == await pool.scale_up(3)
            assert 1 == await pool.scale_down(9)
            with pytest.raises(AtMinWorkers):
                await pool.scale_down()

    run(main())


def test_under_autoscaling_the_bounds_hold(run: Any) -> None:
    async def main() -> None:
        async with pool_of(workers=3, min_workers=2, max_workers=5) as pool:
            with pytest.raises(AtMaxWorkers):
                await pool.resize(6)
            with pytest.raises(AtMinWorkers):
                await pool.resize(1)
            assert 3 == pool.stats().workers
            assert 5 == await pool.scale_up(9)
            with pytest.raises(AtMaxWorkers):
                await pool.scale_up()
            assert 2 == await pool.scale_down(9)
            with pytest.raises(AtMinWorkers):
                await pool.scale_down()
            assert (1, 1) == (pool.stats().scale_ups, pool.stats().scale_downs)

    run(main())


def scaling(handler: Any, clock: ManualClock | None = None, **config: Any) -> Any:
    settings = {"workers": 1, "min_workers": 1, "max_workers": 6, "buffer": 100, **config}
    return pool_of(handler, clock=clock, **settings)


async def submit(pool: Any, held: Held, count: int) -> None:
    for _ in range(count):
        await pool.submit(len(held.started) + 1_000 * pool.stats().submitted)


def test_it_grows_at_submit_by_one_and_by_two_at_twice_the_threshold(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with scaling(held, clock) as pool:
            await submit(pool, held, 1)
            await spin()
            await submit(pool, held, 4)
            assert 1 == pool.stats().workers
            await submit(pool, held, 1)
            assert 2 == pool.stats().workers
            await submit(pool, held, 15)
            await spin()
            # The cooldown holds, however many wait.
            clock.advance(4.9)
            assert 2 == pool.stats().workers
            clock.advance(0.1)
            assert 4 == pool.stats().workers
            clock.advance(5)
            assert 6 == pool.stats().workers
            clock.advance(50)
            assert 6 == pool.stats().workers
            assert 3 == pool.stats().scale_ups
            held.let_all_go()

    run(main())


def test_jobs_that_resting_workers_will_take_do_not_make_it_grow(run: Any) -> None:
    async def main() -> None:
        async with scaling(Held(), workers=6, min_workers=6, max_workers=9) as pool:
            for job in range(6):
                pool.try_submit(job)
            assert 6 == pool.stats().workers
            await spin()
            await pool.stop(0)

    run(main())


def test_it_shrinks_at_intervals_after_its_cooldown(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        held.let_all_go()
        async with scaling(held, clock, scale_down_at=2) as pool:
            await pool.resize(6)
            await spin()
            clock.advance(9.9)
            assert 6 == pool.stats().workers
            clock.advance(0.1)
            # 6 idle is at least twice the threshold.
            assert 4 == pool.stats().workers
            clock.advance(10)
            assert 2 == pool.stats().workers
            clock.advance(10)
            assert 1 == pool.stats().workers
            clock.advance(100)
            assert 1 == pool.stats().workers
            assert 0 == clock.pending

    run(main())


def test_a_manual_change_restarts_both_cooldowns(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with scaling(held, clock) as pool:
            await pool.resize(2)
            await submit(pool, held, 20)
            await spin()
            clock.advance(4.9)
            assert 2 == pool.stats().workers
            clock.advance(0.1)
            assert 4 == pool.stats().workers
            held.let_all_go()
            await pool.wait()
            clock.advance(9.5)
            await pool.resize(4)
            clock.advance(9.9)
            assert 4 == pool.stats().workers
            clock.advance(0.1)
            assert 2 == pool.stats().workers

    run(main())


@pytest.mark.parametrize("why", ["paused", "gated", "stopping"])
def test_it_never_scales_while_paused_gated_or_stopping(run: Any, why: str) -> None:
    class Gate:
        wait = 0.0

        def ready_in(self) -> float:
            return self.wait

    async def main() -> None:
        clock = ManualClock()
        held = Held()
        gate = Gate()
        pool = scaling(held, clock, breaker=gate, max_workers=9)
        await pool.start()
        await submit(pool, held, 1)
        await spin()
        stopping = None
        if why == "paused":
            pool.pause()
        elif why == "gated":
            gate.wait = 1_000.0
        await submit(pool, held, 4)
        await spin()
        if why == "stopping":
            stopping = asyncio.create_task(pool.stop(1_000))
            await spin()
        else:
            await submit(pool, held, 20)
        clock.advance(60)
        assert 1 == pool.stats().workers
        gate.wait = 0.0
        pool.resume()
        held.let_all_go()
        await spin()
        clock.advance(1)
        await (stopping or pool.stop())

    run(main())


def test_it_looks_again_when_a_pause_is_lifted(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with scaling(held, clock) as pool:
            pool.pause()
            await submit(pool, held, 20)
            pool.resume()
            assert 3 == pool.stats().workers
            held.let_all_go()

    run(main())


def test_submitters_that_wait_count_as_waiting(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with scaling(held, None, buffer=0) as pool:
            tasks = [asyncio.create_task(pool.submit(n)) for n in range(7)]
            await spin()
            assert 1 < pool.stats().workers
            held.let_all_go()
            await asyncio.gather(*tasks)

    run(main())


def test_a_stuck_job_is_reported_once_with_its_id_and_time(
    run: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, stuck_after=10) as pool:
            await pool.submit("a", job_id="the stuck one")
            await spin()
            clock.advance(9)
            assert not pool.stats().stuck
            clock.advance(3)
            ((job_id, run_s),) = pool.stats().stuck
            assert ("the stuck one", 12.0) == (job_id, run_s)
            (issue,) = pool.health().issues
            assert "the stuck one" in issue
            assert "12.0 s" in issue
            clock.advance(100)
            assert not caplog.records[1:]
            held.let_all_go()
            await pool.wait()
            assert not pool.stats().stuck
            assert "healthy" == pool.health().status

    with caplog.at_level(logging.WARNING):
        run(main())
    (record,) = caplog.records
    assert "app.pool" == record.name
    assert "the stuck one" in record.getMessage()
    assert "10.0 s" in record.getMessage()


def test_shrinking_while_woken_workers_are_on_their_way_keeps_to_the_size(run: Any) -> None:
    async def main() -> None:
        held = Held()
        async with pool_of(held, workers=8, buffer=20) as pool:
            await spin()
            for job in range(12):
                pool.try_submit(job)
            # All 8 have been woken, and none has started yet.
            await pool.resize(3)
            await spin()
            assert (3, 3) == (held.running, pool.stats().workers)
            await pool.resize(5)
            await spin()
            assert (5, 5) == (held.running, pool.stats().workers)
            held.let_all_go()
            await pool.wait()
            assert 12 == pool.stats().completed

    run(main())
