"""The buffer: one line per priority, with ageing between their heads."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from app.pool.priority import Priority

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.pool.ticket import AnyTicket

_FEW = 64


class Levels:
    """First in, first out within a priority; `ageing` seconds lift a head by one level, 0 never.

    A ticket that leaves the middle stays as a stale entry until it reaches the head or until
    stale entries are the majority; a ticket is stale when it is no longer queued.
    """

    __slots__ = ("_ageing", "lines", "stale")

    def __init__(self, ageing: float) -> None:
        self._ageing = ageing
        self.stale = 0
        self.lines: tuple[deque[AnyTicket], ...] = (deque(), deque(), deque())

    def __iter__(self) -> Iterator[AnyTicket]:
        return (ticket for line in self.lines for ticket in line if ticket.queued)

    def pop(self, now: float) -> AnyTicket:
        """The next to run; the caller knows that there is one."""
        if self.stale:
            self._drop_stale_heads()
        low, normal, high = self.lines
        if not low:
            if not high:
                return normal.popleft()
            if not normal:
                return high.popleft()
        elif not normal and not high:
            return low.popleft()
        return self._pop_eldest(now)

    def discard(self) -> None:
        """A ticket in some line is no longer queued."""
        self.stale += 1
        if self.stale > _FEW and self.stale * 2 > sum(map(len, self.lines)):
            for line in self.lines:
                kept = [ticket for ticket in line if ticket.queued]
                line.clear()
                line.extend(kept)
            self.stale = 0

    def _pop_eldest(self, now: float) -> AnyTicket:
        best = None
        best_rank = (-1, 0)
        for line in self.lines:
            if line:
                rank = self._rank(line[0], now)
                if best is None or rank > best_rank:
                    best, best_rank = line, rank
        if best is None:
            raise IndexError("pop from an empty buffer")
        return best.popleft()

    def _rank(self, ticket: AnyTicket, now: float) -> tuple[int, int]:
        level = int(ticket.priority)
        if self._ageing:
            level += int((now - ticket.entered) / self._ageing)
        return min(level, Priority.HIGH), -ticket.number

    def _drop_stale_heads(self) -> None:
        for line in self.lines:
            while line and not line[0].queued:
                _ = line.popleft()
                self.stale -= 1
