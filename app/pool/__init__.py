"""A generic asynchronous worker pool; docs/pool.md tells what it promises."""

from app.flow import (
    AdaptiveLimit,
    Backoff,
    BreakerState,
    CircuitBreaker,
    Clock,
    ManualClock,
    RetryPolicy,
    SystemClock,
    TokenBucket,
)
from app.pool.config import Gate, PoolConfig
from app.pool.errors import (
    AtMaxWorkers,
    AtMinWorkers,
    InvalidConfig,
    JobAbandoned,
    JobCancelled,
    JobExpired,
    JobTimeout,
    JobTooLarge,
    NoResult,
    PoolAlreadyStarted,
    PoolClosed,
    PoolError,
    PoolNotStarted,
    QueueFull,
    SubmitTimeout,
)
from app.pool.health import Health, HealthStatus
from app.pool.observer import EventObserver, Observer, Plugin
from app.pool.outcome import Outcome
from app.pool.pool import WorkerPool
from app.pool.postpone import Postpone
from app.pool.priority import Priority
from app.pool.reader import Results
from app.pool.recorder import Percentiles
from app.pool.result import JobError, JobResult
from app.pool.stats import PoolStats, WorkerStats
from app.pool.stopping import StopReport
from app.pool.submit_report import Refusal, SubmitReport
from app.pool.ticket import Ticket
from app.pool.watch import StuckJob

__all__ = [
    "AdaptiveLimit",
    "AtMaxWorkers",
    "AtMinWorkers",
    "Backoff",
    "BreakerState",
    "CircuitBreaker",
    "Clock",
    "EventObserver",
    "Gate",
    "Health",
    "HealthStatus",
    "InvalidConfig",
    "JobAbandoned",
    "JobCancelled",
    "JobError",
    "JobExpired",
    "JobResult",
    "JobTimeout",
    "JobTooLarge",
    "ManualClock",
    "NoResult",
    "Observer",
    "Outcome",
    "Percentiles",
    "Plugin",
    "PoolAlreadyStarted",
    "PoolClosed",
    "PoolConfig",
    "PoolError",
    "PoolNotStarted",
    "PoolStats",
    "Postpone",
    "Priority",
    "QueueFull",
    "Refusal",
    "Results",
    "RetryPolicy",
    "StopReport",
    "StuckJob",
    "SubmitReport",
    "SubmitTimeout",
    "SystemClock",
    "Ticket",
    "TokenBucket",
    "WorkerPool",
    "WorkerStats",
]
