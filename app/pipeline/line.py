"""Readers before a full pool: who has longest not entered goes first."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import count


@dataclass(slots=True, eq=False)
class Place:
    """One reader's; `entered` is the number of its last entrance, over all readers."""

    entered: int = 0


class Line:
    """Room that appears is for whoever waits and has longest not entered.

    Otherwise the reader that happens to wake first takes all of it while the pool stays full, and
    another one never gets in. Only who waits at this moment is ahead of anybody: a reader that
    finds nothing to read, or drains, holds nobody up.

    Room for fewer than `enough` is none: reading costs the same for one record as for many, and
    meanwhile the workers have the rest of the buffer to do.
    """

    def __init__(self, enough: int = 1) -> None:
        self.full = False  # the pool refused a job, and nothing has moved since
        self._enough = max(1, enough)
        self._moves = 0
        self._moved = asyncio.Event()
        self._waiting: set[Place] = set()
        self._entries = count(1)

    def ahead_of(self, place: Place) -> bool:
        """Whether the room that there may be is another's."""
        return any(other.entered < place.entered for other in self._waiting)

    def entered(self, place: Place) -> None:
        """It had its turn."""
        place.entered = next(self._entries)

    def usable(self, room: int) -> int:
        """How much of the pool's room is to be used now."""
        return room if room >= self._enough else 0

    def moved(self) -> None:
        """Something left the pool or was settled."""
        self._moves += 1
        if self.full or self._moves >= self._enough:
            self._moved.set()
        self.full = False

    async def wait(self, place: Place, seconds: float) -> None:
        """Return once enough has moved, after `seconds` at the latest."""
        self._moved.clear()
        self._moves = 0
        self._waiting.add(place)
        try:
            async with asyncio.timeout(seconds):
                await self._moved.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(place)
        self.full = False
