"""Whether a topic's partitions are as many as they should be, and have the replicas they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.topic_facts import ALTER, Role, number
from app.domain.finding import Area, Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.bootstrap.checkup.topic_facts import TopicFacts, TopicsFacts
    from app.domain.finding import Finding

PARTITIONS: Final = Fault(
    Area.TOPICS,
    "partitions_differ",
    Verdict.WARNING,
    "has {partitions} partitions, the queue {queue}",
    "A tier is shared by as many instances as it has partitions; with fewer, retries wait for "
    "some instances while others idle.",
    "kafka-topics.sh --bootstrap-server {broker} --alter --topic {subject} --partitions {queue}",
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
    ALTER + "unclean.leader.election.enable=false",
)

LAYOUT_FAULTS: Final = (PARTITIONS, NO_LEADER, FEW_IN_SYNC, BEHIND, ONE_COPY, UNCLEAN)


def judge_layout(topic: TopicFacts, queue: TopicFacts, facts: TopicsFacts) -> Iterator[Finding]:
    """Of a topic that is there."""
    counts = {"partitions": topic.partitions, "broker": facts.broker}
    if topic.role is Role.TIER and queue.partitions and topic.partitions != queue.partitions:
        yield PARTITIONS.found(topic.name, **counts, queue=queue.partitions)
    if topic.without_leader:
        yield NO_LEADER.found(topic.name, **counts, count=topic.without_leader)
    least = number(topic, "min.insync.replicas", 1)
    few = sum(each < least for each in topic.in_sync)
    if few:
        yield FEW_IN_SYNC.found(topic.name, **counts, count=few, least=least)
    elif topic.behind:
        yield BEHIND.found(topic.name, **counts, count=topic.behind)
    if topic.replicas == 1 and facts.brokers > 1:
        yield ONE_COPY.found(topic.name, brokers=facts.brokers)
    if (topic.config or {}).get("unclean.leader.election.enable") == "true":
        yield UNCLEAN.found(topic.name, broker=facts.broker)
