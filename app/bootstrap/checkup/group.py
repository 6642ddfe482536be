"""Who is in the service's group, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.finding import Finding

STRANGERS: Final = Fault(
    Area.GROUP,
    "group_shared",
    Verdict.PROBLEM,
    "{clients} in this group read other topics: {topics}",
    "Members of one group share its offsets; a group is for one application. Partitions go to "
    "whoever cannot read them, and stand still.",
    "Give this service a group of its own by KAFKA_GROUP_ID.",
)
UNREADABLE: Final = Fault(
    Area.GROUP,
    "checkpoint_unreadable",
    Verdict.PROBLEM,
    "the checkpoint of {partition} cannot be read: {trouble}",
    "What was unsettled stands in it; the service does not start without it.",
    "Upgrade to the release that wrote it. Where what was unsettled may be lost, start once with "
    "--ignore-checkpoint.",
)
DELETED: Final = Fault(
    Area.GROUP,
    "deleted_unread",
    Verdict.PROBLEM,
    "of {partition} Kafka has deleted {count} messages that nobody has read",
    "They are lost: retention was shorter than the service was away.",
    "Lengthen retention.ms of the topic; ask the producers to write them again.",
)
GONE: Final = Fault(
    Area.GROUP,
    "deleted_unsettled",
    Verdict.PROBLEM,
    "of {partition} Kafka has deleted {count} messages that were read and had no outcome yet",
    "After a restart they cannot be read again: those that had not been sent are lost.",
    "Lengthen retention.ms of the topic; look into the results for what became of them.",
)
FOREIGN: Final = Fault(
    Area.GROUP,
    "offsets_foreign",
    Verdict.WARNING,
    "the offset of {partition} was committed by another program",
    "The service goes on from there. Whatever that program had read and not done is skipped.",
    "Take this over on purpose only; else give the service a group of its own by KAFKA_GROUP_ID.",
)
NOBODY: Final = Fault(
    Area.GROUP,
    "nobody_reads",
    Verdict.WARNING,
    "nobody reads, and {lag} messages wait",
    "No mail is sent while no instance runs.",
    "Start the service: kafka-mailer run",
)
IDLE: Final = Fault(
    Area.GROUP,
    "idle_members",
    Verdict.WARNING,
    "{members} instances share {partitions} partitions of {topic}",
    "A partition is read by one instance: the others are idle.",
    "Add partitions, or stop instances beyond {partitions}.",
)
APART: Final = Fault(
    Area.GROUP,
    "remembered_apart",
    Verdict.WARNING,
    "{members} instances remember deliveries each for itself (DEDUP_WINDOW without STATE_URL)",
    "A second message with the same id that another instance gets is no duplicate to it.",
    "Set STATE_URL to a Redis or Valkey that all instances share.",
)

FAULTS: Final = (STRANGERS, UNREADABLE, DELETED, GONE, FOREIGN, NOBODY, IDLE, APART)


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """`topics` None where they are not known."""

    client: str
    host: str
    topics: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class PartitionFacts:
    """Offsets: `position` None where the group has none. `gone`: unsettled ones below `first`."""

    partition: str
    first: int
    end: int
    position: int | None = None
    foreign: bool = False
    trouble: str | None = None
    gone: int = 0
    unsettled: int = 0

    @property
    def lag(self) -> int:
        return max(0, self.end - max(self.first, self.position or 0))


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """One group over its topics; `topics` are those that members ought to read."""

    name: str
    topics: frozenset[str]
    members: tuple[MemberFacts, ...]
    partitions: tuple[PartitionFacts, ...]
    queue: str = ""
    queue_partitions: int = 0
    remembers_apart: bool = False


def judge_group(facts: GroupFacts) -> list[Finding]:
    """What is wrong with the group, and how it stands."""
    found = list(_faults(facts))
    if not any(each.verdict is Verdict.PROBLEM or each.code == NOBODY.code for each in found):
        found.append(well(Area.GROUP, facts.name, _words(facts)))
    return found


def _faults(facts: GroupFacts) -> Iterator[Finding]:
    strangers = [each for each in facts.members if each.topics and not each.topics & facts.topics]
    if strangers:
        topics = sorted({topic for each in strangers for topic in each.topics or ()})
        clients = ", ".join(sorted({f"{each.client} at {each.host}" for each in strangers}))
        yield STRANGERS.found(facts.name, clients=clients, topics=", ".join(topics))
    for each in facts.partitions:
        place = {"partition": each.partition}
        if each.trouble is not None:
            yield UNREADABLE.found(facts.name, **place, trouble=each.trouble)
        elif each.position is not None and each.position < each.first:
            yield DELETED.found(facts.name, **place, count=each.first - each.position)
        if each.gone:
            yield GONE.found(facts.name, **place, count=each.gone)
        if each.foreign:
            yield FOREIGN.found(facts.name, **place)
    members = len(facts.members) - len(strangers)
    lag = sum(each.lag for each in facts.partitions)
    if not members and lag:
        yield NOBODY.found(facts.name, lag=lag)
    if facts.queue_partitions and members > facts.queue_partitions:
        yield IDLE.found(
            facts.name, members=members, partitions=facts.queue_partitions, topic=facts.queue
        )
    if facts.remembers_apart and members > 1:
        yield APART.found(facts.name, members=members)


def _words(facts: GroupFacts) -> str:
    lag = sum(each.lag for each in facts.partitions)
    unsettled = sum(each.unsettled for each in facts.partitions)
    hosts = ", ".join(sorted({f"{each.client} at {each.host}" for each in facts.members}))
    who = f"{len(facts.members)} in it ({hosts})" if hosts else "nobody is in it"
    return f"{who}, {lag} waiting, {unsettled} unsettled"
