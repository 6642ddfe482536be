"""Where results wait for those who read them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from app.pool.errors import NoResult

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket


class Subscription:
    """One reader's unread results; `task` is the one that reads, `told` its wish to be woken.

    `careful` keeps the reader from taking by itself: it lags, or has not been seen yet.
    """

    __slots__ = ("careful", "closed", "lagging", "task", "told", "unread")

    def __init__(self) -> None:
        self.unread: deque[AnyTicket] = deque()
        self.told: asyncio.Future[None] | None = None
        self.task: asyncio.Task[object] | None = None
        self.careful = True
        self.lagging = False
        self.closed = False

    def wake(self) -> None:
        told, self.told = self.told, None
        if told is not None and not told.done():
            told.set_result(None)


class Channel:
    """Gives every result to every subscriber; keeps the last ones while there is none.

    `lag` counts the subscribers that are `results_buffer` behind; `sole` is the subscriber when
    there is one only.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._limit = core.config.results_buffer
        self.subscriptions: list[Subscription] = []
        self.sole: Subscription | None = None
        self._kept: deque[AnyTicket] = deque()
        self._getters: deque[asyncio.Future[None]] = deque()
        self.lag = 0
        self.closed = False

    def publish(self, ticket: AnyTicket) -> None:
        subscriptions = self.subscriptions
        if ticket.extra is not None and ticket.extra.size:
            ticket.extra.unread = len(subscriptions) or 1
            self._core.bytes_unread += ticket.extra.size
        if not subscriptions:
            self._keep(ticket)
            return
        for subscription in subscriptions:
            unread = subscription.unread
            unread.append(ticket)
            if subscription.told is not None:
                subscription.wake()
            if len(unread) >= self._limit and not subscription.lagging:
                self._lags(subscription)

    def subscribe(self) -> Subscription:
        subscription = Subscription()
        if not self.subscriptions:
            subscription.unread.extend(self._kept)
            self._kept.clear()
        self.subscriptions.append(subscription)
        self._find_sole()
        if len(subscription.unread) >= self._limit:
            self._lags(subscription)
        return subscription

    def _find_sole(self) -> None:
        self.sole = self.subscriptions[0] if len(self.subscriptions) == 1 else None

    def _lags(self, subscription: Subscription) -> None:
        subscription.lagging = subscription.careful = True
        self.lag += 1
        self._core.easy = False

    def unsubscribe(self, subscription: Subscription) -> None:
        """What the last reader leaves unread is kept for the next."""
        if subscription.closed:
            return
        subscription.closed = True
        self.subscriptions.remove(subscription)
        self._find_sole()
        if subscription.lagging:
            self.lag -= 1
        subscription.wake()
        unread = subscription.unread
        if self.subscriptions:
            for ticket in unread:
                self._release(ticket)
        else:
            self._kept.extend(unread)
            self._trim()
            self._wake_getter()
        unread.clear()
        self._core.relax()

    def take(self, subscription: Subscription) -> AnyTicket:
        """The oldest unread; the caller knows that there is one."""
        ticket = subscription.unread.popleft()
        if subscription.task is None:
            subscription.task = asyncio.current_task()
        if subscription.lagging and len(subscription.unread) < self._limit:
            subscription.lagging = False
            self.lag -= 1
            self._core.relax()
        subscription.careful = subscription.lagging
        if ticket.extra is not None:
            self.release(ticket)
        return ticket

    def release(self, ticket: AnyTicket) -> None:
        """A reader has taken this result: its bytes may be free for those who wait."""
        self._release(ticket)
        if self._core.tight:
            self._core.relax()

    def is_reading(self, task: asyncio.Task[object] | None) -> bool:
        if task is not None:
            for subscription in self.subscriptions:
                if subscription.task is task:
                    return True
        return False

    def make_room(self, surplus: int) -> None:
        """Drop kept results until `surplus` bytes are free, as far as there are any."""
        while surplus > 0 and self._kept:
            surplus -= self._kept[0].size
            self._drop()

    @property
    def kept_bytes(self) -> int:
        """What `make_room` could free."""
        return 0 if self.subscriptions else self._core.bytes_unread

    async def get(self, timeout: float | None) -> AnyTicket:
        """Take the oldest of those kept; NoResult after `timeout` seconds or once all is over."""
        core = self._core
        alarm = None
        try:
            ends = None if timeout is None else core.now() + timeout
            while not self._kept:
                if self.closed or (ends is not None and core.now() >= ends):
                    raise NoResult("no result was there in time")
                told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._getters.append(told)
                if ends is not None and (alarm is None or alarm.action is None):
                    alarm = core.agenda.at(ends, self._wake_getters)
                try:
                    await told
                except asyncio.CancelledError:
                    self._pass_on(told)
                    raise
        finally:
            core.agenda.cancel(alarm)
        ticket = self._kept.popleft()
        self._release(ticket)
        core.relax()
        if self._kept:
            self._wake_getter()
        return ticket

    def close(self) -> None:
        """No more results will come: readers end once they have read all."""
        self.closed = True
        for subscription in self.subscriptions:
            subscription.wake()
        self._wake_getters()

    def _keep(self, ticket: AnyTicket) -> None:
        self._kept.append(ticket)
        if len(self._kept) > self._limit:
            self._drop()
        if self._getters:
            self._wake_getter()

    def _trim(self) -> None:
        core = self._core
        while len(self._kept) > self._limit:
            self._drop()
        if core.config.max_bytes is not None:
            self.make_room(core.bytes_inside + core.bytes_unread - core.config.max_bytes)

    def _drop(self) -> None:
        core = self._core
        self._release(self._kept.popleft())
        core.dropped_results += 1
        if core.hooks is not None:
            core.hooks.result_dropped()

    def _release(self, ticket: AnyTicket) -> None:
        extra = ticket.extra
        if extra is not None and extra.size:
            extra.unread -= 1
            if not extra.unread:
                self._core.bytes_unread -= extra.size

    def _wake_getter(self) -> None:
        while self._getters:
            told = self._getters.popleft()
            if not told.done():
                told.set_result(None)
                return

    def _wake_getters(self) -> None:
        while self._getters:
            self._wake_getter()

    def _pass_on(self, told: asyncio.Future[None]) -> None:
        """A getter that was woken and cancelled at once leaves its turn to the next."""
        if told in self._getters:
            self._getters.remove(told)
        elif self._kept:
            self._wake_getter()
