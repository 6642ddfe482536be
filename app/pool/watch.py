"""Supervision of running jobs: those out of time are cancelled, stuck ones reported."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

from app.pool.core_log import log
from app.pool.outcome import Outcome

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.extra import Extra
    from app.pool.worker import Worker


class StuckJob(NamedTuple):
    """A job that has been running for longer than `stuck_after`."""

    job_id: str
    run_s: float


class Watch:
    """One alarm for all workers, at the earliest time at which one needs a look.

    `always` tells that every job has to be watched, not only those with times of their own.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._timeout = inf if core.config.job_timeout is None else core.config.job_timeout
        self._stuck_after = inf if core.config.stuck_after is None else core.config.stuck_after
        self.always = min(self._timeout, self._stuck_after) < inf
        self._at = inf

    def begin(self, worker: Worker, extra: Extra | None, started: float) -> None:
        stop_at = started + self._timeout
        if extra is not None:
            if extra.timeout_each is not None:
                stop_at = started + extra.timeout_each
            stop_at = min(stop_at, extra.deadline)
        worker.stop_at = stop_at
        worker.reported = False
        look_at = min(stop_at, started + self._stuck_after)
        if look_at < self._at:
            self._at = look_at
            self._core.agenda.at(look_at, self._look)

    def stuck(self) -> tuple[StuckJob, ...]:
        if self._stuck_after == inf:
            return ()
        now = self._core.now()
        return tuple(
            StuckJob(worker.ticket.job_id, now - worker.started)
            for worker in self._core.crew.workers.values()
            if worker.ticket is not None and now - worker.started >= self._stuck_after
        )

    def _look(self) -> None:
        core = self._core
        now = core.now()
        if now < self._at:
            return
        soonest = inf
        for worker in tuple(core.crew.workers.values()):
            if worker.ticket is not None:
                soonest = min(soonest, self._check(worker, now))
        self._at = soonest
        if soonest < inf:
            core.agenda.at(soonest, self._look)

    def _check(self, worker: Worker, now: float) -> float:
        """When to look at this worker again."""
        ticket = worker.ticket
        if ticket is None:
            return inf
        if worker.stop_at <= now:
            worker.stop_at = inf
            self._core.crew.cancel_run(worker, Outcome.TIMEOUT)
        stuck_at = worker.started + self._stuck_after
        if stuck_at <= now:
            if not worker.reported:
                worker.reported = True
                self._report(ticket.job_id, now - worker.started)
            stuck_at = inf
        return min(worker.stop_at, stuck_at)

    def _report(self, job_id: str, run_s: float) -> None:
        log.warning("job %s has been running for %.1f s", job_id, run_s)
        if self._core.hooks is not None:
            self._core.hooks.stuck(job_id, run_s)
