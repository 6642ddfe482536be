"""The service as whoever runs it sees it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from app import __version__
from app.ops.glance import AgesSeen, FailureSeen, WorkerSeen
from app.ops.health import Phase, RelayHealth, Snapshot, Stall, Trouble
from app.ops.issues import Code
from app.ops.seeing import Identity
from app.ops.stats import (
    OutcomeCounts,
    OutcomeNumbers,
    PartitionNumbers,
    PoolNumbers,
    RelayNumbers,
    Stats,
    TierNumbers,
)
from app.relay import RelayStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.bootstrap.service import Service
    from app.intake.progress import Progress
    from app.relay import RelayState
    from app.telemetry import AddressView, Counts

STALLED_S = 30.0
LONG_REST = timedelta(minutes=1)

CODES: Final = {
    "Kafka": Code.KAFKA_AWAY,
    "brokers": Code.KAFKA_DEGRADED,
    "publishing": Code.PUBLISHING,
    "reading the queue": Code.READING,
    "reading the tiers": Code.READING,
    "checkpoints of the queue": Code.CHECKPOINTS,
    "checkpoints of the tiers": Code.CHECKPOINTS,
    "results topic": Code.RESULTS_REFUSED,
    "suppressions topic": Code.SUPPRESSIONS_REFUSED,
    "suppressions": Code.SUPPRESSIONS_STALE,
    "shared store": Code.SHARED_STORE,
    "shared rates": Code.SHARED_STORE,
    "SMTP_RULES": Code.RULES_REFUSED,
    "staging": Code.STAGING,
    "templates": Code.TEMPLATE_BROKEN,
}
"""What trouble of each part is called; parts are named where they get their pulse."""


class VitalSigns:
    """`app.ops.glance.Watch` over the running service; `view` gives how addresses may be shown."""

    def __init__(self, service: Service, instance: str, view: Callable[[], AddressView]) -> None:
        self._view = view
        self._service = service
        self._began = time.monotonic()
        self._began_at = datetime.now(UTC)
        self.identity = Identity(version=__version__, instance=instance, started_at=self._began_at)
        self._phase = Phase.STARTING
        self._phase_since = self._began_at

    def snapshot(self) -> Snapshot:
        """How it is now."""
        service = self._service
        phase = self._look_at_phase()
        return Snapshot(
            phase=phase,
            phase_since=self._phase_since,
            relays=tuple(relay_health(each, datetime.now(UTC)) for each in service.relays.states()),
            troubles=tuple(
                Trouble(
                    CODES.get(pulse.name, Code.OTHER),
                    pulse.name,
                    pulse.reason,
                    None if pulse.troubled_at is None else self._moment(pulse.troubled_at),
                )
                for pulse in service.watchdog.pulses
                if pulse.reason
            ),
            stalls=tuple(
                Stall(pulse.name, pulse.age_s, self._moment(time.monotonic() - pulse.age_s))
                for pulse in service.watchdog.pulses
                if pulse.age_s > STALLED_S
            ),
            stuck=len(service.pool.stuck()),
            dead=service.heard.last.many_dead(),
            put_off=service.heard.last.many_put_off(),
        )

    def stats(self) -> Stats:
        """The numbers as they are now."""
        service = self._service
        progress = [each for reader in service.readers for each in reader.progress()]
        tally = service.heard.tally
        return Stats(
            at=datetime.now(UTC),
            version=self.identity.version,
            instance=self.identity.instance,
            phase=self._look_at_phase(),
            uptime_s=time.monotonic() - self._began,
            pool=PoolNumbers.model_validate(service.pool.stats()),
            intake=[_partition(each) for each in progress],
            tiers=self._tiers(progress),
            relays=[RelayNumbers.model_validate(each) for each in service.relays.states()],
            outcomes=OutcomeNumbers(
                total=_counts(tally.total()),
                last_1m=_counts(tally.lately(60)),
                last_5m=_counts(tally.lately(300)),
                last_15m=_counts(tally.lately(900)),
            ),
        )

    def workers(self) -> list[WorkerSeen]:
        """Each worker of the pool."""
        return [WorkerSeen.model_validate(each) for each in self._service.pool.worker_stats()]

    def ages(self) -> AgesSeen:
        """Of the mails delivered in the last minute."""
        return AgesSeen.model_validate(self._service.heard.recent.ages())

    def failures(self) -> list[FailureSeen]:
        """The last ones of each kind."""
        failures = self._service.heard.recent.failures(self._view())
        return [FailureSeen.model_validate(each) for each in failures]

    def _look_at_phase(self) -> Phase:
        """The phase now; since when is known as exactly as it is looked at."""
        phase = self._service.course.phase
        if phase is not self._phase:
            self._phase, self._phase_since = phase, datetime.now(UTC)
        return phase

    def _tiers(self, progress: Iterable[Progress]) -> list[TierNumbers]:
        waiting: dict[str, int] = {}
        for each in progress:
            waiting.setdefault(each.partition.topic, 0)
            waiting[each.partition.topic] += each.lag or 0
        schedule = self._service.schedule
        delays = {topic: schedule.tier_delay(topic) for topic in waiting}
        found = [
            TierNumbers(topic=topic, delay_s=delay, waiting=waiting[topic])
            for topic, delay in delays.items()
            if delay is not None
        ]
        return sorted(found, key=lambda each: each.delay_s)

    def _moment(self, monotonic: float) -> datetime:
        return self._began_at + timedelta(seconds=monotonic - self._began)


def relay_health(state: RelayState, now: datetime) -> RelayHealth:
    """A short rest is part of finding how much a relay takes; a long one keeps mail away."""
    rest = state.resting_until if state.status is RelayStatus.RESTING else None
    long_rest = rest is not None and rest - now > LONG_REST
    if state.status is RelayStatus.PAUSED:
        trouble = "an operator has paused it"
    elif rest is not None:
        trouble = f"it asked to be left alone until {rest:%H:%M:%S} UTC"
    else:
        trouble = state.last_error or ""
    return RelayHealth(
        state.name,
        usable=state.status in {RelayStatus.CLOSED, RelayStatus.RESTING} and not long_rest,
        trouble=trouble,
        since=state.since,
    )


def _partition(each: Progress) -> PartitionNumbers:
    return PartitionNumbers(
        topic=each.partition.topic,
        partition=each.partition.number,
        position=each.position,
        unsettled=each.unsettled,
        committed=each.committed,
        lag=each.lag,
    )


def _counts(found: Counts) -> OutcomeCounts:
    return OutcomeCounts(statuses=found.statuses, kinds=found.kinds)
