"""Signals that end a command which has something to clean up."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def first_signal_cancels(task: asyncio.Task[Any]) -> Iterator[None]:
    """Further ones are ignored: what they would cut short is the cleaning up, which is bounded."""
    loop = asyncio.get_running_loop()
    signalled = False

    def cancel() -> None:
        nonlocal signalled
        if not signalled:
            signalled = True
            task.cancel()

    for number in SIGNALS:
        loop.add_signal_handler(number, cancel)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
