"""Asks the gate before work starts, and hears when it opens again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.flow import BreakerState, CircuitBreaker
from app.pool.outcome import Outcome
from app.pool.phase import Phase

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pool.agenda import Alarm
    from app.pool.config import Gate
    from app.pool.core import Core
    from app.pool.result import JobResult
    from app.pool.worker import Worker

# A gate may open earlier than it said.
_LONGEST_WAIT = 1.0


class Gatekeeper:
    """`closed` is what the gate last said. A `CircuitBreaker` is told how each attempt went."""

    def __init__(self, core: Core, gate: Gate) -> None:
        self._core = core
        self._gate = gate
        self._breaker = gate if isinstance(gate, CircuitBreaker) else None
        self._alarm: Alarm | None = None
        self._deaf: Callable[[], None] | None = None
        self.closed = False

    def start(self) -> None:
        if self._breaker is not None:
            self._deaf = self._breaker.listen(self._hear)

    def close(self) -> None:
        if self._deaf is not None:
            self._deaf()
        self._core.agenda.cancel(self._alarm)

    def is_shut(self) -> bool:
        """Ask, for a report."""
        self.refresh()
        return self.closed or (
            self._breaker is not None and self._breaker.state is BreakerState.OPEN
        )

    @property
    def judges(self) -> bool:
        """Whether it wants to know how each attempt went."""
        return self._breaker is not None

    def lets_start(self) -> bool:
        self.refresh()
        return not self.closed

    def refresh(self) -> None:
        """Ask the gate; workers are woken when it has opened."""
        try:
            wait = self._gate.ready_in()
        except Exception:  # noqa: BLE001 - counted; a gate that cannot tell does not hold work up
            self._core.callback_failed("ready_in")
            wait = 0.0
        if wait > 0:
            self._turn(closed=True)
            self._set_alarm(wait)
        elif self.closed:
            self._turn(closed=False)

    def acquire(self) -> int:
        return self._breaker.acquire() if self._breaker is not None else 0

    def release(self, worker: Worker) -> None:
        if self._breaker is not None:
            self._breaker.release(worker.permit)
            self._after()

    def judge(self, worker: Worker, attempt: Callable[[], JobResult[Any, Any]]) -> None:
        """Tell the breaker whether this attempt counts as a failure."""
        breaker = self._breaker
        if breaker is None:
            return
        result = attempt()
        if self._is_failure(breaker, result):
            breaker.failure(worker.permit)
        else:
            breaker.success(worker.permit)
        self._after()

    def _is_failure(self, breaker: CircuitBreaker, result: JobResult[Any, Any]) -> bool:
        if breaker.counts_if is not None:
            try:
                return breaker.counts_if(result)
            except Exception:  # noqa: BLE001 - counted; then the outcome alone tells
                self._core.callback_failed("counts_if")
        return result.outcome is not Outcome.OK

    def _after(self) -> None:
        """A trial's place may be free again."""
        if self.closed:
            self.refresh()

    def _hear(self, old: BreakerState, new: BreakerState) -> None:
        self.refresh()
        self._core.relax()
        if self._core.hooks is not None:
            self._core.hooks.breaker(old, new)

    def _turn(self, *, closed: bool) -> None:
        if closed is self.closed:
            return
        core = self._core
        self.closed = closed
        core.remeasure()
        if not closed:
            core.agenda.cancel(self._alarm)
            self._alarm = None
            if core.flowing and core.queued:
                core.crew.rouse()

    def _set_alarm(self, wait: float) -> None:
        core = self._core
        if core.phase not in {Phase.RUNNING, Phase.STOPPING}:
            return
        when = core.now() + min(wait, _LONGEST_WAIT)
        if self._alarm is not None and self._alarm.action is not None:
            if self._alarm.when <= when:
                return
            core.agenda.cancel(self._alarm)
        self._alarm = core.agenda.at(when, self._ring)

    def _ring(self) -> None:
        """Nobody to let in, nothing to start: the next submission asks."""
        core = self._core
        if core.inside or core.door.line:
            self.refresh()
            core.relax()


def gatekeeper_of(core: Core) -> Gatekeeper | None:
    gate = core.config.breaker
    return None if gate is None else Gatekeeper(core, gate)
