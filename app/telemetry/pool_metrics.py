"""A worker pool's events as Prometheus metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import Counter, Gauge, Histogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from prometheus_client import CollectorRegistry

# From a local relay's milliseconds to a final reply that comes after minutes (RFC 5321 4.5.3.2).
RUN_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)
WAIT_BUCKETS: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)


class PoolMetrics:
    """An observer of `app.pool`; every metric's name begins with `prefix` and `_pool_`.

    What is a state of the pool is kept as plain numbers and read when somebody scrapes.
    """

    def __init__(self, registry: CollectorRegistry, prefix: str = "mailer") -> None:
        self._queued = self._parked = self._busy = self._workers = self._size = 0
        self._paused = False
        name = f"{prefix}_pool_"
        states: dict[str, tuple[str, Callable[[], float]]] = {
            "queue_depth": ("Jobs that wait for a worker", lambda: self._queued),
            "parked": ("Jobs that wait for a time to come", lambda: self._parked),
            "busy_workers": ("Workers that run a job", lambda: self._busy),
            "workers": ("Workers there are", lambda: self._workers),
            "utilisation": ("Busy workers as a part of all, 0 to 1", self._utilisation),
            "paused": (
                "1 while the pool starts no jobs because it was paused",
                lambda: self._paused,
            ),
            "bytes": ("Declared size of all jobs inside", lambda: self._size),
        }
        for key, (text, value) in states.items():
            Gauge(name + key, text, registry=registry).set_function(value)

        def counter(key: str, text: str, *labels: str) -> Counter:
            return Counter(name + key, text, labels, registry=registry)

        def histogram(key: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(name + key, text, labels, buckets=buckets, registry=registry)

        self._submitted = counter("submitted", "Jobs accepted", "priority")
        self._rejected = counter("rejected", "Submissions refused, by the error's class", "reason")
        self._processed = counter("processed", "Jobs that have their outcome", "outcome")
        self._failed = counter("failed", "Jobs that failed or ran out of time")
        self._retried = counter("retried", "Attempts that failed and are made again")
        self._postponed = counter("postponed", "Jobs that their handler parked again")
        self._dropped = counter("dropped_results", "Results dropped because nobody read them")
        self._resized = counter("resizes", "Changes of the number of workers")
        self._stuck = counter("stuck", "Jobs reported as running for too long")
        self._callbacks = counter("callback_errors", "Callbacks that raised")
        self._breaker = counter("breaker_changes", "Changes of the circuit breaker", "to")
        self._run_s = histogram(
            "processing_seconds", "How long the handler ran", RUN_BUCKETS, "outcome"
        )
        self._wait_s = histogram("queue_wait_seconds", "Wait in the buffer", WAIT_BUCKETS)

    def _utilisation(self) -> float:
        return self._busy / self._workers if self._workers else 0.0

    def submitted(self, priority: str, size: int) -> None:  # noqa: ARG002 - the event's form
        self._submitted.labels(priority).inc()

    def rejected(self, reason: str) -> None:
        self._rejected.labels(reason).inc()

    def started(self, priority: str, queued_s: float) -> None:  # noqa: ARG002 - the event's form
        self._wait_s.observe(queued_s)

    def finished(self, priority: str, outcome: str, queued_s: float, run_s: float) -> None:  # noqa: ARG002 - the event's form
        self._processed.labels(outcome).inc()
        if outcome in {"failed", "timeout"}:
            self._failed.inc()
        if run_s > 0:
            self._run_s.labels(outcome).observe(run_s)

    def retried(self, priority: str, attempt: int, delay_s: float) -> None:  # noqa: ARG002 - the event's form
        self._retried.inc()

    def postponed(self, priority: str, delay_s: float) -> None:  # noqa: ARG002 - the event's form
        self._postponed.inc()

    def result_dropped(self) -> None:
        self._dropped.inc()

    def resized(self, workers: int) -> None:  # noqa: ARG002 - the gauge of workers shows it
        self._resized.inc()

    def paused(self) -> None:
        self._paused = True

    def resumed(self) -> None:
        self._paused = False

    def stuck(self, job_id: str, run_s: float) -> None:  # noqa: ARG002 - the event's form
        self._stuck.inc()

    def breaker(self, old: str, new: str) -> None:  # noqa: ARG002 - the event's form
        self._breaker.labels(new).inc()

    def callback_failed(self, name: str) -> None:  # noqa: ARG002 - a name is no bounded label
        self._callbacks.inc()

    def load(self, queued: int, parked: int, busy: int, workers: int, size: int) -> None:
        self._queued, self._parked = queued, parked
        self._busy, self._workers, self._size = busy, workers, size
