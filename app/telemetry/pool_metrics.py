"""A worker pool's events as metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from app.telemetry.metrics import Metrics, Reading, pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.telemetry.metrics import Definition


class Registry(Protocol):
    """The service's metrics, or a registry of prometheus_client."""

    def register(self, part: Any, /) -> None: ...


class PoolMetrics:
    """An observer of `app.pool`; every metric's name begins with `prefix` and `_pool_`.

    What is a state of the pool is kept as plain numbers and read when somebody scrapes.
    """

    def __init__(self, registry: Registry, prefix: str = "mailer") -> None:
        self._queued = self._parked = self._busy = self._workers = self._size = 0
        self._paused = False
        metrics = Metrics(prefix)
        metrics.source(self._states)
        self._submitted = metrics.counter(pool.SUBMITTED)
        self._rejected = metrics.counter(pool.REJECTED)
        self._processed = metrics.counter(pool.PROCESSED)
        self._failed = metrics.counter(pool.FAILED).of()
        self._retried = metrics.counter(pool.RETRIED).of()
        self._postponed = metrics.counter(pool.POSTPONED).of()
        self._dropped = metrics.counter(pool.DROPPED).of()
        self._resized = metrics.counter(pool.RESIZES).of()
        self._stuck = metrics.counter(pool.STUCK).of()
        self._callbacks = metrics.counter(pool.CALLBACK_ERRORS).of()
        self._breaker = metrics.counter(pool.BREAKER_CHANGES)
        self._run_s = metrics.histogram(pool.PROCESSING)
        self._wait_s = metrics.histogram(pool.QUEUE_WAIT).of()
        registry.register(metrics)

    def _states(self) -> Iterator[Reading]:
        states: dict[Definition, float] = {
            pool.QUEUE_DEPTH: self._queued,
            pool.PARKED: self._parked,
            pool.BUSY_WORKERS: self._busy,
            pool.WORKERS: self._workers,
            pool.UTILISATION: self._busy / self._workers if self._workers else 0.0,
            pool.PAUSED: self._paused,
            pool.BYTES: self._size,
        }
        for definition, value in states.items():
            yield Reading(definition, (), value)

    def submitted(self, priority: str, size: int) -> None:  # noqa: ARG002 - the event's form
        self._submitted.of(priority).add()

    def rejected(self, reason: str) -> None:
        self._rejected.of(reason).add()

    def started(self, priority: str, queued_s: float) -> None:  # noqa: ARG002 - the event's form
        self._wait_s.observe(queued_s)

    def finished(self, priority: str, outcome: str, queued_s: float, run_s: float) -> None:  # noqa: ARG002 - the event's form
        self._processed.of(outcome).add()
        if outcome in {"failed", "timeout"}:
            self._failed.add()
        if run_s > 0:
            self._run_s.of(outcome).observe(run_s)

    def retried(self, priority: str, attempt: int, delay_s: float) -> None:  # noqa: ARG002 - the event's form
        self._retried.add()

    def postponed(self, priority: str, delay_s: float) -> None:  # noqa: ARG002 - the event's form
        self._postponed.add()

    def result_dropped(self) -> None:
        self._dropped.add()

    def resized(self, workers: int) -> None:  # noqa: ARG002 - the gauge of workers shows it
        self._resized.add()

    def paused(self) -> None:
        self._paused = True

    def resumed(self) -> None:
        self._paused = False

    def stuck(self, job_id: str, run_s: float) -> None:  # noqa: ARG002 - the event's form
        self._stuck.add()

    def breaker(self, old: str, new: str) -> None:  # noqa: ARG002 - the event's form
        self._breaker.of(new).add()

    def callback_failed(self, name: str) -> None:  # noqa: ARG002 - a name is no bounded label
        self._callbacks.add()

    def load(self, queued: int, parked: int, busy: int, workers: int, size: int) -> None:
        self._queued, self._parked = queued, parked
        self._busy, self._workers, self._size = busy, workers, size
