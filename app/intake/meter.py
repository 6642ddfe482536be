"""What one reader has done since it was made."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.record import Record


class Meter:
    """Only grows. `records` and `bytes` by topic; `pauses` for want of room, `paused_s` in all."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.records: Counter[str] = Counter()
        self.bytes: Counter[str] = Counter()
        self.pauses = 0
        self._clock = clock
        self._paused_s = 0.0
        self._since: float | None = None

    @property
    def paused_s(self) -> float:
        """The pause that is under way included."""
        lasted = 0.0 if self._since is None else self._clock() - self._since
        return self._paused_s + lasted

    def read(self, topic: str, records: Sequence[Record]) -> None:
        """Kafka gave these."""
        self.records[topic] += len(records)
        self.bytes[topic] += sum(record.size for record in records)

    def pause(self) -> None:
        """There is no room for what could be read; again and again for one pause."""
        if self._since is None:
            self._since = self._clock()
            self.pauses += 1

    def go_on(self) -> None:
        """There is room, or nothing to read."""
        if self._since is not None:
            self._paused_s += self._clock() - self._since
            self._since = None
