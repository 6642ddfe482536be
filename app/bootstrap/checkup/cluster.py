"""Whether the cluster's configuration and clock suit the service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.finding import Finding

CLOCK: Final = Fault(
    Area.BROKERS,
    "clock_apart",
    Verdict.WARNING,
    "{topic} has a record from {ahead} in the future",
    "The clocks of whoever writes there and of this machine are apart. Retries, EMAIL_TTL and "
    "ages go by these times.",
    "Let this machine, the brokers and the producers keep time by NTP.",
)
SESSION: Final = Fault(
    Area.BROKERS,
    "session_refused",
    Verdict.PROBLEM,
    "takes sessions of {least:g} s to {most:g} s; the service asks for {session:g} s",
    "The group refuses every member.",
    "Set group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers to include "
    "{session:g} s.",
)
METADATA: Final = Fault(
    Area.BROKERS,
    "checkpoint_room",
    Verdict.WARNING,
    "takes {room} characters beside an offset (offset.metadata.max.bytes); a checkpoint has up to "
    "{needed}",
    "A checkpoint that does not fit is refused: offsets stay behind, and a restart sends again.",
    "Set offset.metadata.max.bytes of the brokers to {needed} or more.",
)
FORGETS: Final = Fault(
    Area.BROKERS,
    "offsets_forgotten",
    Verdict.WARNING,
    "forgets a group's offsets {hours:g} h after its last member left (offsets.retention.minutes)",
    "A service that stood still for longer begins anew: with KAFKA_START=earliest it sends old "
    "mail again, with latest it skips what came meanwhile.",
    "Set offsets.retention.minutes of the brokers to 10080 (7 days) or more.",
)

FAULTS: Final = (CLOCK, SESSION, METADATA, FORGETS)

CLOCK_TOLERANCE_MS: Final = 60_000
_LEAST_OFFSETS_MIN: Final = 1440


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """`ahead_ms`: how far the latest record of a topic lies in the future.

    `config` is a broker's, None where it may not be seen.
    """

    session_s: float
    checkpoint_characters: int
    config: Mapping[str, str] | None = None
    ahead_ms: Mapping[str, int] = field(default_factory=dict)


def judge_cluster(facts: ClusterFacts) -> list[Finding]:
    """What makes it difficult; that all is well is told of its brokers."""
    return [*_clock(facts), *_configured(facts, facts.config or {})]


def _clock(facts: ClusterFacts) -> Iterator[Finding]:
    for topic, ahead in facts.ahead_ms.items():
        if ahead > CLOCK_TOLERANCE_MS:
            yield CLOCK.found("clock", topic=topic, ahead=_span(ahead))


def _configured(facts: ClusterFacts, config: Mapping[str, str]) -> Iterator[Finding]:
    least = int(config.get("group.min.session.timeout.ms") or 0) / 1000
    most = int(config.get("group.max.session.timeout.ms") or 1_800_000) / 1000
    if not least <= facts.session_s <= most:
        yield SESSION.found("groups", least=least, most=most, session=facts.session_s)
    room = int(config.get("offset.metadata.max.bytes") or facts.checkpoint_characters)
    if room < facts.checkpoint_characters:
        yield METADATA.found("groups", room=room, needed=facts.checkpoint_characters)
    minutes = int(config.get("offsets.retention.minutes") or _LEAST_OFFSETS_MIN)
    if minutes < _LEAST_OFFSETS_MIN:
        yield FORGETS.found("groups", hours=minutes / 60)


def _span(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds} s" if seconds < 600 else f"{seconds // 60} min"
