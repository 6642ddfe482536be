"""One thing told to many listeners: made once for all, and only while somebody listens."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from app.ops.problems import Problem

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

log = logging.getLogger(__name__)

MOST: Final = 20
EVERY_S: Final = 1.0
LONGEST_S: Final = 300.0
BEAT: Final = b": beat\n\n"


class Broadcast:
    """Server-sent events, one every `every_s` seconds; `make` gives the data, one line of JSON.

    Nobody is waited for: who reads slowly misses events, and has none kept for him. A stream ends
    after `longest_s` seconds and is asked for anew, by whoever still may.
    """

    def __init__(
        self,
        make: Callable[[], bytes],
        *,
        every_s: float = EVERY_S,
        most: int = MOST,
        longest_s: float = LONGEST_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make = make
        self._every_s = every_s
        self._most = most
        self._longest_s = longest_s
        self._clock = clock
        self._listeners = 0
        self._latest = BEAT
        self._turn: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self._ended = False
        self._failing = False

    @property
    def listeners(self) -> int:
        return self._listeners

    def stream(self) -> AsyncGenerator[bytes, None]:
        """What to send to one more listener; `Problem` 503 when there are enough, or at the end."""
        if self._ended:
            raise Problem(503, "the service is ending")
        if self._listeners >= self._most:
            raise Problem(503, f"{self._most} listen already", headers={"retry-after": "10"})
        return self._events()

    async def stop(self) -> None:
        """End every stream."""
        self._ended = True
        self._wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _events(self) -> AsyncGenerator[bytes, None]:
        until = self._clock() + self._longest_s
        self._listeners += 1
        if self._task is None:
            self._tell()
            self._task = asyncio.create_task(self._run(), name="ops events")
        try:
            # Several may have been let in at once before the first began.
            while self._listeners <= self._most and self._clock() < until and not self._ended:
                yield self._latest
                await self._next()
        finally:
            self._listeners -= 1
            if not self._listeners and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _next(self) -> None:
        """Return when there is something new, or never will be."""
        if self._ended:
            return
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._turn)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            self._tell()

    def _tell(self) -> None:
        try:
            self._latest = b"event: glance\ndata: %b\n\n" % self._make()
            self._failing = False
        except Exception:
            # A look at the service must not end what looks; it is said once.
            if not self._failing:
                log.exception("the console's events cannot be made")
            self._failing, self._latest = True, BEAT
        self._wake()

    def _wake(self) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)
