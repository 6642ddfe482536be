"""Whose late failures are no news."""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING

from aiokafka.conn import AIOKafkaConnection
from aiokafka.errors import RequestTimedOutError
from aiokafka.util import wait_for

from app.kafka.leftovers import hush
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    import pytest


async def fails(error: Exception) -> None:
    raise error


def left_behind(coroutine: Coroutine[object, object, object]) -> None:
    async def main() -> None:
        hush(asyncio.get_running_loop())
        task = asyncio.ensure_future(coroutine)
        await asyncio.wait([task])
        del task
        gc.collect()

    run(main())


def test_a_task_of_the_library_s_that_fails_late_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    left_behind(wait_for(fails(RequestTimedOutError())))
    said = [one for one in caplog.records if one.name != "asyncio" or one.levelno > logging.DEBUG]
    assert [(one.name, one.levelno) for one in said] == [("app.kafka.leftovers", logging.DEBUG)]


async def told_by_its_reader(error: Exception) -> asyncio.Future[None]:
    """The end of a stream that a connection's reading task has told of."""
    reading = asyncio.ensure_future(fails(error))
    await asyncio.wait([reading])
    AIOKafkaConnection._on_read_task_error(lambda: None, reading)
    return failed(error)


def failed(error: Exception) -> asyncio.Future[None]:
    future = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future


async def forgotten(future: Callable[[], Awaitable[object]]) -> None:
    hush(asyncio.get_running_loop())
    await future()
    gc.collect()


def test_a_broken_connection_of_the_library_s_is_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    run(forgotten(lambda: told_by_its_reader(ConnectionResetError("reset"))))
    assert "never retrieved" not in caplog.text


def test_a_future_of_ours_that_fails_unseen_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def ours() -> asyncio.Future[None]:
        return failed(ConnectionResetError("reset"))

    run(forgotten(ours))
    assert "never retrieved" in caplog.text


def test_a_task_of_ours_that_fails_unseen_is_one(caplog: pytest.LogCaptureFixture) -> None:
    left_behind(fails(RequestTimedOutError()))
    assert "never retrieved" in caplog.text
