"""How much a relay may be given: its configured rate, and what its refusals have taught."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from app.flow import AdaptiveLimit, SharedRate

if TYPE_CHECKING:
    from datetime import datetime

    from app.flow import Clock

_log = logging.getLogger(__name__)

_DEPTH_S: Final = 0.1
"""A burst is no longer than this: a relay that counts by the second would refuse the rest."""


class Limits:
    """One relay's; every transaction takes from both."""

    def __init__(self, name: str, rate: float | None, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._learned = AdaptiveLimit(whole_seconds=True, clock=clock)
        self.configured = None if rate is None else SharedRate(rate, _DEPTH_S, clock=clock)
        self._next_slot = clock.monotonic()
        self.resting_since: datetime = clock.now()
        self.rate = rate

    @property
    def limit(self) -> float | None:
        """What was learned, a second; None while there is none."""
        return self._learned.limit

    @property
    def resting_for(self) -> float:
        """Seconds for which the relay wants to be left alone, 0 for none."""
        return self._learned.resting_for

    def ready_in(self) -> float:
        """Seconds until the next message may go, 0 for now."""
        if self.configured is None:
            return self._learned.ready_in()
        return max(self.configured.ready_in(), self._learned.ready_in())

    def take(self) -> None:
        """One goes now, also when that is on what is to come."""
        if self.configured is not None:
            self.configured.take()
        self._learned.take()

    def give_back(self) -> None:
        """Nothing came of it."""
        if self.configured is not None:
            self.configured.give_back()
        self._learned.give_back()

    def next_turn(self) -> float:
        """Seconds until a message that cannot go now should ask again; each call a later turn."""
        now = self._clock.monotonic()
        part = None if self.configured is None else self.configured.rate
        rates = [each for each in (part, self.limit) if each is not None]
        slot = max(now + self.ready_in(), self._next_slot)
        self._next_slot = slot + (1 / min(rates) if rates else 0.0)
        return slot - now

    def forget(self) -> None:
        """End its rest, and what its refusals have taught."""
        self._learned = AdaptiveLimit(whole_seconds=True, clock=self._clock)
        self._next_slot = self._clock.monotonic()

    def accepted(self) -> None:
        self._learned.accepted()

    def refused(self, stated_delay: float | None, *, again: bool) -> None:
        """The relay limits itself; `again` where it refused this message before."""
        before = self.limit
        rested = self.resting_for > 0
        self._learned.refused(stated_delay=stated_delay, again=again)
        if not rested:
            self.resting_since = self._clock.now()
        now = self.limit
        if now is not None and (before is None or now < before):
            _log.info("relay %s limits itself; it gets %.1f messages a second", self._name, now)
