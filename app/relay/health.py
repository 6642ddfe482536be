"""Whether a relay is well: its breaker, and the probes of it."""

from __future__ import annotations

import logging
import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.flow import Backoff, BreakerState, CircuitBreaker, Clock
from app.relay.state import RelayStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from app.flow.clock import Timer
    from app.relay.config import BreakerConfig

_log = logging.getLogger(__name__)

_AUTH_PROBES: Final = (60.0, 300.0, 900.0)
"""Seconds until the next probe while credentials are refused; the last goes on for ever."""
_LOOK_AGAIN: Final = 0.25
_LATELY: Final = 60.0
_SHORTEST_PARKING: Final = 0.5
_LONGEST_PARKING: Final = 30.0


class Health:
    """Told of each opening and each acceptance; calls `probe` when the open breaker asks for one.

    `probe` starts a connection through AUTH whose end is told here as any other's; false when it
    could not start.
    """

    def __init__(
        self, name: str, config: BreakerConfig, clock: Clock, probe: Callable[[], bool]
    ) -> None:
        self._name = name
        self._clock = clock
        self._probe = probe
        self._breaker = CircuitBreaker(config.failures, config.reset_s, clock=clock)
        self._breaker.listen(self._changed)
        self._backoff = Backoff(_SHORTEST_PARKING, 2.0, _LONGEST_PARKING, 0.25)
        self._since = clock.now()
        self._timer: Timer | None = None
        self._failures = 0
        self._auth_refusals = 0
        self._accepted_at: float | None = None
        self.last_error: str | None = None
        self._paused_since: datetime | None = None
        self._stopped = False

    def ready_in(self) -> float:
        """Seconds until the relay may be asked, 0 for now."""
        if self._paused_since is not None:
            return _LOOK_AGAIN
        if self._breaker.closed:
            return 0.0
        match self._breaker.state:
            case BreakerState.CLOSED:
                return 0.0
            case BreakerState.OPEN:
                return max(self._breaker.ready_in(), _LOOK_AGAIN)
            case BreakerState.HALF_OPEN:
                return _LOOK_AGAIN

    def parking(self) -> float:
        """Seconds for which a message is best put aside, spread so that not all come at once."""
        wait = self.ready_in() or self._backoff.delay(max(0, self._failures - 1))
        spread = max(_SHORTEST_PARKING, wait) * random.uniform(1.0, 1.25)  # noqa: S311 - no secret
        return min(_LONGEST_PARKING, spread)

    def opened(self) -> None:
        """A connection came through AUTH."""
        self._failures = 0
        self._breaker.success()

    def failed(self, error: str, *, auth: bool) -> None:
        """Trouble before MAIL; `error` holds no address."""
        self._failures += 1
        self.last_error = error
        if auth:
            self.auth_refused(error)
        else:
            _log.warning("relay %s: %s", self._name, error)
            before = self._breaker.state
            self._breaker.failure()
            if before is not self._breaker.state and before is BreakerState.CLOSED:
                _log.warning("relay %s is left alone for now", self._name)

    def auth_refused(self, error: str) -> None:
        """Only an operator can mend this; the breaker opens at once."""
        if self._breaker.state is BreakerState.OPEN:
            return
        self.last_error = error
        wait = _AUTH_PROBES[min(self._auth_refusals, len(_AUTH_PROBES) - 1)]
        self._auth_refusals += 1
        _log.error("relay %s refuses us: %s; mail waits, next try in %g s", self._name, error, wait)
        self._breaker.trip(wait)

    def accepted(self) -> None:
        """The relay took a message."""
        self._auth_refusals = 0
        self._accepted_at = self._clock.monotonic()

    @property
    def last_accepted_at(self) -> datetime | None:
        """When it took one, by the wall clock of today: it is asked for seldom, taken often."""
        if self._accepted_at is None:
            return None
        since = self._clock.monotonic() - self._accepted_at
        return self._clock.now() - timedelta(seconds=since)

    def accepted_lately(self) -> bool:
        return (
            self._accepted_at is not None and self._clock.monotonic() - self._accepted_at <= _LATELY
        )

    def pause(self) -> None:
        """It may not be asked until `resume`; the open breaker's probes go on."""
        self._paused_since = self._paused_since or self._clock.now()

    def resume(self) -> None:
        self._paused_since = None

    def reset(self) -> None:
        """It may be asked now; what went wrong before counts no more. A pause stays."""
        self._failures = self._auth_refusals = 0
        self._breaker.reset()

    def configure(self, config: BreakerConfig) -> None:
        """Thresholds from now on; a breaker that is open stays so for the time it was given."""
        self._breaker.failures = config.failures
        self._breaker.reset_after = config.reset_s

    def status(self) -> tuple[RelayStatus, datetime]:
        """How it is, and since when."""
        if self._paused_since is not None:
            return RelayStatus.PAUSED, self._paused_since
        match self._breaker.state:
            case BreakerState.OPEN:
                return RelayStatus.OPEN, self._since
            case BreakerState.HALF_OPEN:
                return RelayStatus.HALF_OPEN, self._since
            case BreakerState.CLOSED:
                return RelayStatus.CLOSED, self._since

    def stop(self) -> None:
        """No more probes."""
        self._stopped = True
        self._cancel()

    def _changed(self, _old: BreakerState, new: BreakerState) -> None:
        self._since = self._clock.now()
        self._cancel()
        match new:
            case BreakerState.OPEN:
                self._schedule()
            case BreakerState.HALF_OPEN:
                if not self._stopped and not self._probe():
                    self._breaker.trip()
            case BreakerState.CLOSED:
                _log.info("relay %s is asked again", self._name)

    def _schedule(self) -> None:
        if not self._stopped:
            when = self._clock.monotonic() + self._breaker.ready_in()
            self._timer = self._clock.call_at(when, self._due)

    def _due(self) -> None:
        # Asking for the state is what turns an open breaker half-open; timers may come early.
        if self._breaker.state is BreakerState.OPEN:
            self._schedule()

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
