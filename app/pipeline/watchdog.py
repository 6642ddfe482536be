"""Loops that must turn, and the process that ends when one does not."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.telemetry import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

STALLED_S = 60.0
LOOK_S = 5.0


class Pulse:
    """One loop's line to the watchdog and to health (`app.domain.vitals.Vitals`)."""

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.reason: str | None = None
        self._clock = clock
        self._throttle = Throttle(clock)
        self._turned_at = clock()

    @property
    def age_s(self) -> float:
        """Seconds since the loop last turned."""
        return self._clock() - self._turned_at

    def beat(self) -> None:
        self._turned_at = self._clock()

    def trouble(self, reason: str | None) -> None:
        """Said once, then at growing intervals; and once more when it is over."""
        self.beat()
        if reason is not None:
            self.reason = reason
            if self._throttle.due():
                log.warning("%s: %s", self.name, reason)
        elif self.reason is not None:
            self.reason = None
            lasted = self._throttle.over()
            log.info("%s: works again after %.0f s", self.name, lasted or 0.0)


class Watchdog:
    """Ends the process when a loop has not turned for a minute: a restart loses nothing."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.pulses: list[Pulse] = []

    def pulse(self, name: str) -> Pulse:
        """Watch one more loop."""
        pulse = Pulse(name, self._clock)
        self.pulses.append(pulse)
        return pulse

    async def run(self) -> None:
        """Look until cancelled; raises `Fatal` when a loop has stalled."""
        while True:
            await asyncio.sleep(LOOK_S)
            for pulse in self.pulses:
                if pulse.age_s > STALLED_S:
                    raise Fatal(
                        f"{pulse.name} has not turned for {pulse.age_s:.0f} s; ending, so that "
                        "another instance takes over"
                    )
