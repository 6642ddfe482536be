"""When a message is tried again, and in which retry tier it waits until then."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.outcomes.durations import format_duration, parse_duration

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Schedule:
    """The retry tiers of one queue; every duration is in seconds.

    `delays[n - 1]` comes before retry n and its last entry before every later one. There is one
    tier, which is one topic, for each distinct delay. Jitter only shortens, so that nobody in a
    tier waits longer than the tier's delay.
    """

    queue: str
    delays: tuple[float, ...] = (30, 300, 1800, 7200, 21600, 57600)
    jitter: float = 0.1
    tiers: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        """ValueError for a schedule without delays, or with an impossible delay or jitter."""
        if not self.queue:
            raise ValueError("queue: must name a topic")
        if not self.delays:
            raise ValueError("delays: at least one is needed, also where nothing is retried")
        if not 0 <= self.jitter < 1:
            raise ValueError(f"jitter: from 0 to below 1 is allowed, not {self.jitter!r}")
        for delay in self.delays:
            format_duration(delay)
        object.__setattr__(self, "tiers", tuple(sorted(set(self.delays))))

    @property
    def topics(self) -> tuple[str, ...]:
        """The tiers' topics, shortest delay first."""
        return tuple(self.topic(delay) for delay in self.tiers)

    def topic(self, delay: float) -> str:
        """`<queue>-retry-<delay>`, the delay in its canonical spelling."""
        return f"{self.queue}-retry-{format_duration(delay)}"

    def tier_delay(self, topic: str) -> float | None:
        """The delay that a topic's name states, or None if it is no tier of this queue.

        It need not be one of `delays`: tiers of an earlier configuration are recognised too.
        """
        prefix = f"{self.queue}-retry-"
        return parse_duration(topic[len(prefix) :]) if topic.startswith(prefix) else None

    def is_tier(self, topic: str) -> bool:
        return self.tier_delay(topic) is not None

    def retries(self, max_retries: int | None) -> int:
        """How often a message may be retried; None means as often as there are delays."""
        return len(self.delays) if max_retries is None else max_retries

    def delay(self, retry: int) -> float:
        """The wait before this retry, counted from 1."""
        return self.delays[min(max(retry, 1), len(self.delays)) - 1]

    def shortened(self, delay: float, rng: Random) -> float:
        """`delay` less a random part of it, at most `jitter`."""
        return delay * (1 - self.jitter * rng.random())

    def tier_for(self, wait: float) -> float:
        """The largest tier not above `wait`; the smallest where every tier is above it."""
        return self.tiers[max(bisect_right(self.tiers, wait), 1) - 1]


def wait_ms(seconds: float) -> int:
    """Whole milliseconds, never less than `seconds`."""
    return math.ceil(seconds * 1000)
