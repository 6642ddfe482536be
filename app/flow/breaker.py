"""A circuit breaker: leaves a sick thing alone, then lets a few calls try it again."""

from __future__ import annotations

import logging
from enum import StrEnum
from math import inf
from typing import TYPE_CHECKING, Any

from app.flow.checks import require_count, require_not_negative, require_positive
from app.flow.clock import Clock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)


class BreakerState(StrEnum):
    """CLOSED lets all through, OPEN nothing, HALF_OPEN a few to see whether it is well again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class CircuitBreaker:
    """Opens after `failures` in a row, then tries again.

    Open for `reset_after` seconds; then it lets `half_open_calls` at a time through, and closes
    after `successes` of them. One failure while half-open opens it again.

    A caller asks `ready_in()` or takes a permit with `acquire()`, and gives the permit back with
    exactly one of `success`, `failure` or `release` (the call said nothing about health).
    A permit from before the last change of state is stale: what it brings is not counted.

    `counts_if(result)` tells the pool which results are failures, returned ones included.
    Listeners, added with `listen`, hear each change as `(old, new)`; one that fails is logged.
    """

    def __init__(
        self,
        failures: int = 5,
        reset_after: float = 30.0,
        half_open_calls: int = 1,
        successes: int = 1,
        counts_if: Callable[[Any], bool] | None = None,
        *,
        clock: Clock | None = None,
    ) -> None:
        require_count("failures", failures, least=1)
        require_positive("reset_after", reset_after)
        require_count("half_open_calls", half_open_calls, least=1)
        require_count("successes", successes, least=1)
        self.failures = failures
        self.reset_after = reset_after
        self.half_open_calls = half_open_calls
        self.successes = successes
        self.counts_if = counts_if
        self._clock = clock or SystemClock()
        self._state = BreakerState.CLOSED
        self._era = 1
        self._counted = 0
        self._trying = 0
        self._retry_at = -inf
        self._listeners: list[Callable[[BreakerState, BreakerState], object]] = []

    @property
    def state(self) -> BreakerState:
        """Open turns half-open by itself, once its time is over."""
        if self._state is BreakerState.OPEN and self._clock.monotonic() >= self._retry_at:
            self._turn(BreakerState.HALF_OPEN)
        return self._state

    @property
    def closed(self) -> bool:
        """Asked for every call; as `state`, but for what only an open one has to find out."""
        return self._state is BreakerState.CLOSED

    def ready_in(self) -> float:
        """Seconds until a call may start, 0 for now.

        While half-open with every trial taken the end is not known: `reset_after` is given,
        and a trial's end or a listener tells earlier.
        """
        state = self.state
        if state is BreakerState.CLOSED:
            return 0.0
        if state is BreakerState.OPEN:
            return self._retry_at - self._clock.monotonic()
        return 0.0 if self._trying < self.half_open_calls else self.reset_after

    def acquire(self) -> int:
        """A permit for one call; 0 when none may start now."""
        state = self.state
        if state is BreakerState.OPEN:
            return 0
        if state is BreakerState.HALF_OPEN:
            if self._trying >= self.half_open_calls:
                return 0
            self._trying += 1
        return self._era

    def success(self, permit: int | None = None) -> None:
        """The call went well. Without a permit it counts for the present state."""
        if self._give_back(permit):
            if self._state is BreakerState.CLOSED:
                self._counted = 0
            elif self._state is BreakerState.HALF_OPEN:
                self._counted += 1
                if self._counted >= self.successes:
                    self._turn(BreakerState.CLOSED)

    def failure(self, permit: int | None = None) -> None:
        """The call showed that the thing is sick. Without a permit as `success`."""
        if self._give_back(permit):
            if self._state is BreakerState.HALF_OPEN:
                self.trip()
            elif self._state is BreakerState.CLOSED:
                self._counted += 1
                if self._counted >= self.failures:
                    self.trip()

    def release(self, permit: int | None = None) -> None:
        """The call ended without saying anything about health."""
        self._give_back(permit)

    def trip(self, reset_after: float | None = None) -> None:
        """Open now, for `reset_after` seconds (the breaker's own when not given)."""
        rest = self.reset_after if reset_after is None else reset_after
        require_not_negative("reset_after", rest)
        self._retry_at = self._clock.monotonic() + rest
        self._turn(BreakerState.OPEN)

    def reset(self) -> None:
        """Close now, whatever was counted."""
        self._counted = 0
        self._turn(BreakerState.CLOSED)

    def listen(
        self, listener: Callable[[BreakerState, BreakerState], object]
    ) -> Callable[[], None]:
        """Call `listener(old, new)` at each change; what is returned ends that."""
        self._listeners.append(listener)

        def leave() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return leave

    def _give_back(self, permit: int | None) -> bool:
        """Whether what the call brings counts."""
        if permit is not None and permit != self._era:
            return False
        if self._state is BreakerState.HALF_OPEN and self._trying:
            self._trying -= 1
        return self._state is not BreakerState.OPEN

    def _turn(self, new: BreakerState) -> None:
        old, self._state = self._state, new
        if old is new:
            return
        self._era += 1
        self._counted = self._trying = 0
        for listener in tuple(self._listeners):
            try:
                listener(old, new)
            except Exception:  # noqa: BLE001 - the calls must not suffer from who looks on
                _log.exception("a listener of the circuit breaker failed")
