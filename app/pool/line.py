"""Submitters that wait for room, in the order in which they shall enter."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum, auto
from typing import TYPE_CHECKING

from app.pool.priority import Priority

if TYPE_CHECKING:
    import asyncio

    from app.pool.ticket import AnyTicket


class Answer(Enum):
    """What a waiting submitter is told."""

    ENTER = auto()
    TOO_LATE = auto()
    EXPIRED = auto()
    CLOSED = auto()


class Waiter:
    """A submitter in the line; `first` for one who reads results and must never be stuck."""

    __slots__ = ("first", "rank", "ticket", "told")

    def __init__(self, ticket: AnyTicket, told: asyncio.Future[Answer], *, first: bool) -> None:
        self.ticket = ticket
        self.told = told
        self.first = first
        self.rank = 0 if first else 1 + Priority.HIGH - ticket.priority


class Line:
    """Readers first, then by priority, then in order of call."""

    def __init__(self) -> None:
        self._ranks: tuple[OrderedDict[Waiter, None], ...] = tuple(OrderedDict() for _ in range(4))
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def join(self, waiter: Waiter) -> None:
        self._ranks[waiter.rank][waiter] = None
        self._length += 1

    def leave(self, waiter: Waiter) -> None:
        """Fine for one that has left already."""
        if waiter in self._ranks[waiter.rank]:
            del self._ranks[waiter.rank][waiter]
            self._length -= 1

    def head(self) -> Waiter | None:
        if self._length:
            for rank in self._ranks:
                if rank:
                    return next(iter(rank))
        return None

    @property
    def readers(self) -> int:
        """How many of those who wait go first."""
        return len(self._ranks[0])
