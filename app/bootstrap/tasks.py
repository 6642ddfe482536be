"""What runs beside the reading as long as the service does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator


class Tasks:
    """Each has a name; the first one ends by itself once all is done."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def __iter__(self) -> Iterator[asyncio.Task[None]]:
        return iter(self._tasks)

    def begin(self, work: Coroutine[object, object, None], name: str) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def end(self, seconds: float) -> None:
        """Wait so long for the first, then end all."""
        if not self._tasks:
            return
        await asyncio.wait(self._tasks[:1], timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
