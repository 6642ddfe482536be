"""Time as a thing that is handed in, so that nothing needs to be slept for in a test."""

from __future__ import annotations

import asyncio
import heapq
import time
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer(Protocol):
    """A call that is due; cancelling one that has fired does nothing."""

    def cancel(self) -> None: ...


class Clock(Protocol):
    """What logic may know of time."""

    def monotonic(self) -> float:
        """Seconds from an arbitrary point; never goes back."""
        ...

    def now(self) -> datetime:
        """The wall clock, timezone-aware."""
        ...

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        """Call `callback` once `monotonic()` reaches `when`; it may come a moment early."""
        ...


class SystemClock:
    """The machine's clocks; its timers are those of the running event loop."""

    __slots__ = ()

    monotonic = staticmethod(time.monotonic)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def call_at(self, when: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        loop = asyncio.get_running_loop()
        # Whoever sets a timer has long gone on to something else when it fires.
        delay = max(0.0, when - time.monotonic())
        return loop.call_later(delay, callback, context=Context())


class ManualClock:
    """A clock for tests: stands still until `advance` is called, which runs what falls due.

    `set_wall` moves the wall clock alone, as an operator would.
    """

    def __init__(self, *, monotonic: float = 1_000.0, now: datetime | None = None) -> None:
        self._monotonic = monotonic
        self._now = now or datetime(2026, 1, 1, tzinfo=UTC)
        self._timers: list[tuple[float, int, _ManualTimer]] = []
        self._made = 0

    def monotonic(self) -> float:
        return self._monotonic

    def now(self) -> datetime:
        return self._now

    def call_at(self, when: float, callback: Callable[[], object]) -> Timer:
        self._made += 1
        timer = _ManualTimer(callback)
        heapq.heappush(self._timers, (when, self._made, timer))
        return timer

    def advance(self, seconds: float) -> None:
        """Move both clocks; each timer that falls due is called at its own time, in order."""
        end = self._monotonic + seconds
        while self._timers and self._timers[0][0] <= end:
            when, _, timer = heapq.heappop(self._timers)
            self._move_to(max(when, self._monotonic))
            timer.fire()
        self._move_to(end)

    def set_wall(self, now: datetime) -> None:
        self._now = now

    @property
    def pending(self) -> int:
        """Timers that have neither fired nor been cancelled."""
        return sum(not timer.spent for _, _, timer in self._timers)

    def _move_to(self, monotonic: float) -> None:
        self._now += timedelta(seconds=monotonic - self._monotonic)
        self._monotonic = monotonic


class _ManualTimer:
    __slots__ = ("_callback", "spent")

    def __init__(self, callback: Callable[[], object]) -> None:
        self._callback = callback
        self.spent = False

    def cancel(self) -> None:
        self.spent = True

    def fire(self) -> None:
        if not self.spent:
            self.spent = True
            self._callback()
