"""Whether Kafka grants what the service needs, topic by topic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.finding import Finding
    from app.kafka import Right

MISSING: Final = Fault(
    Area.RIGHTS,
    "right_missing",
    Verdict.PROBLEM,
    "Kafka does not grant {rights}",
    "The service names it at its start and ends.",
    "kafka-acls.sh --bootstrap-server {broker} --add --allow-principal User:{user} {operations} "
    "{kind} {subject}",
)
HIDDEN: Final = Fault(
    Area.RIGHTS,
    "topic_hidden",
    Verdict.PROBLEM,
    "Kafka grants nothing here, not even to know whether the topic exists",
    "The service names it at its start and ends.",
    "kafka-acls.sh --bootstrap-server {broker} --add --allow-principal User:{user} {operations} "
    "--topic {subject}",
)
NO_CREATE: Final = Fault(
    Area.RIGHTS,
    "create_missing",
    Verdict.WARNING,
    "Kafka does not grant CREATE on the cluster, and topics are missing: {topics}",
    "Where it is not granted for these topics by their names either, the start ends with it.",
    "Create them yourself, or: kafka-acls.sh --bootstrap-server {broker} --add --allow-principal "
    "User:{user} --operation Create --cluster",
)

FAULTS: Final = (MISSING, HIDDEN, NO_CREATE)


@dataclass(frozen=True, slots=True)
class RightFacts:
    """Needed and granted rights, by topic that exists; `groups` with whether we may read them.

    `hidden` are topics that we may not know of. `absent` ones would be created.
    """

    needed: Mapping[str, tuple[Right, ...]]
    granted: Mapping[str, frozenset[Right]]
    groups: Mapping[str, bool]
    user: str
    broker: str
    hidden: frozenset[str] = frozenset()
    absent: tuple[str, ...] = ()
    may_create: bool = True
    seen: frozenset[str] = field(default=frozenset())


def judge_rights(facts: RightFacts) -> list[Finding]:
    """What is missing, else that nothing is."""
    found = list(_missing(facts))
    if found:
        return found
    count = len(facts.granted) + len(facts.groups)
    return [well(Area.RIGHTS, facts.user, f"all that is needed on {count} topics and groups")]


def _missing(facts: RightFacts) -> Iterator[Finding]:
    who = {"broker": facts.broker, "user": facts.user}
    for topic, needed in facts.needed.items():
        if topic in facts.hidden:
            yield HIDDEN.found(topic, **who, operations=_operations(needed))
        elif topic in facts.granted:
            lacking = tuple(each for each in needed if each not in facts.granted[topic])
            if lacking:
                yield MISSING.found(
                    topic,
                    **who,
                    rights=" and ".join(lacking),
                    operations=_operations(lacking),
                    kind="--topic",
                )
    for group, may in facts.groups.items():
        if not may:
            yield MISSING.found(
                group, **who, rights="READ", operations="--operation Read", kind="--group"
            )
    if facts.absent and not facts.may_create:
        yield NO_CREATE.found("cluster", **who, topics=", ".join(facts.absent))


def _operations(rights: tuple[Right, ...]) -> str:
    """As Kafka's own tool takes them: DESCRIBE_CONFIGS is DescribeConfigs there."""
    return " ".join(f"--operation {each.title().replace('_', '')}" for each in rights)
