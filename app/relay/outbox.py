"""First flights that go out together, over several connections to one relay."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class Outbox:
    """Calls back all who asked in one turn of the event loop, one right after the other.

    Each write to a connection may wake a relay that has just gone to sleep, which costs more than
    the write. Written together, most find it awake.
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []

    def soon(self, write: Callable[[], None], loop: asyncio.AbstractEventLoop) -> None:
        """Call `write` in the loop's next turn, when this turn's messages have begun."""
        if not self._waiting:
            loop.call_soon(self._empty)
        self._waiting.append(write)

    def _empty(self) -> None:
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            try:
                write()
            except Exception:  # noqa: BLE001 - it costs its own message a time-out, and no other
                _log.exception("a flight was not written")
