"""Whether each topic keeps what it is given for as long as it has to."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.finding import Finding

_ALTER: Final = (
    "kafka-configs.sh --bootstrap-server {broker} --alter --entity-type topics --entity-name "
    "{subject} --add-config "
)

MISSING: Final = Fault(
    Area.TOPICS,
    "topic_missing",
    Verdict.PROBLEM,
    "does not exist, and KAFKA_CREATE_TOPICS is false",
    "The service names it at its start and ends.",
    "Create it with {partitions} partitions, or set KAFKA_CREATE_TOPICS=true.",
)
NO_QUEUE: Final = Fault(
    Area.TOPICS,
    "queue_missing",
    Verdict.WARNING,
    "does not exist; the service would create it, with the brokers' default partitions",
    "Where producers have written already, KAFKA_TOPIC has another name than theirs.",
    "Compare KAFKA_TOPIC with what producers use, or create the topic with as many partitions as "
    "you want instances.",
)
PARTITIONS: Final = Fault(
    Area.TOPICS,
    "partitions_differ",
    Verdict.WARNING,
    "has {partitions} partitions, the queue {queue}",
    "A tier is shared by as many instances as it has partitions; with fewer, retries wait for "
    "some instances while others idle.",
    "kafka-topics.sh --bootstrap-server {broker} --alter --topic {subject} --partitions {queue}",
)
TOO_SHORT: Final = Fault(
    Area.TOPICS,
    "retention_below_wait",
    Verdict.PROBLEM,
    "keeps records for {kept}, but messages wait there for {wait}",
    "Kafka deletes the messages before they are due. They are lost.",
    _ALTER + "retention.ms={enough}",
)
SHORT: Final = Fault(
    Area.TOPICS,
    "retention_short",
    Verdict.WARNING,
    "keeps records for {kept}",
    "While relays or the service are away, {what}; Kafka deletes it after that time.",
    _ALTER + "retention.ms={enough}",
)
BY_SIZE: Final = Fault(
    Area.TOPICS,
    "retention_by_size",
    Verdict.WARNING,
    "keeps {size} of a partition only (retention.bytes)",
    "Under load Kafka deletes messages however young they are, read or not.",
    _ALTER + "retention.bytes=-1",
)
COMPACTED: Final = Fault(
    Area.TOPICS,
    "compacted",
    Verdict.PROBLEM,
    "is compacted (cleanup.policy={policy})",
    "Kafka keeps one message of each key: others of the same key are lost.",
    _ALTER + "cleanup.policy=delete",
)
NOT_COMPACTED: Final = Fault(
    Area.TOPICS,
    "not_compacted",
    Verdict.PROBLEM,
    "is not compacted (cleanup.policy={policy})",
    "It holds what is to be remembered; Kafka forgets it after {kept}.",
    _ALTER + "cleanup.policy=compact",
)
SMALL: Final = Fault(
    Area.TOPICS,
    "records_too_small",
    Verdict.PROBLEM,
    "takes records of {most:,} bytes, the queue of {queue:,}",
    "A large message that has to be tried again, or given up, cannot be written there. It stays "
    "unsettled, and its partition's checkpoint behind.",
    _ALTER + "max.message.bytes={needed}",
)
NARROW: Final = Fault(
    Area.TOPICS,
    "records_no_headroom",
    Verdict.WARNING,
    "takes records of {most:,} bytes; the queue's of {queue:,} may have up to {needed:,} with the "
    "headers that we add",
    "A message that is as large as the queue takes them cannot be written there. It stays "
    "unsettled, and its partition's checkpoint behind.",
    _ALTER + "max.message.bytes={needed}",
)
NO_LEADER: Final = Fault(
    Area.TOPICS,
    "partition_offline",
    Verdict.PROBLEM,
    "{count} of {partitions} partitions have no leader",
    "They can be neither read nor written until a broker that has their records is back.",
    "Start the brokers that are down; `kafka-topics.sh --bootstrap-server {broker} --describe "
    "--unavailable-partitions` names them.",
)
FEW_IN_SYNC: Final = Fault(
    Area.TOPICS,
    "too_few_in_sync",
    Verdict.PROBLEM,
    "{count} of {partitions} partitions have fewer replicas in sync than min.insync.replicas "
    "({least})",
    "Kafka refuses every write there, so what belongs there stays unsettled.",
    "Start the brokers that are down, or lower min.insync.replicas.",
)
BEHIND: Final = Fault(
    Area.TOPICS,
    "replicas_behind",
    Verdict.WARNING,
    "{count} of {partitions} partitions have replicas that are not in sync",
    "Another broker's end may now lose messages or stop writes.",
    "Look at the brokers that are behind; `kafka-topics.sh --bootstrap-server {broker} --describe "
    "--under-replicated-partitions` names them.",
)
ONE_COPY: Final = Fault(
    Area.TOPICS,
    "one_copy",
    Verdict.WARNING,
    "has one replica, though there are {brokers} brokers",
    "The loss of one broker's disk loses mail that was accepted.",
    "Give it more replicas with kafka-reassign-partitions.sh.",
)
UNCLEAN: Final = Fault(
    Area.TOPICS,
    "unclean_election",
    Verdict.WARNING,
    "lets a replica that is behind become leader (unclean.leader.election.enable)",
    "Messages that Kafka has acknowledged are lost then.",
    _ALTER + "unclean.leader.election.enable=false",
)

FAULTS: Final = (
    MISSING,
    NO_QUEUE,
    PARTITIONS,
    TOO_SHORT,
    SHORT,
    BY_SIZE,
    COMPACTED,
    NOT_COMPACTED,
    SMALL,
    NARROW,
    NO_LEADER,
    FEW_IN_SYNC,
    BEHIND,
    ONE_COPY,
    UNCLEAN,
)

DAY_MS: Final = 24 * 3600 * 1000
_ENOUGH_MS: Final = 30 * DAY_MS
_DEFAULT_MOST: Final = 1_048_588


class Role(StrEnum):
    """What a topic is for."""

    QUEUE = "queue"
    TIER = "tier"
    DEAD_LETTERS = "dead letters"
    RESULTS = "results"
    REMEMBERED = "remembered"


_HOLDS: Final = {
    Role.QUEUE: "mail waits there",
    Role.TIER: "mail waits there",
    Role.DEAD_LETTERS: "nobody may look at the dead letters",
}


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


def judge_topics(facts: TopicsFacts) -> list[Finding]:
    """Each topic that we may see: what is wrong with it, or how it is."""
    queue = facts.topics[0]
    largest = _number(queue, "max.message.bytes", _DEFAULT_MOST)
    found = []
    for topic in facts.topics:
        if topic.name in facts.hidden:
            continue
        if not topic.partitions:
            found.append(_absent(topic, queue, facts))
            continue
        faults = [*_layout(topic, queue, facts), *_keeping(topic, largest, facts)]
        found += faults or [well(Area.TOPICS, topic.name, _words(topic))]
    return found


def _absent(topic: TopicFacts, queue: TopicFacts, facts: TopicsFacts) -> Finding:
    if not facts.create:
        return MISSING.found(topic.name, partitions=queue.partitions or "as many")
    if topic.role is Role.QUEUE:
        return NO_QUEUE.found(topic.name)
    return well(Area.TOPICS, topic.name, "does not exist yet; the service creates it at its start")


def _layout(topic: TopicFacts, queue: TopicFacts, facts: TopicsFacts) -> Iterator[Finding]:
    counts = {"partitions": topic.partitions, "broker": facts.broker}
    if topic.role is Role.TIER and queue.partitions and topic.partitions != queue.partitions:
        yield PARTITIONS.found(topic.name, **counts, queue=queue.partitions)
    if topic.without_leader:
        yield NO_LEADER.found(topic.name, **counts, count=topic.without_leader)
    least = _number(topic, "min.insync.replicas", 1)
    few = sum(each < least for each in topic.in_sync)
    if few:
        yield FEW_IN_SYNC.found(topic.name, **counts, count=few, least=least)
    elif topic.behind:
        yield BEHIND.found(topic.name, **counts, count=topic.behind)
    if topic.replicas == 1 and facts.brokers > 1:
        yield ONE_COPY.found(topic.name, brokers=facts.brokers)
    if (topic.config or {}).get("unclean.leader.election.enable") == "true":
        yield UNCLEAN.found(topic.name, broker=facts.broker)


def _keeping(topic: TopicFacts, largest: int, facts: TopicsFacts) -> Iterator[Finding]:
    config, where = topic.config, {"broker": facts.broker}
    if config is None:
        return
    policy = config.get("cleanup.policy", "delete")
    kept = _number(topic, "retention.ms", -1)
    if topic.role is Role.REMEMBERED:
        if policy != "compact":
            yield NOT_COMPACTED.found(topic.name, **where, policy=policy, kept=span(kept))
        return
    if "compact" in policy:
        yield COMPACTED.found(topic.name, **where, policy=policy)
    elif topic.role is not Role.RESULTS:
        yield from _kept(topic, kept, where)
        size = _number(topic, "retention.bytes", -1)
        if size >= 0:
            yield BY_SIZE.found(topic.name, **where, size=f"{size:,} bytes")
    most = _number(topic, "max.message.bytes", _DEFAULT_MOST)
    needed = largest + facts.headroom
    if topic.role in {Role.TIER, Role.DEAD_LETTERS} and most < needed:
        fault = SMALL if most < largest else NARROW
        yield fault.found(topic.name, **where, most=most, queue=largest, needed=needed)


def _kept(topic: TopicFacts, kept: int, where: Mapping[str, str]) -> Iterator[Finding]:
    if kept < 0:
        return
    if kept <= topic.wait_ms:
        yield TOO_SHORT.found(
            topic.name, **where, kept=span(kept), wait=span(topic.wait_ms), enough=_ENOUGH_MS
        )
    elif kept < topic.wait_ms + DAY_MS:
        yield SHORT.found(
            topic.name, **where, kept=span(kept), what=_HOLDS[topic.role], enough=_ENOUGH_MS
        )


def _words(topic: TopicFacts) -> str:
    words = f"{topic.partitions} partition{'s' * (topic.partitions != 1)}"
    if topic.config is None:
        return f"{words}; its configuration may not be seen"
    if topic.role is Role.REMEMBERED:
        return f"{words}, compacted"
    return f"{words}, keeps records for {span(_number(topic, 'retention.ms', -1))}"


def _number(topic: TopicFacts, name: str, default: int) -> int:
    return int((topic.config or {}).get(name) or default)


def span(ms: int) -> str:
    """In the largest unit of which there is a whole number, or nearly."""
    if ms < 0:
        return "ever"
    for unit, length in (("d", DAY_MS), ("h", 3_600_000), ("min", 60_000)):
        if ms >= length:
            return f"{round(ms / length, 1):g} {unit}"
    return f"{ms / 1000:g} s"
