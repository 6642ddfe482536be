"""POOL.md, "Order": priorities, first in first out, ageing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.pool import ManualClock, Priority
from tests.contract.pool.helpers import Held, pool_of, spin
from tests.support.waiting import run as run_plainly

LOW, NORMAL, HIGH = Priority


async def order_of(submissions: list[tuple[Priority, float]], ageing: float) -> list[int]:
    """Submit each after its delay to a paused pool, then see in what order they run."""
    clock = ManualClock()
    held = Held()
    held.let_all_go()
    async with pool_of(held, clock=clock, workers=1, buffer=1_000, ageing=ageing) as pool:
        pool.pause()
        for number, (priority, delay) in enumerate(submissions):
            clock.advance(delay)
            await pool.submit(number, priority=priority)
        pool.resume()
        await pool.wait()
    return held.started


def test_the_highest_priority_goes_first(run: Any) -> None:
    async def main() -> None:
        submitted = [(LOW, 0.0), (NORMAL, 0.0), (HIGH, 0.0), (LOW, 0.0), (HIGH, 0.0)]
        assert [2, 4, 1, 0, 3] == await order_of(submitted, ageing=0)

    run(main())


@given(st.lists(st.tuples(st.sampled_from(Priority), st.floats(0, 20)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_first_in_first_out_within_a_declared_priority_whatever_the_ageing(
    submissions: list[tuple[Priority, float]],
) -> None:
    order = run_plainly(order_of(submissions, ageing=5))
    for priority in Priority:
        mine = [number for number in order if submissions[number][0] is priority]
        assert sorted(mine) == mine
    assert sorted(order) == list(range(len(submissions)))


@given(st.lists(st.sampled_from(Priority), max_size=30))
@settings(max_examples=30, deadline=None)
def test_without_ageing_the_order_is_by_priority_then_entry(priorities: list[Priority]) -> None:
    order = run_plainly(order_of([(priority, 1_000.0) for priority in priorities], ageing=0))
    assert sorted(range(len(priorities)), key=lambda n: (-priorities[n], n)) == order


def test_ageing_lifts_a_waiting_job_by_one_level_per_period(run: Any) -> None:
    async def main() -> None:
        # 5 s lift LOW to NORMAL: then the earlier entry wins.
        assert [0, 1] == await order_of([(LOW, 0.0), (NORMAL, 5.0)], ageing=5)
        assert [1, 0] == await order_of([(LOW, 0.0), (NORMAL, 4.9)], ageing=5)
        # 10 s lift it to HIGH, and no further.
        assert [0, 1] == await order_of([(LOW, 0.0), (HIGH, 10.0)], ageing=5)
        assert [1, 0] == await order_of([(LOW, 0.0), (HIGH, 9.9)], ageing=5)
        assert [0, 1] == await order_of([(HIGH, 0.0), (LOW, 100.0)], ageing=5)
        assert [1, 0] == await order_of([(LOW, 0.0), (HIGH, 10.0)], ageing=0)

    run(main())


def test_ageing_compares_only_the_heads_of_the_levels(run: Any) -> None:
    async def main() -> None:
        # The second LOW is old enough, but stands behind a head that goes first anyway.
        submitted = [(LOW, 0.0), (LOW, 0.0), (NORMAL, 5.0), (HIGH, 0.0)]
        assert [3, 0, 1, 2] == await order_of(submitted, ageing=5)

    run(main())


def test_due_jobs_enter_at_the_tail(run: Any) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        async with pool_of(held, clock=clock, workers=1) as pool:
            await pool.submit("runs")
            await pool.submit("due", not_before=clock.now() + timedelta(seconds=1))
            await pool.submit("before")
            clock.advance(1)
            await pool.submit("after")
            held.let_all_go()
            await pool.wait()
            assert ["runs", "before", "due", "after"] == held.started

    run(main())


@pytest.mark.parametrize("workers", [1, 3])
def test_cancelled_and_expired_jobs_leave_the_order_of_the_rest_alone(
    run: Any, workers: int
) -> None:
    async def main() -> None:
        clock = ManualClock()
        held = Held()
        held.let_all_go()
        async with pool_of(held, clock=clock, workers=workers, buffer=1_000, ageing=0) as pool:
            pool.pause()
            tickets = []
            soon = clock.now() + timedelta(seconds=1)
            for number in range(600):
                expires = soon if number % 5 == 0 else None
                tickets.append(await pool.submit(number, expires_at=expires))
            for ticket in tickets[1::5]:
                assert ticket.cancel()
            clock.advance(1)
            await spin()
            assert 360 == pool.stats().queued
            pool.resume()
            await pool.wait()
            assert [n for n in range(600) if n % 5 > 1] == held.started

    run(main())
