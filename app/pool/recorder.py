"""What the figures are made of: recent times, and counts a second apart."""

from __future__ import annotations

from collections import deque
from math import inf
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.pool.core import Core

_RECENT = 10_000
_MINUTE = 60.0


class Percentiles(NamedTuple):
    """In seconds, over the last 10,000; all zero when there was nothing."""

    p50: float
    p95: float
    p99: float
    mean: float
    max: float


class Recorder:
    """Remembers how long recent jobs waited and ran, whatever became of them."""

    __slots__ = ("_core", "_marks", "_queued", "_run", "add_queued", "add_run", "next_mark")

    def __init__(self, core: Core) -> None:
        self._core = core
        self._queued: deque[float] = deque(maxlen=_RECENT)
        self._run: deque[float] = deque(maxlen=_RECENT)
        self.add_queued = self._queued.append
        self.add_run = self._run.append
        self._marks: deque[tuple[float, int, int]] = deque(maxlen=64)
        self.next_mark = -inf

    def record(self, queued_s: float, run_s: float, ended: float) -> None:
        self.add_queued(queued_s)
        self.add_run(run_s)
        if ended >= self.next_mark:
            self.mark(ended)

    def queued_s(self) -> Percentiles:
        return percentiles(self._queued)

    def run_s(self) -> Percentiles:
        return percentiles(self._run)

    def last_minute(self) -> tuple[int, int]:
        """Jobs whose handler ended, and those of them that failed or timed out."""
        core = self._core
        since = core.now() - _MINUTE
        for at, ended, failed in self._marks:
            if at > since:
                bad = core.failed + core.timed_out
                return core.ok + bad - ended, bad - failed
        return 0, 0

    def mark(self, now: float) -> None:
        """The counts as they were before the job that ends now, give or take that one."""
        core = self._core
        bad = core.failed + core.timed_out
        first = not self._marks
        self._marks.append((now, 0 if first else core.ok + bad, 0 if first else bad))
        self.next_mark = now + 1.0


def percentiles(times: Collection[float]) -> Percentiles:
    """By nearest rank."""
    if not times:
        return Percentiles(0.0, 0.0, 0.0, 0.0, 0.0)
    ordered = sorted(times)
    count = len(ordered)

    def rank(percent: int) -> float:
        return ordered[-(-percent * count // 100) - 1]

    return Percentiles(rank(50), rank(95), rank(99), sum(ordered) / count, ordered[-1])
