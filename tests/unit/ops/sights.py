"""A service as the ops tests have it: well, until told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

from app.ops import Access, Identity, Phase, RelayHealth, Snapshot
from app.ops.glance import AgesSeen, FailureSeen, WorkerSeen
from app.ops.stats import (
    OutcomeCounts,
    OutcomeNumbers,
    PartitionNumbers,
    Percentiles,
    PoolNumbers,
    RelayNumbers,
    Stats,
    TierNumbers,
)
from app.pool import PoolStats

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)
WELL = Snapshot(
    phase=Phase.RUNNING,
    phase_since=BEGAN,
    relays=(RelayHealth("mail:587", usable=True, since=BEGAN),),
)
NOTHING = OutcomeCounts(statuses={}, kinds={})
ZEROS = Percentiles(p50=0, p95=0, p99=0, mean=0, max=0)
RELAY = RelayNumbers(
    name="mail:587",
    status="closed",
    since=BEGAN,
    resting_until=None,
    connections=1,
    busy=0,
    most_connections=10,
    waiting=0,
    rate=None,
    limit=None,
    sent=1,
    refused=0,
    limited=0,
    last_error=None,
    last_accepted_at=None,
)
TOKEN = "a-token-of-some-length"


class Source:
    """`app.ops.glance.Watch`."""

    def __init__(self, snapshot: Snapshot = WELL) -> None:
        self.now = snapshot
        self.identity = Identity(version="1.2.3", instance="here", started_at=BEGAN)

    def snapshot(self) -> Snapshot:
        return self.now

    def stats(self) -> Stats:
        special = {"stuck": [], "run_s": ZEROS, "queued_s": ZEROS}
        fields = PoolStats.__dataclass_fields__
        return Stats(
            at=BEGAN,
            version="1.2.3",
            instance="here",
            phase=self.now.phase,
            uptime_s=1.0,
            pool=PoolNumbers.model_validate({name: special.get(name, 0) for name in fields}),
            intake=[
                PartitionNumbers(
                    topic="q", partition=0, position=7, unsettled=2, committed=6, lag=None
                )
            ],
            tiers=[TierNumbers(topic="q-retry-30s", delay_s=30, waiting=4)],
            relays=[RELAY],
            outcomes=OutcomeNumbers(
                total=NOTHING, last_1m=NOTHING, last_5m=NOTHING, last_15m=NOTHING
            ),
        )

    def workers(self) -> list[WorkerSeen]:
        return [WorkerSeen(worker=1, jobs=3, busy_s=0.5, job_id=None)]

    def ages(self) -> AgesSeen:
        return AgesSeen(count=0, p50=None, p95=None, max=None)

    def failures(self) -> list[FailureSeen]:
        return []


def access(token: str | None = TOKEN, *, public: bool = False) -> Access:
    return Access(token, public=public)
