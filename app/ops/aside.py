"""A loop of its own, in a thread, for work that would make the one that sends mail wait."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, TypeVar

from app.ops.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

AT_ONCE = 4
END_S = 2.0


class Aside:
    """Runs coroutines elsewhere; the thread begins with the first and keeps no process alive."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running = 0

    async def run(self, make: Callable[[], Coroutine[object, object, T]], seconds: float) -> T:
        """Its result; `Problem` 503 when it takes longer, or too much is under way already."""
        if self._running >= AT_ONCE:
            raise Problem(503, "busy with other questions", headers={"retry-after": "2"})
        self._running += 1
        try:
            async with asyncio.timeout(seconds):
                return await self.begin(make)
        except TimeoutError:
            raise Problem(
                503, f"no answer within {seconds:g} s; ask for less, or look at Kafka"
            ) from None
        finally:
            self._running -= 1

    def begin(self, make: Callable[[], Coroutine[object, object, T]]) -> asyncio.Future[T]:
        """Under way from now on; cancelling the future cancels it there."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._loop.run_forever, name="ops aside", daemon=True
            )
            self._thread.start()
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(make(), self._loop))

    async def stop(self) -> None:
        """Cancel what still runs, and end; within two seconds."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        ending = asyncio.run_coroutine_threadsafe(_cancel_others(), loop)
        await asyncio.wait([asyncio.wrap_future(ending)], timeout=END_S)
        loop.call_soon_threadsafe(loop.stop)


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
