"""What a run came to, from the service's own metrics."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.outcome import Status
from app.domain.smtp import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.cli.bench.facts import Advice
    from app.cli.bench.numbers import Growth

BUFFER: Final = "waiting in the buffer"
COMPOSING: Final = "composing"
OPENING: Final = "opening connections"
REST: Final = "the rest of a worker's time"
OUTSIDE: Final = "Kafka, reading, and what follows the reply"
_OPENING: Final = (Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH)
_DIALOGUE: Final[Mapping[Phase, str]] = {
    Phase.MAIL: "MAIL",
    Phase.RCPT: "RCPT",
    Phase.DATA: "DATA",
    Phase.BODY: "the content",
    Phase.FINAL: "the final reply",
}
_MS: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Latency:
    """At so many mails a second; milliseconds from produced to the relay's final reply."""

    rate: float
    mails: int
    ms: Mapping[str, float]
    mean_ms: float


@dataclass(frozen=True, slots=True)
class Load:
    """At full load. `cpu`: cores in use; `machine`: used part of all cores, None if unknown."""

    mails: int
    seconds: float
    cpu_s: float
    resident_mb: float
    machine: float | None

    @property
    def per_second(self) -> float:
        return self.mails / self.seconds

    @property
    def cpu(self) -> float:
        return self.cpu_s / self.seconds

    @property
    def cpu_us(self) -> float:
        """Processor time of a mail."""
        return self.cpu_s / self.mails * 1e6 if self.mails else 0.0


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it; `spent` are milliseconds a mail on average, at the steady rate and at full load.

    None where there was nothing to measure. `failed` counts mails that were not delivered, by why.
    """

    kafka: str
    relay: str
    workers: int
    busy: float
    steady: Latency | None
    full: Load
    spent_steady: Mapping[str, float]
    spent_full: Mapping[str, float]
    advice: Sequence[Advice]
    delivered: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)


def outcomes(growth: Growth) -> int:
    """Mails that came to an end, or to a retry."""
    return round(growth.of("mailer_outcomes_total"))


def delivered(growth: Growth) -> int:
    return round(growth.of("mailer_outcomes_total", status=Status.DELIVERED))


def spent(growth: Growth, mean_ms: float | None = None) -> dict[str, float]:
    """Where a mail's time went, in milliseconds of the average mail.

    `mean_ms` from produced to the reply adds what lies outside the pool.
    """
    mails = growth.of("mailer_pool_processing_seconds_count")
    if not mails:
        return {}
    phases = growth.by("mailer_relay_phase_seconds_sum", "phase")
    inside = {
        COMPOSING: growth.of("mailer_compose_seconds_sum"),
        OPENING: sum(phases.get(phase, 0.0) for phase in _OPENING),
        **{words: phases.get(phase, 0.0) for phase, words in _DIALOGUE.items()},
    }
    processing = growth.of("mailer_pool_processing_seconds_sum")
    found = {
        BUFFER: growth.of("mailer_pool_queue_wait_seconds_sum"),
        **inside,
        REST: max(0.0, processing - sum(inside.values())),
    }
    each = {name: seconds / mails * _MS for name, seconds in found.items()}
    if mean_ms is None:
        return each
    return {OUTSIDE: max(0.0, mean_ms - sum(each.values())), **each}


def processing_s(growth: Growth) -> float:
    """A worker's seconds for a mail."""
    mails = growth.of("mailer_pool_processing_seconds_count")
    return growth.of("mailer_pool_processing_seconds_sum") / mails if mails else 0.0


def relay_share(in_ms: Mapping[str, float]) -> tuple[float, float]:
    """Of a worker's time: the part of the dialogue, and the part that nothing accounts for."""
    inside = sum(ms for name, ms in in_ms.items() if name not in {BUFFER, OUTSIDE})
    if not inside:
        return 0.0, 0.0
    dialogue = sum(in_ms[words] for words in _DIALOGUE.values()) + in_ms[OPENING]
    return dialogue / inside, in_ms[REST] / inside
