"""Snapshots of the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.recorder import Percentiles
    from app.pool.watch import StuckJob

_MINUTE = 60.0


class Load(NamedTuple):
    """What is inside: as in `PoolStats`, which costs more."""

    queued: int
    parked: int
    busy: int
    workers: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PoolStats:
    """One moment's numbers, which always add up.

    submitted = completed + failed + timed_out + expired + cancelled + abandoned + queued + parked
    + busy.

    `workers` are those there are, including such as leave once their job is done; `bytes` the
    declared sizes of all inside and of results not yet taken; `throughput_1m` runs ended a
    second in the last minute (or since the start); `queued_s` and `run_s` cover the last 10,000
    runs.
    """

    workers: int
    busy: int
    idle: int
    queued: int
    parked: int
    bytes: int
    submitted: int
    completed: int
    failed: int
    timed_out: int
    expired: int
    cancelled: int
    abandoned: int
    rejected: int
    retried: int
    postponed: int
    dropped_results: int
    callback_errors: int
    stuck: tuple[StuckJob, ...]
    scale_ups: int
    scale_downs: int
    uptime_s: float
    throughput_1m: float
    run_s: Percentiles
    queued_s: Percentiles


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """One worker: `jobs` counts its runs, `failures` those that raised, `job_id` what it runs."""

    worker: int
    jobs: int
    failures: int
    busy_s: float
    job_id: str | None


def load_of(core: Core) -> Load:
    size = core.bytes_inside + core.bytes_unread
    return Load(core.queued, core.parked, core.busy, core.live, size)


def stats_of(core: Core) -> PoolStats:
    uptime = core.uptime
    ended, _ = core.recorder.last_minute()
    return PoolStats(
        workers=core.live,
        busy=core.busy,
        idle=core.live - core.busy,
        queued=core.queued,
        parked=core.parked,
        bytes=core.bytes_inside + core.bytes_unread,
        submitted=core.submitted,
        completed=core.ok,
        failed=core.failed,
        timed_out=core.timed_out,
        expired=core.expired,
        cancelled=core.cancelled,
        abandoned=core.abandoned,
        rejected=core.rejected,
        retried=core.retried,
        postponed=core.postponed,
        dropped_results=core.dropped_results,
        callback_errors=core.callback_errors,
        stuck=core.watch.stuck(),
        scale_ups=core.scaler.ups,
        scale_downs=core.scaler.downs,
        uptime_s=uptime,
        throughput_1m=ended / min(_MINUTE, uptime) if uptime > 0 else 0.0,
        run_s=core.recorder.run_s(),
        queued_s=core.recorder.queued_s(),
    )


def worker_stats_of(core: Core) -> tuple[WorkerStats, ...]:
    now = core.now()
    return tuple(
        WorkerStats(
            worker.number,
            worker.jobs,
            worker.failures,
            worker.busy_s + (now - worker.started if worker.ticket is not None else 0.0),
            None if worker.ticket is None else worker.ticket.job_id,
        )
        for worker in core.crew.workers.values()
        if not worker.gone
    )
