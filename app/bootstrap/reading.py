"""A reader and what belongs to it, as the settings want it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bootstrap import configs
from app.domain.clock import epoch_ms
from app.intake.assignment import CurrentAssignment, ReaderVitals
from app.intake.ledger import CommitPolicy
from app.intake.reader import Reader
from app.intake.resuming import Resuming
from app.intake.taking import TierTaking
from app.kafka import Consumer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.intake.ledger import Ledger
    from app.intake.taking import Taking
    from app.kafka import KafkaConfig
    from app.pipeline.dispatch import Dispatch
    from app.pipeline.gate import Gate
    from app.pipeline.watchdog import Watchdog
    from app.settings import Settings

QUEUE_FETCH_BYTES = 1024 * 1024
# Tiers are read for their heads; a small fetch keeps what waits in Kafka and out of memory.
TIER_FETCH_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Readers:
    """Makes them; the gate closes while a checkpoint of theirs is overdue.

    `on_gone` hears how many unsettled messages their logs have lost.
    """

    settings: Settings
    kafka: KafkaConfig
    ledger: Ledger
    gate: Gate
    watchdog: Watchdog
    on_gone: Callable[[int], object]

    def queue(self, sink: Dispatch, taking: Taking) -> Reader:
        """A member of the group."""
        group = self.settings.kafka_group_id
        return self._made("queue", group, sink, taking, QUEUE_FETCH_BYTES)

    def tiers(self, sink: Dispatch, queue: Taking, delays_s: Mapping[str, float]) -> Reader:
        """A member of the group for retries; what is due is taken as from the `queue`."""
        group = f"{self.settings.kafka_group_id}-retry"
        delays_ms = {topic: round(delay * 1000) for topic, delay in delays_s.items()}
        taking = TierTaking(queue, delays_ms, epoch_ms)
        return self._made("tiers", group, sink, taking, TIER_FETCH_BYTES)

    def _made(
        self, name: str, group: str, sink: Dispatch, taking: Taking, fetch_bytes: int
    ) -> Reader:
        settings = self.settings
        consumer = Consumer(
            self.kafka,
            group,
            times=configs.group_times(settings),
            instance_id=settings.kafka_instance_id,
            max_partition_fetch_bytes=fetch_bytes,
        )
        vitals = self.watchdog.pulse(f"reading the {name}")
        assignment = CurrentAssignment(
            name,
            resuming=Resuming(self.kafka, consumer, ignore_unreadable=settings.ignore_checkpoint),
            policy=CommitPolicy(settings.kafka_commit),
            ledger=self.ledger,
            sink=sink,
            drain_timeout_s=settings.kafka_drain_timeout,
            vitals=ReaderVitals(vitals, self.watchdog.pulse(f"checkpoints of the {name}")),
            on_gone=self.on_gone,
        )
        self.gate.watch(assignment.checkpointer.overdue)
        return Reader(
            name,
            consumer=consumer,
            assignment=assignment,
            sink=sink,
            taking=taking,
            vitals=vitals,
        )
