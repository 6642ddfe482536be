"""A relay's connections: opened as load asks, bounded, kept while they are of use."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextvars import Context
from typing import TYPE_CHECKING

from app.domain.smtp import RelayUnavailable
from app.relay.fewer import FewerConnections

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from app.flow import Clock
    from app.flow.clock import Timer
    from app.relay.connection import Connection

_log = logging.getLogger(__name__)


class RefusedMore(Exception):
    """The relay wants no further connection, and goes on with those that are open."""


class _Waiter:
    __slots__ = ("fresh", "given")

    def __init__(self, *, fresh: bool) -> None:
        self.fresh = fresh
        self.given: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()


class Connections:
    """Hands out connections, the last used first, so that surplus ones fall idle and are closed.

    Opening runs in a task of its own: a caller that is cancelled meanwhile leaves its connection
    (or its failure) to the next. `size` counts all, those being opened or closed included, and
    never exceeds `limit`. A relay that finds them too many gets fewer, for a while.
    """

    def __init__(
        self,
        dial: Callable[[], Coroutine[object, object, Connection]],
        *,
        relay: str,
        limit: int,
        idle_s: float,
        clock: Clock,
    ) -> None:
        """`dial` opens one, or raises RelayUnavailable or RefusedMore.

        Its connections report their end here.
        """
        self._dial_one = dial
        self._relay = relay
        self._limits = FewerConnections(limit, clock)
        self._idle_s = idle_s
        self._clock = clock
        self._idle: deque[Connection] = deque()
        self._busy: set[Connection] = set()
        self._waiters: deque[_Waiter] = deque()
        self._dialling = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweep_timer: Timer | None = None
        self._closed = False
        self.size = 0

    @property
    def limit(self) -> int:
        """How many there may be now."""
        return self._limits.now

    @property
    def waiting(self) -> int:
        """How many callers wait for one."""
        return len(self._waiters)

    @property
    def busy(self) -> int:
        """How many have a message on them."""
        return len(self._busy)

    @property
    def in_use(self) -> bool:
        """Whether any is open, used or not."""
        return bool(self._busy or self._idle)

    def too_many(self) -> None:
        """The relay says so: fewer from now on, one more again every minute."""
        if self._limits.lower(self.size - 1):
            _log.info(
                "relay %s finds %d connections too many; at most %d for now",
                self._relay,
                self.size,
                self.limit,
            )

    async def acquire(self, *, fresh: bool = False) -> Connection:
        """A usable connection, to be given back by `release`; `fresh`: one never used before.

        Raises:
            RelayUnavailable: none could be opened.
        """
        if self._closed:
            raise self._closing()
        if not fresh and (connection := self.take()) is not None:
            return connection
        waiter = _Waiter(fresh=fresh)
        self._waiters.append(waiter)
        self._dial_for_waiters()
        try:
            return await waiter.given
        except asyncio.CancelledError:
            given = waiter.given
            if given.done() and not given.cancelled() and given.exception() is None:
                self.release(given.result())
            raise
        finally:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def take(self) -> Connection | None:
        """A usable one that nobody uses, as `acquire` gives it; None where there is none."""
        while self._idle and not self._closed:
            connection = self._idle.pop()
            if connection.usable:
                self._busy.add(connection)
                return connection
            self._retire(connection)
        return None

    def release(self, connection: Connection) -> None:
        """Give it back, whatever has become of it."""
        self._busy.discard(connection)
        if connection.usable and not self._closed and self.size <= self.limit:
            connection.fresh = False
            self._offer(connection)
        else:
            self._retire(connection)

    def dial(self) -> bool:
        """Open one more, for whoever comes; false when there is no room for it."""
        if self._closed or self.size >= self.limit:
            return False
        self._start_dialling()
        return True

    def drop_idle(self) -> None:
        """Close those that nobody uses now."""
        while self._idle:
            self._retire(self._idle.pop())

    def forget(self, connection: Connection) -> None:
        """The connection ended by itself; one in use is retired when it is released."""
        if connection in self._idle:
            self._idle.remove(connection)
            self._retire(connection)

    async def close(self) -> None:
        """Close all, politely those that are not in use; takes a few seconds at most."""
        self._closed = True
        self._cancel_sweep()
        self.drop_idle()
        for connection in tuple(self._busy):
            connection.abort()
        while self._waiters:
            self._disappoint(self._closing())
        for task in tuple(self._tasks):
            if task.get_name() == "relay-dial":
                task.cancel()
        while self._tasks:
            await asyncio.wait(tuple(self._tasks))

    def _closing(self) -> RelayUnavailable:
        return RelayUnavailable(self._relay, "shutting down", retry_in=1.0)

    def _offer(self, connection: Connection) -> None:
        for waiter in self._waiters:
            if not waiter.given.done() and (connection.fresh or not waiter.fresh):
                self._waiters.remove(waiter)
                self._busy.add(connection)
                waiter.given.set_result(connection)
                return
        # One that was opened in vain is as old as any, and may be as dead, when somebody takes it.
        connection.fresh = False
        connection.idle_since = self._clock.monotonic()
        self._idle.append(connection)
        if self._sweep_timer is None:
            self._schedule_sweep(connection)
        self._dial_for_waiters()

    def _dial_for_waiters(self) -> None:
        while self._dialling < len(self._waiters) and not self._closed:
            if self.size >= self.limit:
                if self._idle:
                    # Only who wants a fresh one waits while others are idle.
                    self._retire(self._idle.popleft())
                return
            self._start_dialling()

    def _start_dialling(self) -> None:
        self.size += 1
        self._dialling += 1
        self._spawn(self._dial(), "relay-dial")

    async def _dial(self) -> None:
        try:
            connection = await self._dial_one()
        except BaseException as error:
            self._dialling -= 1
            if isinstance(error, RefusedMore):
                self.too_many()
                self.size -= 1
                return  # who waits gets one of the others when it comes free
            self.size -= 1
            if isinstance(error, Exception):
                self._disappoint(error)
                self._dial_for_waiters()
            else:
                raise
        else:
            self._dialling -= 1
            if self._closed or not connection.usable:
                self._retire(connection)
            else:
                self._offer(connection)

    def _disappoint(self, error: Exception) -> None:
        """Tell the first who waits; a failure that nobody waits for has been counted already."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.given.done():
                waiter.given.set_exception(error)
                return
        if not isinstance(error, RelayUnavailable):
            _log.error("opening a connection failed", exc_info=error)

    def _retire(self, connection: Connection) -> None:
        self._spawn(self._part(connection), "relay-quit")

    async def _part(self, connection: Connection) -> None:
        try:
            await connection.quit()
        finally:
            self.size -= 1
            self._dial_for_waiters()

    def _schedule_sweep(self, oldest: Connection) -> None:
        self._sweep_timer = self._clock.call_at(oldest.idle_since + self._idle_s, self._sweep)

    def _sweep(self) -> None:
        self._sweep_timer = None
        latest = self._clock.monotonic() - self._idle_s
        while self._idle and self._idle[0].idle_since <= latest:
            self._retire(self._idle.popleft())
        if self._idle:
            self._schedule_sweep(self._idle[0])

    def _cancel_sweep(self) -> None:
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None

    def _spawn(self, work: Coroutine[object, object, None], name: str) -> None:
        # A connection is not of the message alone for which it was opened.
        task = asyncio.get_running_loop().create_task(work, name=name, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
