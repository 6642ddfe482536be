"""States of a service as a scrape shows them, and what the largest scrape costs."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client import CollectorRegistry

from app.bootstrap.service_metrics import ServiceMetrics
from app.domain.claim import Claim
from app.domain.clock import epoch_ms
from app.domain.outcome import ErrorKind, Status
from app.domain.record import Outgoing, Partition
from app.intake.progress import Progress
from app.ops import Phase, Snapshot, Trouble
from app.ops.issues import Code
from app.outcomes.decision import Decision
from app.outcomes.schedule import Schedule
from app.relay import RelayState, RelayStatus
from app.telemetry import MailMetrics, Metrics, PoolMetrics
from app.telemetry.metrics import CATALOGUE, Kind
from app.telemetry.scrape import Scrape
from tests.support.untraced import untraced
from tests.support.waiting import run
from tests.unit.ops.sights import BEGAN, WELL, Source

RELAY = RelayState(
    name="mail:587",
    status=RelayStatus.RESTING,
    since=BEGAN,
    connections=4,
    busy=3,
    most_connections=9,
    waiting=2,
    rate=50.0,
    limit=12.5,
    sent=100,
    refused=7,
    limited=5,
)
TIERS = (30.0, 300.0, 1800.0, 7200.0, 21600.0, 57600.0)
MIB = 1 << 20


class Reader:
    """The parts of `app.intake.reader.Reader` that are read here."""

    def __init__(self, name: str, progress: list[Progress], *, overdue: bool = False) -> None:
        self.name = name
        self.assignment = SimpleNamespace(
            rebalances=1, checkpointer=SimpleNamespace(age_s=0.2, overdue=lambda: overdue)
        )
        topics = {each.partition.topic for each in progress}
        self.meter = SimpleNamespace(
            records=dict.fromkeys(topics, 7),
            bytes=dict.fromkeys(topics, 70),
            pauses=1,
            paused_s=2.5,
        )
        self._progress = progress

    def progress(self) -> list[Progress]:
        return self._progress


def progress(topic: str, number: int, **fields: Any) -> Progress:
    known: dict[str, Any] = {"position": 10, "unsettled": 2, "committed": 10, "lag": 0}
    return Progress(Partition(topic, number), **{**known, **fields})


class Rig:
    def __init__(self, *readers: Reader, now: Snapshot = WELL) -> None:
        self.metrics = Metrics()
        self.service = SimpleNamespace(
            metrics=self.metrics,
            readers=readers,
            queue="email-queue",
            schedule=Schedule("email-queue", TIERS),
            relays=SimpleNamespace(states=lambda: (RELAY,)),
            writer=SimpleNamespace(pending=3, bytes=900),
        )
        ServiceMetrics(cast("Any", self.service), cast("Any", Source(now)), 128 * MIB)
        self._registry = CollectorRegistry()
        self._registry.register(self.metrics)

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(name, labels)


def test_health_is_a_number_for_each_issue() -> None:
    trouble = Trouble(Code.KAFKA_AWAY, "Kafka", "no answer")
    rig = Rig(now=Snapshot(phase=Phase.RUNNING, troubles=(trouble,)))
    assert rig.value("mailer_ready") == 0
    assert rig.value("mailer_issue", code="kafka_away", severity="critical") == 1
    assert rig.value("mailer_issue", code="relay_away", severity="warning") == 0
    assert rig.value("mailer_phase", phase="running") == 1
    assert rig.value("mailer_phase", phase="paused") == 0
    assert rig.value("mailer_info", version="1.2.3") == 1
    assert Rig().value("mailer_ready") == 1
    assert rig.value("mailer_memory_limit_bytes") == 128 * MIB


def test_lag_is_told_of_the_queue_in_records_and_in_age() -> None:
    since = epoch_ms() - 60_000
    queue = [
        progress("email-queue", 0, lag=5, waiting_since_ms=since, oldest_unsettled_s=8.0),
        progress("email-queue", 1, checkpoint_bytes=99),
        progress("email-queue", 2, lag=None, position=None),
        progress("email-queue", 3, lag=4),
    ]
    rig = Rig(Reader("queue", queue, overdue=True))

    def of(name: str, partition: str) -> float | None:
        return rig.value(f"mailer_intake_{name}", topic="email-queue", partition=partition)

    assert [5, 0, None, 4] == [of("lag_records", each) for each in "0123"]
    assert 60 <= (of("lag_seconds", "0") or 0) < 70
    assert [0, None, None] == [of("lag_seconds", each) for each in "123"]
    assert [8.0, 0.0] == [of("oldest_unsettled_seconds", each) for each in "01"]
    assert [2, 2] == [of("unsettled", each) for each in "01"]
    assert of("checkpoint_bytes", "1") == 99
    assert rig.value("mailer_intake_checkpoint_overdue", reader="queue") == 1
    assert rig.value("mailer_intake_paused_seconds_total", reader="queue") == 2.5
    assert rig.value("mailer_intake_bytes_total", topic="email-queue") == 70


def test_a_tier_tells_how_many_wait_and_for_how_long_the_first_was_due() -> None:
    now = epoch_ms()
    tiers = [
        progress("email-queue-retry-30s", 0, lag=3, waiting_since_ms=now - 90_000),
        progress("email-queue-retry-30s", 1, lag=2, waiting_since_ms=now - 10_000),
        progress("email-queue-retry-5m", 0, lag=1, waiting_since_ms=now - 90_000),
    ]
    rig = Rig(Reader("tiers", tiers))
    assert rig.value("mailer_retry_waiting", topic="email-queue-retry-30s") == 5
    late = rig.value("mailer_retry_overdue_seconds", topic="email-queue-retry-30s")
    assert 60 <= (late or 0) < 70
    assert rig.value("mailer_retry_overdue_seconds", topic="email-queue-retry-5m") == 0


def test_a_relay_tells_its_status_its_limit_and_what_became_of_its_messages() -> None:
    rig = Rig()

    def of(name: str, **labels: str) -> float | None:
        return rig.value(f"mailer_{name}", relay="mail:587", **labels)

    assert [0, 1, 0] == [of("relay_status", status=each) for each in ("closed", "resting", "open")]
    assert [4, 3, 9, 2] == [
        *(
            of("relay_connections"),
            of("relay_connections_busy"),
            of("relay_connections_most"),
            of("relay_waiting"),
        )
    ]
    assert [100, 7, 5] == [
        of("relay_sent_total"),
        of("relay_refused_total"),
        of("relay_limited_total"),
    ]
    assert of("relay_limit") == 12.5


def test_outcomes_on_their_way_are_counted_once_there_is_a_writer() -> None:
    rig = Rig()
    assert rig.value("mailer_outcomes_pending") == 3
    assert rig.value("mailer_outcomes_pending_bytes") == 900
    rig.service.writer = None
    assert rig.value("mailer_outcomes_pending") is None


def _large() -> Metrics:
    """500 workers, 48 partitions with their tiers, 1,000 recipient domains, 200 types."""
    topics = [f"email-queue-retry-{delay}" for delay in ("30s", "5m", "30m", "2h", "6h", "16h")]
    full: dict[str, Any] = {
        "lag": 123_456,
        "waiting_since_ms": epoch_ms() - 123_456,
        "oldest_unsettled_s": 12.3456789,
        "checkpoint_bytes": 3_000,
    }
    readers = (
        Reader("queue", [progress("email-queue", number, **full) for number in range(48)]),
        Reader("tiers", [progress(topic, n, **full) for topic in topics for n in range(48)]),
    )
    metrics = Rig(*readers).metrics
    pool = PoolMetrics(metrics)
    pool.load(queued=100, parked=20, busy=500, workers=500, size=250 * MIB)
    for outcome in ("ok", "failed", "timeout", "expired", "cancelled", "abandoned"):
        pool.finished("normal", outcome, 0.1, 0.2)
    mail = MailMetrics(metrics, "email-dlq")
    for number in range(1000):
        for status in Status:
            for kind in (None, ErrorKind.TEMPORARY):
                mail.hear(_outcome(number, status, kind))
    return metrics


def _outcome(number: int, status: Status, kind: ErrorKind | None) -> Decision:
    to = {"address": f"ann@mail-{number}.some-domain.example", "status": status, "code": 250}
    name = f"some-name-{number % 200}"
    return Decision(
        Claim("email-queue", 0, number, 1),
        status,
        kind,
        (Outgoing("email-dlq", 0, None, None),),
        fields={"type": name, "relay": f"relay-{number % 4}:587", "recipients": [to]},
        template=name,
        age_s=number / 10,
    )


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text"])
def test_the_largest_scrape_is_quick_and_small(accept: str) -> None:
    """By the processor's time: what else the machine does is none of its."""
    metrics = _large()
    scrape = Scrape(metrics)

    async def measured() -> tuple[float, float, int]:
        best = held = float("inf")
        size = 0
        for _ in range(10):
            began = time.process_time()
            _ = metrics.snapshot()
            held = min(held, time.process_time() - began)
            began = time.process_time()
            size = len((await scrape(accept)).body)
            best = min(best, time.process_time() - began)
            await asyncio.sleep(0)
        return best, held, size

    with untraced():
        seconds, held, size = run(measured())
    told = f"{seconds * 1000:.1f} ms, of these {held * 1000:.1f} on the loop, {size / 1000:.0f} kB"
    assert size <= 1_000_000, told
    assert seconds <= 0.05, told
    assert held <= 0.02, told


def test_the_largest_scrape_has_all_kinds_of_series() -> None:
    readings = _large().snapshot().readings
    assert {each.definition.kind for each in readings} == set(Kind)
    shown = {each.definition.name for each in readings}
    known = {each.name for section in CATALOGUE.values() for each in section}
    assert shown <= known
    assert len(readings) > 3_000
