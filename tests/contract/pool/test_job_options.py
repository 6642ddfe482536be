"""POOL.md, "Putting work in": what is asked for a job, and when that is refused."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.pool import (
    JobExpired,
    JobTooLarge,
    ManualClock,
)
from tests.contract.pool.helpers import Held, pool_of, spin


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
        {"not_before": datetime(2100, 1, 1)},  # noqa: DTZ001 - that is what is wrong
        {"expires_at": datetime(2100, 1, 1)},  # noqa: DTZ001 - as above
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
