"""POOL.md, "Size": growing and shrinking by itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import ManualClock
from tests.contract.pool.helpers import Held, pool_of, spin


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
