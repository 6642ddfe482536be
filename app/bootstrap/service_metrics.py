"""The service's states as metrics, read when somebody scrapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.clock import epoch_ms
from app.ops.health import Phase, Status, issues_of, status_of
from app.ops.issues import DEFINITIONS
from app.relay import RelayStatus
from app.telemetry.metrics import Reading, intake, mail, relay, service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from app.bootstrap.service import Service
    from app.bootstrap.vital_signs import VitalSigns
    from app.intake.progress import Progress
    from app.intake.reader import Reader
    from app.relay import RelayState


class ServiceMetrics:
    """Gives to the service's metrics what the service knows anyhow.

    `memory_limit`: bytes that the process may take, None for any number.
    """

    def __init__(self, running: Service, sight: VitalSigns, memory_limit: int | None) -> None:
        self._memory_limit = memory_limit
        self._service = running
        self._sight = sight
        for source in (self._whole, self._intake, self._relays, self._afterwards):
            running.metrics.source(source)

    def _whole(self) -> Iterator[Reading]:
        snapshot = self._sight.snapshot()
        issues = issues_of(snapshot)
        yield Reading(service.INFO, (self._sight.identity.version,), 1)
        if self._memory_limit is not None:
            yield Reading(service.MEMORY_LIMIT, (), self._memory_limit)
        yield Reading(service.READY, (), status_of(issues) is not Status.DOWN)
        for phase in Phase:
            yield Reading(service.PHASE, (phase,), phase is snapshot.phase)
        found = {issue.code for issue in issues}
        for code, definition in DEFINITIONS.items():
            yield Reading(service.ISSUE, (code, definition.severity), code in found)

    def _intake(self) -> Iterator[Reading]:
        now_ms = epoch_ms()
        tiers: list[Progress] = []
        for reader in self._service.readers:
            yield from _reader(reader)
            for each in reader.progress():
                yield from _partition(each)
                if each.partition.topic == self._service.queue:
                    yield from _lag(each, now_ms)
                else:
                    tiers.append(each)
        yield from self._tiers(tiers, now_ms)

    def _tiers(self, found: Iterable[Progress], now_ms: int) -> Iterator[Reading]:
        waiting: dict[str, int] = {}
        overdue: dict[str, float] = {}
        for each in found:
            topic = each.partition.topic
            delay = self._service.schedule.tier_delay(topic) or 0.0
            waiting[topic] = waiting.get(topic, 0) + (each.lag or 0)
            since = each.waiting_since_ms
            late = 0.0 if since is None else (now_ms - since) / 1000 - delay
            overdue[topic] = max(overdue.get(topic, 0.0), late)
        for topic, count in waiting.items():
            yield Reading(mail.WAITING, (topic,), count)
            yield Reading(mail.OVERDUE, (topic,), overdue[topic])

    def _relays(self) -> Iterator[Reading]:
        for state in self._service.relays.states():
            yield from _relay(state)

    def _afterwards(self) -> Iterator[Reading]:
        writer = self._service.writer
        if writer is not None:
            yield Reading(mail.PENDING, (), writer.pending)
            yield Reading(mail.PENDING_BYTES, (), writer.bytes)


def _relay(state: RelayState) -> Iterator[Reading]:
    name = (state.name,)
    for status in RelayStatus:
        yield Reading(relay.STATUS, (state.name, status), status is state.status)
    yield Reading(relay.CONNECTIONS, name, state.connections)
    yield Reading(relay.BUSY, name, state.busy)
    yield Reading(relay.MOST, name, state.most_connections)
    yield Reading(relay.WAITING, name, state.waiting)
    yield Reading(relay.SENT, name, state.sent)
    yield Reading(relay.REFUSED, name, state.refused)
    yield Reading(relay.LIMITED, name, state.limited)
    if limits := [limit for limit in (state.rate, state.limit) if limit is not None]:
        yield Reading(relay.LIMIT, name, min(limits))


def _reader(reader: Reader) -> Iterator[Reading]:
    name, checkpoints, meter = (reader.name,), reader.assignment.checkpointer, reader.meter
    yield Reading(intake.CHECKPOINT_AGE, name, checkpoints.age_s)
    yield Reading(intake.CHECKPOINT_OVERDUE, name, checkpoints.overdue())
    yield Reading(intake.REBALANCES, name, reader.assignment.rebalances)
    yield Reading(intake.PAUSES, name, meter.pauses)
    yield Reading(intake.PAUSED_SECONDS, name, meter.paused_s)
    for topic, records in meter.records.items():
        yield Reading(intake.RECORDS, (topic,), records)
        yield Reading(intake.READ_BYTES, (topic,), meter.bytes[topic])


def _partition(each: Progress) -> Iterator[Reading]:
    labels = (each.partition.topic, str(each.partition.number))
    yield Reading(intake.UNSETTLED, labels, each.unsettled)
    yield Reading(intake.OLDEST_UNSETTLED, labels, each.oldest_unsettled_s)
    yield Reading(intake.CHECKPOINT_BYTES, labels, each.checkpoint_bytes)


def _lag(each: Progress, now_ms: int) -> Iterator[Reading]:
    labels = (each.partition.topic, str(each.partition.number))
    if each.lag is not None:
        yield Reading(intake.LAG_RECORDS, labels, each.lag)
        if not each.lag:
            yield Reading(intake.LAG_SECONDS, labels, 0.0)
        elif each.waiting_since_ms is not None:
            waited_ms = max(0, now_ms - each.waiting_since_ms)
            yield Reading(intake.LAG_SECONDS, labels, waited_ms / 1000)
