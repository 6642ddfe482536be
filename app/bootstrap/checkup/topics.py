"""Whether each topic keeps what it is given for as long as it has to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.topic_facts import ALTER, Role, number
from app.bootstrap.checkup.topic_layout import LAYOUT_FAULTS, judge_layout
from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.bootstrap.checkup.topic_facts import TopicFacts, TopicsFacts
    from app.domain.finding import Finding

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
TOO_SHORT: Final = Fault(
    Area.TOPICS,
    "retention_below_wait",
    Verdict.PROBLEM,
    "keeps records for {kept}, but messages wait there for {wait}",
    "Kafka deletes the messages before they are due. They are lost.",
    ALTER + "retention.ms={enough}",
)
SHORT: Final = Fault(
    Area.TOPICS,
    "retention_short",
    Verdict.WARNING,
    "keeps records for {kept}",
    "While relays or the service are away, {what}; Kafka deletes it after that time.",
    ALTER + "retention.ms={enough}",
)
BY_SIZE: Final = Fault(
    Area.TOPICS,
    "retention_by_size",
    Verdict.WARNING,
    "keeps {size} of a partition only (retention.bytes)",
    "Under load Kafka deletes messages however young they are, read or not.",
    ALTER + "retention.bytes=-1",
)
COMPACTED: Final = Fault(
    Area.TOPICS,
    "compacted",
    Verdict.PROBLEM,
    "is compacted (cleanup.policy={policy})",
    "Kafka keeps one message of each key: others of the same key are lost.",
    ALTER + "cleanup.policy=delete",
)
NOT_COMPACTED: Final = Fault(
    Area.TOPICS,
    "not_compacted",
    Verdict.PROBLEM,
    "is not compacted (cleanup.policy={policy})",
    "It holds what is to be remembered; Kafka forgets it after {kept}.",
    ALTER + "cleanup.policy=compact",
)
SMALL: Final = Fault(
    Area.TOPICS,
    "records_too_small",
    Verdict.PROBLEM,
    "takes records of {most:,} bytes, the queue of {queue:,}",
    "A large message that has to be tried again, or given up, cannot be written there. It stays "
    "unsettled, and its partition's checkpoint behind.",
    ALTER + "max.message.bytes={needed}",
)
NARROW: Final = Fault(
    Area.TOPICS,
    "records_no_headroom",
    Verdict.WARNING,
    "takes records of {most:,} bytes; the queue's of {queue:,} may have up to {needed:,} with the "
    "headers that we add",
    "A message that is as large as the queue takes them cannot be written there. It stays "
    "unsettled, and its partition's checkpoint behind.",
    ALTER + "max.message.bytes={needed}",
)

FAULTS: Final = (
    *LAYOUT_FAULTS,
    MISSING,
    NO_QUEUE,
    TOO_SHORT,
    SHORT,
    BY_SIZE,
    COMPACTED,
    NOT_COMPACTED,
    SMALL,
    NARROW,
)

DAY_MS: Final = 24 * 3600 * 1000
_ENOUGH_MS: Final = 30 * DAY_MS
_DEFAULT_MOST: Final = 1_048_588


_HOLDS: Final = {
    Role.QUEUE: "mail waits there",
    Role.TIER: "mail waits there",
    Role.DEAD_LETTERS: "nobody may look at the dead letters",
}


def judge_topics(facts: TopicsFacts) -> list[Finding]:
    """Each topic that we may see: what is wrong with it, or how it is."""
    queue = facts.topics[0]
    largest = number(queue, "max.message.bytes", _DEFAULT_MOST)
    found = []
    for topic in facts.topics:
        if topic.name in facts.hidden:
            continue
        if not topic.partitions:
            found.append(_absent(topic, queue, facts))
            continue
        faults = [*judge_layout(topic, queue, facts), *_keeping(topic, largest, facts)]
        found += faults or [well(Area.TOPICS, topic.name, _words(topic))]
    return found


def _absent(topic: TopicFacts, queue: TopicFacts, facts: TopicsFacts) -> Finding:
    if not facts.create:
        return MISSING.found(topic.name, partitions=queue.partitions or "as many")
    if topic.role is Role.QUEUE:
        return NO_QUEUE.found(topic.name)
    return well(Area.TOPICS, topic.name, "does not exist yet; the service creates it at its start")


def _keeping(topic: TopicFacts, largest: int, facts: TopicsFacts) -> Iterator[Finding]:
    config, where = topic.config, {"broker": facts.broker}
    if config is None:
        return
    policy = config.get("cleanup.policy", "delete")
    kept = number(topic, "retention.ms", -1)
    if topic.role is Role.REMEMBERED:
        if policy != "compact":
            yield NOT_COMPACTED.found(topic.name, **where, policy=policy, kept=span(kept))
        return
    if "compact" in policy:
        yield COMPACTED.found(topic.name, **where, policy=policy)
    elif topic.role is not Role.RESULTS:
        yield from _kept(topic, kept, where)
        size = number(topic, "retention.bytes", -1)
        if size >= 0:
            yield BY_SIZE.found(topic.name, **where, size=f"{size:,} bytes")
    most = number(topic, "max.message.bytes", _DEFAULT_MOST)
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
    return f"{words}, keeps records for {span(number(topic, 'retention.ms', -1))}"


def span(ms: int) -> str:
    """In the largest unit of which there is a whole number, or nearly."""
    if ms < 0:
        return "ever"
    for unit, length in (("d", DAY_MS), ("h", 3_600_000), ("min", 60_000)):
        if ms >= length:
            return f"{round(ms / length, 1):g} {unit}"
    return f"{ms / 1000:g} s"
