"""What the service left in its group's commits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.record import Partition
from app.intake.checkpoint import Checkpoint, decode

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics


def checkpoint(tools: KafkaTools, topics: Topics, number: int = 0) -> Checkpoint | None:
    """Of one partition of the queue; None when nothing is committed or it is not ours."""
    found = tools.committed(topics.group).get(Partition(topics.queue, number))
    return decode(found.metadata, found.offset) if found else None


def everything_settled(tools: KafkaTools, topics: Topics) -> bool:
    """Whether the queue is read to its end and nothing of it is unsettled."""
    return not tools.lag(topics.group, topics.queue) and not any(
        found.unsettled
        for one in tools.committed(topics.group).values()
        if (found := decode(one.metadata, one.offset))
    )
