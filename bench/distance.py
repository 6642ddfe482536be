"""A way to a relay that takes its time."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

_TIMER_STEP_S: Final = 0.0015


@contextlib.asynccontextmanager
async def distance(port: int, seconds: float) -> AsyncIterator[int]:
    """A port of this process from which everything needs so long to `port`, and so long back."""
    tasks: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        for source, sink in ((reader, far_writer), (far_reader, writer)):
            tasks.add(asyncio.ensure_future(_carry(source, sink, seconds)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    try:
        while data := await source.read(1 << 20):
            _at(loop, loop.time() + seconds, functools.partial(sink.write, data))
    finally:
        _at(loop, loop.time() + seconds, sink.close)


def _at(loop: asyncio.AbstractEventLoop, when: float, call: Callable[[], object]) -> None:
    """Exactly then: timers come up to a millisecond late, so the last of it is waited out awake."""

    def look() -> None:
        if loop.time() < when:
            loop.call_soon(look)
        else:
            call()

    loop.call_at(when - _TIMER_STEP_S, look)
