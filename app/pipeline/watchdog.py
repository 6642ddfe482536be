"""Loops that must turn, and the process that ends when one does not."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.telemetry import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

STALLED_S = 60.0
LOOK_S = 5.0


class Pulse:
    """One loop's line to the watchdog and to health (`app.domain.vitals.Vitals`).

    `mail_flows`: also while there is trouble, which then is no reason for not being ready. `level`
    is that of the log lines about it. `troubled_at`: when the trouble began, by the clock.
    """

    def __init__(
        self,
        name: str,
        clock: Callable[[], float],
        *,
        mail_flows: bool = False,
        level: int = logging.WARNING,
    ) -> None:
        self.name = name
        self._level = level
        self.mail_flows = mail_flows
        self.reason: str | None = None
        self._clock = clock
        self._throttle = Throttle(clock)
        self._turned_at: float | None = None
        self.troubled_at: float | None = None

    @property
    def age_s(self) -> float:
        """Seconds since the loop last turned; 0 while it waits for others."""
        return 0.0 if self._turned_at is None else self._clock() - self._turned_at

    def beat(self) -> None:
        self._turned_at = self._clock()

    def rest(self) -> None:
        self._turned_at = None

    def trouble(self, reason: str | None) -> None:
        """Said once, then at growing intervals; and once more when it is over."""
        if reason is not None:
            if self.reason is None:
                self.troubled_at = self._clock()
            self.reason = reason
            if self._throttle.due():
                log.log(self._level, "%s: %s", self.name, reason)
        elif self.reason is not None:
            self.reason = self.troubled_at = None
            lasted = self._throttle.over()
            log.info("%s: works again after %.0f s", self.name, lasted or 0.0)


class Watchdog:
    """Ends the process when a loop has not turned for a minute: a restart loses nothing.

    A thread beside it does the same when the event loop itself is blocked, which would also stop
    the heartbeats to Kafka.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._looked_at = clock()
        self._ended = threading.Event()
        self.pulses: list[Pulse] = []

    @property
    def loop_age_s(self) -> float:
        """Seconds since the event loop last gave the watchdog its turn."""
        return self._clock() - self._looked_at

    def pulse(self, name: str, *, mail_flows: bool = False, level: int = logging.WARNING) -> Pulse:
        """Watch one more loop."""
        pulse = Pulse(name, self._clock, mail_flows=mail_flows, level=level)
        self.pulses.append(pulse)
        return pulse

    async def run(self) -> None:
        """Look until cancelled; raises `Fatal` when a loop has stalled."""
        self._looked_at = self._clock()
        threading.Thread(target=self._watch_loop, name="watchdog", daemon=True).start()
        try:
            while True:
                self._looked_at = self._clock()
                for pulse in self.pulses:
                    if pulse.age_s > STALLED_S:
                        raise Fatal(
                            f"{pulse.name} has not turned for {pulse.age_s:.0f} s; ending, so "
                            "that another instance takes over"
                        )
                await asyncio.sleep(LOOK_S)
        finally:
            self._ended.set()

    def _watch_loop(self) -> None:
        while not self._ended.wait(LOOK_S):
            if self.loop_age_s > STALLED_S:
                log.critical("the event loop is blocked for %.0f s; ending", self.loop_age_s)
                os._exit(1)
