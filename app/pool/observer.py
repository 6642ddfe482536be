"""Who may look on, and what they hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from app.pool.result import JobResult
    from app.pool.stopping import StopReport


class EventObserver(Protocol):
    """Hears every event, in strings and numbers only; methods that are missing are not called.

    Methods are called from the pool's loop and must not wait. `priority` is "low", "normal" or
    "high", `outcome` the value of an `Outcome`, times are in seconds.
    """

    def submitted(self, priority: str, size: int) -> None:
        """A job was accepted."""

    def rejected(self, reason: str) -> None:
        """A submission was refused; `reason` is the name of the error's class."""

    def started(self, priority: str, queued_s: float) -> None:
        """An attempt begins, after this time in the buffer."""

    def finished(self, priority: str, outcome: str, queued_s: float, run_s: float) -> None:
        """A job has its outcome."""

    def retried(self, priority: str, attempt: int, delay_s: float) -> None:
        """Attempt `attempt` failed; the next comes after the delay."""

    def postponed(self, priority: str, delay_s: float) -> None:
        """A handler parked its job again."""

    def result_dropped(self) -> None:
        """A result that nobody had read was dropped."""

    def resized(self, workers: int) -> None:
        """The number of workers that there shall be has changed."""

    def paused(self) -> None:
        """No job starts any more."""

    def resumed(self) -> None:
        """Jobs start again."""

    def stuck(self, job_id: str, run_s: float) -> None:
        """A job has been running for longer than `stuck_after`."""

    def breaker(self, old: str, new: str) -> None:
        """The circuit breaker changed its state."""

    def callback_failed(self, name: str) -> None:
        """A plugin, `on_error`, or another callback raised."""


class Observer(EventObserver, Protocol):
    """Besides, it is told of what is inside; who can ask `WorkerPool.load` need not be."""

    def load(self, queued: int, parked: int, busy: int, workers: int, size: int) -> None:
        """What is inside now, `size` in bytes; after each event that may change it."""


class Plugin(Protocol):
    """An object with any of these; called in the order given, from the pool's loop."""

    def on_start(self, pool: Any) -> None:
        """The pool has started."""

    def before_job(self, job: Any) -> None:
        """An attempt is about to begin."""

    def after_job(self, result: JobResult[Any, Any]) -> None:
        """A job has its outcome."""

    def on_stop(self, report: StopReport) -> None:
        """The pool has stopped."""
