"""Whose late failures are no news."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

import pytest
from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import RequestTimedOutError
from aiokafka.util import wait_for

from app.kafka.leftovers import hush
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


async def fails(error: Exception) -> None:
    raise error


def left_behind(leaving: Coroutine[object, object, None]) -> None:
    async def main() -> None:
        hush(asyncio.get_running_loop())
        await leaving
        gc.collect()

    run(main())


async def task_of(coroutine: Coroutine[object, object, object]) -> None:
    await asyncio.wait([asyncio.ensure_future(coroutine)])


async def future_with(error: Exception) -> None:
    asyncio.get_running_loop().create_future().set_exception(error)


async def stream_with(error: Exception) -> None:
    """A connection's stream that broke; the reading task has told of it."""
    reading = asyncio.ensure_future(fails(error))
    await asyncio.wait([reading])
    AIOKafkaConnection._on_read_task_error(lambda: None, reading)
    await future_with(error)


@pytest.mark.parametrize(
    "leaving",
    [
        lambda: task_of(wait_for(fails(RequestTimedOutError()))),
        lambda: stream_with(ConnectionResetError("reset")),
    ],
    ids=["a task", "a broken stream"],
)
def test_what_the_library_leaves_behind_is_no_error(
    leaving: Callable[[], Coroutine[object, object, None]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    left_behind(leaving())
    said = [one for one in caplog.records if one.name != "asyncio" or one.levelno > logging.DEBUG]
    assert [(one.name, one.levelno) for one in said] == [("app.kafka.leftovers", logging.DEBUG)]


@pytest.mark.parametrize(
    "leaving",
    [
        lambda: task_of(fails(RequestTimedOutError())),
        lambda: future_with(ConnectionResetError("reset")),
    ],
    ids=["a task", "a future"],
)
def test_what_we_leave_behind_is_one(
    leaving: Callable[[], Coroutine[object, object, None]], caplog: pytest.LogCaptureFixture
) -> None:
    left_behind(leaving())
    assert "never retrieved" in caplog.text
