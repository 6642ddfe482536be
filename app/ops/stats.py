"""What `/stats` says: the service's numbers at one moment."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class _Numbers(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Percentiles(_Numbers):
    """Seconds, over the last 10,000 runs."""

    p50: float
    p95: float
    p99: float
    mean: float
    max: float


class StuckJob(_Numbers):
    """A mail that is on its way for too long."""

    job_id: str
    run_s: float


class PoolNumbers(_Numbers):
    """The worker pool; docs/pool.md says what each number is."""

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
    stuck: list[StuckJob]
    scale_ups: int
    scale_downs: int
    uptime_s: float
    throughput_1m: float
    run_s: Percentiles
    queued_s: Percentiles


class PartitionNumbers(_Numbers):
    """One partition that this instance reads."""

    topic: str
    partition: int
    position: int | None = Field(description="The next offset to take up; none while resuming.")
    unsettled: int = Field(description="Taken up, and not yet settled.")
    committed: int | None = Field(description="The offset last committed, if it is known.")
    lag: int | None = Field(
        description="Records not taken up, as of the last read; none before the first."
    )


class TierNumbers(_Numbers):
    """One retry tier, in the partitions that this instance reads."""

    topic: str
    delay_s: float
    waiting: int = Field(description="Messages that wait here, as far as is known.")


class RelayNumbers(_Numbers):
    """One relay; `since` the status holds."""

    name: str
    status: str
    since: datetime
    resting_until: datetime | None = Field(
        description="When its rest ends, or the next probe of an open breaker is due."
    )
    connections: int
    busy: int = Field(description="Connections with a mail on them.")
    most_connections: int = Field(description="Connections allowed now.")
    waiting: int = Field(description="Messages that wait for a connection.")
    rate: float | None = Field(description="Configured, mails a second.")
    limit: float | None = Field(description="Learned from its refusals, mails a second.")
    sent: int = Field(description="Messages it took since the start, at least in part.")
    refused: int = Field(description="Messages it answered otherwise, the limited ones included.")
    limited: int = Field(description="Messages it refused because it limits itself.")
    last_error: str | None
    last_accepted_at: datetime | None


class OutcomeCounts(_Numbers):
    """How many messages came to what; `kinds` are those of what was not delivered."""

    statuses: dict[str, int]
    kinds: dict[str, int]


class OutcomeNumbers(_Numbers):
    """Since the start, and of the last minutes."""

    total: OutcomeCounts
    last_1m: OutcomeCounts
    last_5m: OutcomeCounts
    last_15m: OutcomeCounts


class Stats(_Numbers):
    """The service's numbers at one moment."""

    at: datetime
    version: str
    instance: str
    phase: str
    uptime_s: float
    pool: PoolNumbers
    intake: list[PartitionNumbers]
    tiers: list[TierNumbers]
    relays: list[RelayNumbers]
    outcomes: OutcomeNumbers
