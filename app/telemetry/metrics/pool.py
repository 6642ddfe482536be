"""The worker pool's metrics."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics.definition import counter, gauge, histogram

# From a local relay's milliseconds to a final reply that comes after minutes (RFC 5321 4.5.3.2).
RUN_BUCKETS: Final = (
    *(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 120.0, 300.0, 600.0),
)
WAIT_BUCKETS: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0)

QUEUE_DEPTH: Final = gauge("pool_queue_depth", "Jobs that wait for a worker")
PARKED: Final = gauge("pool_parked", "Jobs that wait for a time to come")
BUSY_WORKERS: Final = gauge("pool_busy_workers", "Workers that run a job")
WORKERS: Final = gauge("pool_workers", "Workers there are")
UTILISATION: Final = gauge("pool_utilisation", "Busy workers as a part of all, 0 to 1")
PAUSED: Final = gauge("pool_paused", "1 while the pool starts no jobs because it was paused")
BYTES: Final = gauge("pool_bytes", "Declared size of all jobs inside")
SUBMITTED: Final = counter("pool_submitted", "Jobs accepted", "priority")
REJECTED: Final = counter("pool_rejected", "Submissions refused, by the error's class", "reason")
PROCESSED: Final = counter("pool_processed", "Jobs that have their outcome", "outcome")
FAILED: Final = counter("pool_failed", "Jobs that failed or ran out of time")
RETRIED: Final = counter("pool_retried", "Attempts that failed and are made again")
POSTPONED: Final = counter("pool_postponed", "Jobs that their handler parked again")
DROPPED: Final = counter("pool_dropped_results", "Results dropped because nobody read them")
RESIZES: Final = counter("pool_resizes", "Changes of the number of workers")
STUCK: Final = counter("pool_stuck", "Jobs reported as running for too long")
CALLBACK_ERRORS: Final = counter("pool_callback_errors", "Callbacks that raised")
BREAKER_CHANGES: Final = counter("pool_breaker_changes", "Changes of the circuit breaker", "to")
PROCESSING: Final = histogram(
    "pool_processing_seconds", "How long the handler ran", RUN_BUCKETS, "outcome"
)
QUEUE_WAIT: Final = histogram("pool_queue_wait_seconds", "Wait in the buffer", WAIT_BUCKETS)

POOL: Final = (
    *(WORKERS, BUSY_WORKERS, UTILISATION, PAUSED, QUEUE_DEPTH, PARKED, BYTES),
    *(SUBMITTED, REJECTED, PROCESSED, FAILED, RETRIED, POSTPONED, DROPPED, RESIZES, STUCK),
    *(CALLBACK_ERRORS, BREAKER_CHANGES, PROCESSING, QUEUE_WAIT),
)
