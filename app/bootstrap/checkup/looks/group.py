"""A group's members and checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.checkup.group import GroupFacts, MemberFacts, PartitionFacts
from app.intake.inspection import Writer, inspect_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.record import Partition
    from app.intake.inspection import Inspected
    from app.kafka import GroupState, KafkaConfig


async def group_facts(
    config: KafkaConfig,
    group: str,
    state: GroupState,
    partitions: Sequence[Partition],
    *,
    topics: frozenset[str],
    queue: str = "",
    remembers_apart: bool = False,
) -> GroupFacts:
    """`topics`: those that its members read. `queue`: of the group that reads it, no tiers."""
    found = await inspect_group(config, group, partitions, now_ms=0, ages=0)
    return GroupFacts(
        group,
        topics,
        tuple(MemberFacts(each.client, each.host, each.topics) for each in state.members),
        tuple(map(_partition, found)),
        queue=queue,
        queue_partitions=sum(each.topic == queue for each in partitions),
        remembers_apart=remembers_apart,
    )


def _partition(found: Inspected) -> PartitionFacts:
    return PartitionFacts(
        f"{found.partition.topic}/{found.partition.number}",
        found.first,
        found.end,
        position=found.position,
        foreign=found.writer is Writer.FOREIGN,
        trouble=found.trouble,
        gone=found.gone,
        unsettled=len(found.unsettled),
    )
