"""All that is due at some time, behind one timer."""

from __future__ import annotations

import heapq
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.flow import Clock, Timer

_EARLY = 0.001
_FEW = 64


class Alarm:
    """Something to be done at a time."""

    __slots__ = ("action", "when")

    def __init__(self, when: float, action: Callable[[], object]) -> None:
        self.when = when
        self.action: Callable[[], object] | None = action


class Agenda:
    """Runs each action once its time has come, those of one time in the order they were set."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Alarm]] = []
        self._set = 0
        self._cancelled = 0
        self._timer: Timer | None = None
        self._timer_at = inf

    def at(self, when: float, action: Callable[[], object]) -> Alarm:
        alarm = Alarm(when, action)
        self._set += 1
        heapq.heappush(self._heap, (when, self._set, alarm))
        self._arm(when)
        return alarm

    def cancel(self, alarm: Alarm | None) -> None:
        """Forget an alarm; one that is None, has rung or was cancelled is fine."""
        if alarm is None or alarm.action is None:
            return
        alarm.action = None
        self._cancelled += 1
        if self._cancelled > _FEW and self._cancelled * 2 > len(self._heap):
            self._heap = [item for item in self._heap if item[2].action is not None]
            heapq.heapify(self._heap)
            self._cancelled = 0

    def close(self) -> None:
        self._heap.clear()
        self._cancelled = 0
        self._disarm()

    def _sweep(self) -> None:
        self._timer, self._timer_at = None, inf
        now = self._clock.monotonic()
        # What an action sets for now rings at the next turn of the loop, so a turn always ends.
        due = []
        while self._heap and self._heap[0][0] <= now:
            alarm = heapq.heappop(self._heap)[2]
            if alarm.action is None:
                self._cancelled -= 1
            else:
                due.append(alarm)
        for alarm in due:
            action, alarm.action = alarm.action, None
            if action is not None:
                action()
        if self._heap:
            next_at = self._heap[0][0]
            # A timer may fire a moment early; then do not ask again within the same moment.
            self._arm(next_at if due else max(next_at, now + _EARLY))

    def _arm(self, when: float) -> None:
        if when < self._timer_at:
            self._disarm()
            self._timer_at = when
            self._timer = self._clock.call_at(when, self._sweep)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, inf
