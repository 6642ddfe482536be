"""POOL.md, "Size": resizing by hand."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.pool import AtMaxWorkers, AtMinWorkers
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
