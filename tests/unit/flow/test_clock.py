from __future__ import annotations

import asyncio
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import partial

from app.flow import ManualClock, SystemClock
from tests.support.waiting import run


def test_the_system_clock_tells_the_time_and_calls_at_it() -> None:
    async def main() -> None:
        clock = SystemClock()
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
        rang = asyncio.Event()
        began = clock.monotonic()
        clock.call_at(began + 0.02, rang.set)
        clock.call_at(began + 0.01, rang.set).cancel()
        await rang.wait()
        assert clock.monotonic() - began > 0.015
        past, late = asyncio.Event(), asyncio.Event()
        clock.call_at(began + 0.5, late.set)
        clock.call_at(began - 100, past.set)
        await past.wait()
        assert not late.is_set()

    run(main())


def test_what_is_called_later_knows_nothing_of_who_asked_for_it() -> None:
    asking = ContextVar("asking", default="nobody")

    async def main() -> None:
        asking.set("this job")
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        SystemClock().call_at(0.0, lambda: heard.set_result(asking.get()))
        assert "nobody" == await heard

    run(main())


def test_the_manual_clock_calls_what_falls_due_at_its_own_time_and_in_order() -> None:
    clock = ManualClock()
    start, wall = clock.monotonic(), clock.now()
    assert datetime(2026, 1, 1, tzinfo=UTC) == wall
    rang: list[tuple[str, float]] = []

    def ring(name: str) -> None:
        rang.append((name, clock.monotonic() - start))
        if name == "b":
            clock.call_at(clock.monotonic() + 1, lambda: ring("after b"))

    clock.call_at(start + 5, lambda: ring("late"))
    clock.call_at(start + 2, lambda: ring("b"))
    clock.call_at(start + 1, lambda: ring("a"))
    clock.call_at(start + 1, lambda: ring("never")).cancel()
    assert 3 == clock.pending
    clock.advance(4)
    assert [("a", 1.0), ("b", 2.0), ("after b", 3.0)] == rang
    assert timedelta(seconds=4) == clock.now() - wall
    assert 1 == clock.pending


def test_the_manual_clock_calls_those_of_one_moment_in_the_order_they_were_set() -> None:
    clock = ManualClock()
    rang: list[int] = []
    for number in range(5):
        clock.call_at(clock.monotonic() + 1, partial(rang.append, number))
    clock.advance(1)
    assert ([0, 1, 2, 3, 4], 0) == (rang, clock.pending)


def test_the_wall_may_be_set_alone() -> None:
    clock = ManualClock()
    before = clock.monotonic()
    clock.set_wall(datetime(2030, 1, 1, tzinfo=UTC))
    assert (before, 2030) == (clock.monotonic(), clock.now().year)
