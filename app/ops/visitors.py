"""Connections of the ops server: never too many, and none that only waits."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

if TYPE_CHECKING:
    from collections.abc import Callable

MOST: Final = 100
WAIT_S: Final = 10.0


class Visitors:
    """All connections there are.

    One that keeps us waiting - for a request, the rest of one, or for reading what we answered -
    is dropped after `wait_s` seconds, and before that when others want in: the longest waiting
    first. So nobody takes the process's file descriptors by doing nothing.
    """

    def __init__(
        self, clock: Callable[[], float], *, most: int = MOST, wait_s: float = WAIT_S
    ) -> None:
        self._clock = clock
        self._most = most
        self._wait_s = wait_s
        # In order of since when they keep us waiting, as far as is known; busy ones move to the
        # end with each look.
        self._waiting: dict[Visitor, float] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def served(self) -> int:
        """How many wait for us."""
        return sum(each.is_served() for each in self._waiting)

    def came(self, visitor: Visitor) -> None:
        """Let it in, if need be in place of another; where all are served, it has to go."""
        if len(self._waiting) >= self._most:
            self._look()
            idle = next((each for each in self._waiting if not each.is_served()), None)
            (visitor if idle is None else idle).drop()
            if idle is None:
                return
            del self._waiting[idle]
        self._waiting[visitor] = self._clock()

    def left(self, visitor: Visitor) -> None:
        self._waiting.pop(visitor, None)

    async def watch(self) -> None:
        """Look ever again, until cancelled."""
        while True:
            await asyncio.sleep(self._wait_s / 10)
            self._look()
            latest = self._clock() - self._wait_s
            for each, since in list(self._waiting.items()):
                if since > latest:
                    break
                each.drop()
                del self._waiting[each]

    def _look(self) -> None:
        now = self._clock()
        for each in [each for each in self._waiting if each.is_served()]:
            del self._waiting[each]
            self._waiting[each] = now


class Visitor(H11Protocol):
    """One connection, known to `visitors`, which a subclass names."""

    visitors: Visitors

    @override
    def connection_made(  # type: ignore[override]  # narrower than asyncio's, as uvicorn's is
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self.visitors.came(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.visitors.left(self)
        super().connection_lost(exc)

    def is_served(self) -> bool:
        """Whether it waits for us, and not we for it."""
        cycle: RequestResponseCycle | None = self.cycle
        return (
            cycle is not None
            and not cycle.response_complete
            and not cycle.more_body
            and self.transport.get_write_buffer_size() == 0
        )

    def drop(self) -> None:
        """At once: what was not read yet never will be."""
        self.transport.abort()


def known_to(visitors: Visitors) -> type[Visitor]:
    """The protocol for connections that these visitors watch."""
    return type("KnownVisitor", (Visitor,), {"visitors": visitors})
