"""A worker pool's events as metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from app.telemetry.metrics import ByLabel, Metrics, Reading, pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from app.telemetry.metrics import Definition


class Registry(Protocol):
    """The service's metrics, or a registry of prometheus_client."""

    def register(self, part: Any, /) -> None: ...


Inside: TypeAlias = "tuple[int, int, int, int, int]"
"""What is in a pool: queued, parked, busy, workers, and the bytes of all jobs."""


class PoolEvents:
    """An observer of `app.pool`; every metric's name begins with `prefix` and `_pool_`.

    `inside` is asked when somebody scrapes: being told of each change costs more.
    """

    def __init__(
        self, registry: Registry, inside: Callable[[], Inside], *, prefix: str = "mailer"
    ) -> None:
        self._inside = inside
        self._paused = False
        metrics = Metrics(prefix)
        metrics.source(self._states)
        self._submitted = ByLabel(metrics.counter(pool.SUBMITTED).of)
        self._rejected = metrics.counter(pool.REJECTED)
        self._processed = ByLabel(metrics.counter(pool.PROCESSED).of)
        self._failed = metrics.counter(pool.FAILED).of()
        self._retried = metrics.counter(pool.RETRIED).of()
        self._postponed = metrics.counter(pool.POSTPONED).of()
        self._dropped = metrics.counter(pool.DROPPED).of()
        self._resized = metrics.counter(pool.RESIZES).of()
        self._stuck = metrics.counter(pool.STUCK).of()
        self._callbacks = metrics.counter(pool.CALLBACK_ERRORS).of()
        self._breaker = metrics.counter(pool.BREAKER_CHANGES)
        self._run_s = ByLabel(metrics.histogram(pool.PROCESSING).of)
        self._wait_s = metrics.histogram(pool.QUEUE_WAIT).of()
        registry.register(metrics)

    def _states(self) -> Iterator[Reading]:
        queued, parked, busy, workers, size = self._inside()
        states: dict[Definition, float] = {
            pool.QUEUE_DEPTH: queued,
            pool.PARKED: parked,
            pool.BUSY_WORKERS: busy,
            pool.WORKERS: workers,
            pool.UTILISATION: busy / workers if workers else 0.0,
            pool.PAUSED: self._paused,
            pool.BYTES: size,
        }
        for definition, value in states.items():
            yield Reading(definition, (), value)

    def submitted(self, priority: str, size: int) -> None:  # noqa: ARG002 - the event's form
        self._submitted[priority].value += 1

    def rejected(self, reason: str) -> None:
        self._rejected.of(reason).add()

    def started(self, priority: str, queued_s: float) -> None:  # noqa: ARG002 - the event's form
        self._wait_s.observe(queued_s)

    def finished(self, priority: str, outcome: str, queued_s: float, run_s: float) -> None:  # noqa: ARG002 - the event's form
        self._processed[outcome].value += 1
        if outcome in {"failed", "timeout"}:
            self._failed.add()
        if run_s > 0:
            self._run_s[outcome].observe(run_s)

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


class PoolMetrics(PoolEvents):
    """As `PoolEvents`, for a pool that is not at hand to be asked: it is told of each change."""

    def __init__(self, registry: Registry, prefix: str = "mailer") -> None:
        self._told: Inside = (0, 0, 0, 0, 0)
        super().__init__(registry, lambda: self._told, prefix=prefix)

    def load(self, queued: int, parked: int, busy: int, workers: int, size: int) -> None:
        self._told = (queued, parked, busy, workers, size)
