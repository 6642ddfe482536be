"""POOL.md, "Making one"."""

from __future__ import annotations

import functools
import inspect
from typing import Any, assert_type

import pytest

import app.pool
from app.pool import (
    CircuitBreaker,
    InvalidConfig,
    JobResult,
    PoolConfig,
    PoolError,
    Priority,
    RetryPolicy,
    WorkerPool,
)
from tests.contract.pool.helpers import Held, echo, pool_of


def test_the_first_example_works(run: Any) -> None:
    async def main() -> None:
        pool: WorkerPool[int, int] = WorkerPool(echo, PoolConfig(workers=10, buffer=100))
        async with pool:
            ticket = await pool.submit(7, priority=Priority.HIGH)
            assert 7 == await ticket

    run(main())


def test_defaults_are_those_of_the_table() -> None:
    config = PoolConfig()
    expected = {
        "workers": 10,
        "buffer": 100,
        "min_workers": 10,
        "max_workers": 10,
        "max_bytes": None,
        "job_timeout": None,
        "shutdown_timeout": 30.0,
        "results_buffer": 1_000,
        "ageing": 5.0,
        "scale_up_at": 5,
        "scale_down_at": 2,
        "scale_up_cooldown": 5.0,
        "scale_down_cooldown": 10.0,
        "scale_interval": 1.0,
        "stuck_after": None,
        "retry": None,
        "breaker": None,
    }
    assert expected == {name: getattr(config, name) for name in expected}


def test_config_is_frozen() -> None:
    with pytest.raises(AttributeError):
        PoolConfig().workers = 3  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workers", 0),
        ("workers", -1),
        ("workers", 1.5),
        ("workers", True),
        ("workers", "10"),
        ("buffer", -1),
        ("min_workers", 0),
        ("min_workers", 11),
        ("max_workers", 9),
        ("max_bytes", 0),
        ("max_bytes", -5),
        ("job_timeout", 0),
        ("job_timeout", -1.0),
        ("job_timeout", float("nan")),
        ("shutdown_timeout", -0.1),
        ("shutdown_timeout", None),
        ("results_buffer", 0),
        ("ageing", -1),
        ("scale_up_at", 0),
        ("scale_down_at", 0),
        ("scale_up_cooldown", -1),
        ("scale_down_cooldown", -1),
        ("scale_interval", 0),
        ("stuck_after", 0),
        ("retry", 3),
        ("breaker", object()),
    ],
)
def test_invalid_config_names_field_value_and_rule(field: str, value: Any) -> None:
    with pytest.raises(InvalidConfig) as caught:
        PoolConfig(**{field: value})
    assert field == caught.value.field
    assert value is caught.value.value
    assert caught.value.rule
    for part in (field, repr(value), caught.value.rule):
        assert part in str(caught.value)
    assert isinstance(caught.value, PoolError)


def test_min_and_max_alone_take_workers_for_the_other() -> None:
    assert (2, 4) == PoolConfig(workers=4, min_workers=2).bounds
    assert (4, 9) == PoolConfig(workers=4, max_workers=9).bounds


def test_presets_start_at_their_minimum() -> None:
    assert PoolConfig() == PoolConfig.default()
    high = PoolConfig.high_throughput()
    assert (5, 5, 50, 1_000) == (high.workers, high.min_workers, high.max_workers, high.buffer)
    low = PoolConfig.constrained()
    assert (1, 1, 5, 50) == (low.workers, low.min_workers, low.max_workers, low.buffer)


@pytest.mark.parametrize("handler", [print, lambda job: job, None, 3, object()])
def test_handler_that_is_no_async_callable_is_a_type_error(handler: Any) -> None:
    with pytest.raises(TypeError, match="async"):
        WorkerPool(handler)


def test_any_async_callable_is_a_handler() -> None:
    class Methods:
        async def method(self, job: int) -> int:
            return job

    async def two(extra: int, job: int) -> int:
        return extra + job

    for handler in (echo, Held(), Methods().method, functools.partial(two, 1)):
        WorkerPool(handler)


def test_callbacks_that_are_coroutine_functions_are_a_type_error() -> None:
    class Plugin:
        async def on_start(self, pool: object) -> None: ...

    with pytest.raises(TypeError, match="on_error"):
        pool_of(on_error=echo)
    with pytest.raises(TypeError, match="on_start"):
        pool_of(plugins=(Plugin(),))


def test_coroutines_are_exactly_those_named() -> None:
    coroutines = {
        name
        for name, method in inspect.getmembers(WorkerPool, inspect.iscoroutinefunction)
        if not name.startswith("_")
    }
    assert {
        "start",
        "stop",
        "wait",
        "resize",
        "scale_up",
        "scale_down",
        "submit",
        "submit_many",
        "get_result",
    } == coroutines


def test_every_name_of_the_page_is_exported() -> None:
    names = [
        "WorkerPool",
        "PoolConfig",
        "Priority",
        "InvalidConfig",
        "Ticket",
        "SubmitReport",
        "SubmitTimeout",
        "QueueFull",
        "PoolNotStarted",
        "PoolClosed",
        "PoolAlreadyStarted",
        "PoolError",
        "JobTooLarge",
        "JobExpired",
        "Postpone",
        "JobTimeout",
        "JobCancelled",
        "JobAbandoned",
        "Outcome",
        "JobResult",
        "NoResult",
        "JobError",
        "StopReport",
        "AtMaxWorkers",
        "AtMinWorkers",
        "RetryPolicy",
        "CircuitBreaker",
        "TokenBucket",
        "Backoff",
        "AdaptiveLimit",
        "Clock",
        "PoolStats",
        "Health",
    ]
    assert set(names) <= set(app.pool.__all__)
    assert all(hasattr(app.pool, name) for name in app.pool.__all__)


def test_retry_and_breaker_are_accepted() -> None:
    PoolConfig(retry=RetryPolicy(), breaker=CircuitBreaker())


def test_the_pool_is_typed_by_its_handler(run: Any) -> None:
    async def spell(job: int) -> str:
        return str(job)

    async def main() -> None:
        async with WorkerPool(spell) as pool:
            assert_type(pool, WorkerPool[int, str])
            ticket = await pool.submit(1)
            assert "1" == assert_type(await ticket, str)
            result = assert_type(await pool.get_result(), JobResult[int, str])
            assert_type(result.job, int)
            assert_type(result.value, str | None)

    run(main())
