"""What is known of the topics before they are judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ALTER: Final = (
    "kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics --entity-name "
    "{subject} --add-config "
)


class Role(StrEnum):
    """What a topic is for."""

    QUEUE = "queue"
    TIER = "tier"
    DEAD_LETTERS = "dead letters"
    RESULTS = "results"
    REMEMBERED = "remembered"


@dataclass(frozen=True, slots=True)
class TopicFacts:
    """One topic; `partitions` 0 where it does not exist. `config` None: it may not be seen.

    Counts are of partitions. `wait_ms`: a tier's delay.
    """

    name: str
    role: Role
    partitions: int = 0
    replicas: int = 1
    config: Mapping[str, str] | None = None
    wait_ms: int = 0
    without_leader: int = 0
    behind: int = 0
    in_sync: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class TopicsFacts:
    """`queue` stands first among `topics`. `headroom`: bytes that our headers may add."""

    topics: tuple[TopicFacts, ...]
    broker: str
    brokers: int
    create: bool
    headroom: int
    hidden: frozenset[str] = field(default=frozenset())


def number(topic: TopicFacts, name: str, default: int) -> int:
    """A number of its configuration."""
    return int((topic.config or {}).get(name) or default)
