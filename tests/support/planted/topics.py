"""Topics that lose what they are given, or cannot take it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.topic_facts import Role, TopicFacts, TopicsFacts
from app.bootstrap.checkup.topics import DAY_MS, judge_topics
from tests.support.planted.planting import Planting

HOUR_MS = 3_600_000
CONFIG = {
    "cleanup.policy": "delete",
    "retention.ms": str(7 * DAY_MS),
    "retention.bytes": "-1",
    "max.message.bytes": "1048588",
    "min.insync.replicas": "2",
    "unclean.leader.election.enable": "false",
}
QUEUE = TopicFacts("email-queue", Role.QUEUE, 3, 3, CONFIG, in_sync=(3, 3, 3))
TIER = replace(
    QUEUE,
    name="email-queue-retry-16h",
    role=Role.TIER,
    wait_ms=16 * HOUR_MS,
    config={**CONFIG, "max.message.bytes": "1114124"},
)
DEAD = replace(TIER, name="email-dlq", role=Role.DEAD_LETTERS, wait_ms=0)
RESULTS = replace(QUEUE, name="email-results", role=Role.RESULTS)
SUPPRESSIONS = replace(
    QUEUE,
    name="email-suppressions",
    role=Role.REMEMBERED,
    config={**CONFIG, "cleanup.policy": "compact"},
)
WELL = TopicsFacts(
    (QUEUE, TIER, DEAD, RESULTS, SUPPRESSIONS), "kafka-1:9092", 3, create=True, headroom=65_536
)
HEALTHY = partial(judge_topics, WELL)


def planted(
    code: str, said: str, topic: TopicFacts, *, create: bool = True, **changes: Any
) -> Planting:
    """The topic with these changes in the place of its sound self."""
    topics = tuple(
        replace(each, **changes) if each.name == topic.name else each for each in WELL.topics
    )
    return Planting(code, said, partial(judge_topics, replace(WELL, topics=topics, create=create)))


def configured(topic: TopicFacts, **changes: str) -> dict[str, str]:
    return {
        **(topic.config or {}),
        **{name.replace("_", "."): value for name, value in changes.items()},
    }


PLANTED = (
    planted("topic_missing", "with 3 partitions", DEAD, create=False, partitions=0),
    planted("queue_missing", "KAFKA_TOPIC", QUEUE, partitions=0),
    planted("partitions_differ", "--partitions 3", TIER, partitions=1),
    planted(
        "retention_below_wait",
        "--entity-name email-queue-retry-16h --add-config retention.ms=2592000000",
        TIER,
        config=configured(TIER, retention_ms=str(16 * HOUR_MS)),
    ),
    planted(
        "retention_short",
        "retention.ms=2592000000",
        QUEUE,
        config=configured(QUEUE, retention_ms=str(HOUR_MS)),
    ),
    planted(
        "retention_by_size",
        "retention.bytes=-1",
        QUEUE,
        config=configured(QUEUE, retention_bytes="1000000"),
    ),
    planted(
        "compacted",
        "cleanup.policy=delete",
        QUEUE,
        config=configured(QUEUE, cleanup_policy="compact"),
    ),
    planted(
        "not_compacted",
        "cleanup.policy=compact",
        SUPPRESSIONS,
        config=configured(SUPPRESSIONS, cleanup_policy="delete"),
    ),
    planted(
        "records_too_small",
        "max.message.bytes=1114124",
        DEAD,
        config=configured(DEAD, max_message_bytes="1000000"),
    ),
    planted(
        "records_no_headroom",
        "max.message.bytes=1114124",
        DEAD,
        config=configured(DEAD, max_message_bytes="1048588"),
    ),
    planted("partition_offline", "--unavailable-partitions", QUEUE, without_leader=1),
    planted("too_few_in_sync", "min.insync.replicas", QUEUE, behind=1, in_sync=(3, 3, 1)),
    planted("replicas_behind", "--under-replicated-partitions", QUEUE, behind=1, in_sync=(3, 3, 2)),
    planted("one_copy", "kafka-reassign-partitions.sh", QUEUE, replicas=1),
    planted(
        "unclean_election",
        "unclean.leader.election.enable=false",
        QUEUE,
        config={**CONFIG, "unclean.leader.election.enable": "true"},
    ),
)
