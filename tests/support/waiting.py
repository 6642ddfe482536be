"""Waiting for conditions with a deadline, instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def wait_until(
    condition: Callable[[], T], what: str, within: float = 10.0, *, every: float = 0.01
) -> T:
    """Ask `condition` until it is true and give its value; AssertionError after `within` s.

    `every` s, less often where asking costs the processor that is waited for.
    """
    deadline = time.monotonic() + within
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        time.sleep(every)


async def until(
    condition: Callable[[], T], what: str, within: float = 5.0, *, every: float = 0.001
) -> T:
    """As `wait_until`, letting the event loop turn; with 0 it is asked in each turn."""
    deadline = time.monotonic() + within
    while True:
        if value := condition():
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within:g} s: {what}")
        await asyncio.sleep(every)


def run(main: Coroutine[object, object, T], within: float = 30.0) -> T:
    """Run a test's coroutine in debug-free asyncio, bounded by `within` seconds."""

    async def bounded() -> T:
        async with asyncio.timeout(within):
            return await main

    return asyncio.run(bounded())
