"""Bounds for calls of the client library that may hang while Kafka is away."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, TypeVar

from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

log = logging.getLogger(__name__)
T = TypeVar("T")

RETRY_EVERY_S = 0.2


async def bounded(call: Coroutine[object, object, T], seconds: float | None) -> T:
    """Await `call` for at most `seconds`; TimeoutError beyond.

    ConnectionError when the client library cancels the call by itself, as it does when a broker
    goes away: a cancellation that nobody asked for must not end the caller.
    """
    try:
        async with asyncio.timeout(seconds):
            return await call
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise ConnectionError("the connection to the broker was closed") from error


async def closed(call: Coroutine[object, object, object], what: str, seconds: float) -> None:
    """Close something, whatever comes; closing must neither hang nor fail a stop."""
    try:
        await bounded(call, seconds)
    except Exception as error:  # noqa: BLE001 - a client that fails to close is gone all the same
        log.debug("%s did not close cleanly: %r", what, error)


async def persistent(make_call: Callable[[], Coroutine[object, object, T]], seconds: float) -> T:
    """Call again after passing trouble (a coordinator still loading, a leader election).

    The last trouble is raised once `seconds` have gone by; what is not retriable, at once.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await make_call()
        except (KafkaError, OSError, TimeoutError) as error:
            passing = not isinstance(error, KafkaError) or error.retriable
            if not passing or time.monotonic() > deadline:
                raise
            log.debug("trying again: %r", error)
        await asyncio.sleep(RETRY_EVERY_S)
